import type { Arrivals, Phase, Workload, WorkloadContent } from '../model/scenario.ts';
import { type Context, complain } from './context.ts';
import { type FileReading, readPrompts, readReplay } from './files.ts';
import type { PhaseInput, WorkloadInput } from './schema-traffic.ts';
import type { Path } from './yaml-source.ts';

export function buildWorkload(context: Context, input: WorkloadInput): Workload {
  return {
    content: contentOf(context, input),
    language: input.language ?? 'en',
    maxTokens: input.maxTokens ?? null,
    stream: input.stream ?? true,
    cache: input.cache ?? 'avoid',
    turns: input.turns === undefined ? null : { count: input.turns.count, thinkMs: input.turns.think ?? 0 },
    extraBody: input.extraBody ?? {},
  };
}

function contentOf(context: Context, input: WorkloadInput): WorkloadContent {
  if (input.promptTokens !== undefined) return { kind: 'prompt_tokens', size: input.promptTokens };
  if (input.messages !== undefined) return { kind: 'messages', messages: input.messages };
  if (input.file === undefined) return { kind: 'text', text: input.text ?? '' };
  const path = input.file;
  const prompts = contentOfFile(context, {
    path,
    at: ['workload', 'file'],
    read: (content) => readPrompts(path, content),
  });
  return { kind: 'file', path, prompts: prompts ?? [] };
}

function contentOfFile<T>(
  context: Context,
  file: { readonly path: string; readonly at: Path; readonly read: (content: string) => FileReading<T> },
): T | null {
  const content = context.files.get(file.path);
  if (content === undefined) {
    const hint = 'the path is taken from the folder of the scenario';
    complain(context, { code: 'file-not-found', at: file.at, message: `cannot read ${file.path}`, hint });
    return null;
  }
  const reading = file.read(content);
  if (reading.ok) return reading.value;
  complain(context, { code: 'bad-file', at: file.at, message: reading.message, hint: reading.hint });
  return null;
}

export function buildTraffic(context: Context, items: readonly PhaseInput[]): readonly Phase[] {
  return items.map((item, index) => buildPhase(context, item, ['traffic', index]));
}

function buildPhase(context: Context, input: PhaseInput, path: Path): Phase {
  const base = {
    label: input.label ?? null,
    limitTo: {
      promptTokens: input.limitTo?.promptTokens ?? null,
      maxTokens: input.limitTo?.maxTokens ?? null,
    },
  };
  const { burst, pause, ramp, steps, hold, replay, closed } = input;
  if (burst !== undefined) {
    const { requests, over } = typeof burst === 'number' ? { requests: burst, over: 0 } : burst;
    return { ...base, kind: 'burst', requests, overMs: over ?? 0 };
  }
  if (ramp !== undefined) {
    if (ramp.from === 0 && ramp.to === 0) {
      const hint = 'use pause for silence';
      complain(context, { code: 'out-of-range', at: [...path, 'ramp'], message: 'the ramp sends nothing', hint });
    }
    return { ...base, kind: 'ramp', fromPerSecond: ramp.from, toPerSecond: ramp.to, durationMs: ramp.over };
  }
  if (steps !== undefined) return { ...base, ...buildSteps(steps) };
  if (hold !== undefined) {
    const arrivals = arrivalsOf(hold.arrivals);
    return { ...base, kind: 'hold', ratePerSecond: hold.rate, durationMs: hold.for, arrivals };
  }
  if (closed !== undefined) {
    return { ...base, kind: 'closed', concurrency: closed.concurrency, durationMs: closed.for };
  }
  if (replay !== undefined) {
    const read = (content: string) => readReplay(replay, content);
    const rows = contentOfFile(context, { path: replay.file, at: [...path, 'replay', 'file'], read });
    return { ...base, kind: 'replay', file: replay.file, speed: replay.speed ?? 1, rows: rows ?? [] };
  }
  return { ...base, kind: 'pause', durationMs: pause ?? 0 };
}

function buildSteps(steps: NonNullable<PhaseInput['steps']>) {
  return {
    kind: 'steps',
    fromPerSecond: steps.from,
    toPerSecond: steps.to,
    byPerSecond: steps.by,
    eachMs: steps.each,
    restMs: steps.rest ?? 0,
  } as const;
}

function arrivalsOf(input: NonNullable<PhaseInput['hold']>['arrivals']): Arrivals {
  if (input === undefined || input === 'uniform') return { kind: 'uniform' };
  return input === 'poisson' ? { kind: 'poisson' } : { kind: 'gamma', cv: input.gamma.cv };
}
