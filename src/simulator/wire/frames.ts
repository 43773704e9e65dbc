import type { AnswerPlanned, CleanEnd } from '../core/plan.ts';
import { forEachChunk } from '../core/timing.ts';

/** Text that leaves at a given time. */
export interface TimedText {
  readonly atMs: number;
  readonly text: string;
}

export interface Chunk {
  readonly firstToken: number;
  readonly tokens: number;
  readonly reasoning: boolean;
}

/** What a dialect writes at the stages of one stream. */
export interface StreamWriter {
  opening(): string;
  chunk(chunk: Chunk): string;
  /** Finish reason, usage, end mark. */
  closing(): string;
  /** What still follows when the stream is cut and yet ends in good order. */
  cleanCut(adds: CleanEnd): string;
}

/** The stream of a plan as timed text, in order; texts are built as the caller advances. */
export function* streamFrames(plan: AnswerPlanned, writer: StreamWriter): Generator<TimedText> {
  const chunks: (Chunk & { readonly atMs: number })[] = [];
  forEachChunk(plan, (chunk) => chunks.push(chunk));
  yield { atMs: plan.headersAtMs, text: writer.opening() };
  for (const chunk of chunks) yield { atMs: chunk.atMs, text: writer.chunk(chunk) };
  if (plan.ending.kind === 'complete') yield { atMs: plan.finishedAtMs, text: writer.closing() };
  else if (plan.ending.kind === 'clean') yield { atMs: plan.ending.atMs, text: writer.cleanCut(plan.ending.adds) };
}
