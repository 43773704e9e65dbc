import type { Arrival } from '../model/arrival.ts';
import { timedQueue } from './timed-queue.ts';

/** Something that was planned for an instant: sent or not. */
export interface Due {
  readonly dueMs: number;
  readonly variant: number;
  readonly phase: number;
  readonly sent: boolean;
  /** Left out for a reason of our own: too late, or too many in flight. */
  readonly skipped: boolean;
  readonly promptTokens: number;
  readonly maxTokens: number;
}

/** Lateness, stalls and queues shuffle due times by less than this; what comes later still counts at the latest time. */
const HOLD_MS = 10_000;

export interface DueOrder {
  add(due: Due): void;
  /** Hands on everything due before this instant, less the time that is held back. */
  reached(atMs: number): void;
  flush(): void;
}

/** Puts what was planned back into the order of its due times: it is journalled when sent or given up. */
export function dueOrder(onDue: (due: Due, atMs: number) => void): DueOrder {
  const waiting = timedQueue<Due>();
  let lastMs = Number.NEGATIVE_INFINITY;
  const release = (untilMs: number) => {
    for (let due = waiting.first(); due !== undefined && due.dueMs <= untilMs; due = waiting.first()) {
      if (due.dueMs > lastMs) lastMs = due.dueMs;
      onDue(due, lastMs);
      waiting.removeFirst();
    }
  };
  return {
    add: (due) => waiting.add(due.dueMs, due),
    reached: (atMs) => release(atMs - HOLD_MS),
    flush: () => release(Number.POSITIVE_INFINITY),
  };
}

export interface SizeGuess {
  seen(phase: number, promptTokens: number, maxTokens: number | null): void;
  /** What an arrival that was never sent would have asked for. */
  guess(arrival: Arrival): { readonly promptTokens: number; readonly maxTokens: number };
}

/** A request that was not sent left no size: the trace's own number, else the mean of its phase so far. */
export function sizeGuess(phases: number): SizeGuess {
  const count = new Float64Array(phases);
  const prompt = new Float64Array(phases);
  const max = new Float64Array(phases);
  return {
    seen(phase, promptTokens, maxTokens) {
      count[phase] = (count[phase] ?? 0) + 1;
      prompt[phase] = (prompt[phase] ?? 0) + promptTokens;
      max[phase] = (max[phase] ?? 0) + (maxTokens ?? 0);
    },
    guess({ phaseIndex, size }) {
      const seen = Math.max(1, count[phaseIndex] ?? 0);
      return {
        promptTokens: size?.promptTokens ?? (prompt[phaseIndex] ?? 0) / seen,
        maxTokens: size?.maxTokens ?? (max[phaseIndex] ?? 0) / seen,
      };
    },
  };
}
