import type { Scenario } from './scenario.ts';

/**
 * Bytes that one attempt takes in a journal, both of its records and its share of the definitions: 455 without a stream,
 * 500 with one, 610 where two of three are refused; measured over 600 to 1,000 attempts against the embedded simulator on
 * 2026-11-21.
 */
const ATTEMPT_BYTES = 500;
/**
 * With `record: bodies`, added for each token of the answer: a streamed one is kept with its frames (140 and 130 bytes a
 * token measured at 61 and 161 tokens), a plain one as its JSON (14 and 9). Same runs.
 */
const STREAMED_TOKEN_BYTES = 140;
const PLAIN_TOKEN_BYTES = 14;
/** What the drivers keep of a body at most. */
const BODY_BYTES_MAX = 256 * 1024;
/** A health record each second, a clock record every 10 s: measured in the same runs. */
const BYTES_PER_SECOND = 112;

/**
 * What a journal of so many attempts may take. `answerTokens` is the most that one answer has; null (not bounded)
 * counts as nothing, because a guess could refuse a run that fits.
 */
export function journalBytes(options: {
  readonly attempts: number;
  readonly durationMs: number;
  readonly answerTokens: number | null;
  readonly record: Scenario['record'];
  readonly stream: boolean;
}): number {
  const { attempts, durationMs, answerTokens, record, stream } = options;
  const perToken = stream ? STREAMED_TOKEN_BYTES : PLAIN_TOKEN_BYTES;
  const body = record === 'bodies' ? Math.min(BODY_BYTES_MAX, (answerTokens ?? 0) * perToken) : 0;
  return Math.ceil(attempts * (ATTEMPT_BYTES + body) + (durationMs / 1000) * BYTES_PER_SECOND);
}
