import { fork } from 'node:child_process';
import { join } from 'node:path';

/** What the receiver answers with, and after how long. */
export interface ReceiverBehaviour {
  /** `reflect` says key, headers and prompt back in refusals and errors, and every fifth time answers. */
  readonly kind: 'answer' | 'reflect';
  readonly afterMs: number;
  readonly content?: string;
  readonly mail?: string;
}

export interface SeenRequest {
  /** CLOCK_MONOTONIC of the machine, in ms: comparable between processes. */
  readonly atMs: number;
  /** The nonce that its prompt begins with; null when there is none. */
  readonly nonce: string | null;
}

export interface ReceiverReport {
  readonly connections: readonly number[];
  readonly requests: readonly SeenRequest[];
  /** Longest time its own event loop stood still: stamps may be late by this much. */
  readonly loopDelayMaxMs: number;
  /** Add it to a monotonic stamp for epoch milliseconds. */
  readonly wallMinusMonotonicMs: number;
}

export type ReceiverOrder = 'report';
export type ReceiverMessage =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'report'; readonly report: ReceiverReport };

export interface Receiver {
  readonly baseUrl: string;
  /** One at a time. */
  report(): Promise<ReceiverReport>;
  /** Resolves when so many requests have arrived. */
  received(count: number): Promise<void>;
  stop(): Promise<void>;
}

const POLL_MS = 20;

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * An endpoint that shares no code with the tool: plain `node:http` in a process of its own, which stamps what arrives.
 * It dies with this process.
 */
export function startReceiver(behaviour: ReceiverBehaviour): Promise<Receiver> {
  const child = fork(join(import.meta.dirname, 'receiver-process.ts'), [JSON.stringify(behaviour)], { execArgv: [] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const report = () =>
    new Promise<ReceiverReport>((resolve) => {
      child.once('message', (message: ReceiverMessage) => {
        if (message.kind === 'report') resolve(message.report);
      });
      child.send('report' satisfies ReceiverOrder);
    });
  const received = async (count: number) => {
    while ((await report()).requests.length < count) await pause(POLL_MS);
  };
  const stop = async () => {
    if (child.connected) child.disconnect();
    await exited;
  };
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('message', (message: ReceiverMessage) => {
      if (message.kind === 'listening')
        resolve({ baseUrl: `http://127.0.0.1:${message.port}/v1`, report, received, stop });
    });
  });
}

/** The most stamps that lie in any window of `windowMs`, open at its end. Stamps must rise. */
export function mostIn(stamps: readonly number[], windowMs: number): number {
  let most = 0;
  let first = 0;
  for (let last = 0; last < stamps.length; last += 1) {
    while ((stamps[last] as number) - (stamps[first] as number) >= windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
