import type { RelaySettings } from '../../model/simulator.ts';
import { type ChanceKey, PURPOSE, uniform } from '../core/chance.ts';
import type { Rewrites } from './rewriting.ts';

/**
 * Which upstream statuses are tried again on another channel. one-api controller/relay.go: everything but 400 and 2xx.
 * new-api setting/operation_setting/status_code_ranges.go, defaults: not 400, 408, 504, 524. Seen 2026-11-21. Others:
 * 429 and 5xx, the usual default of gateways.
 */
export function triesAgain(rewrites: Rewrites, status: number): boolean {
  if (status >= 200 && status < 300) return false;
  switch (rewrites) {
    case 'one-api':
      return status !== 400;
    case 'new-api':
      return status !== 400 && status !== 408 && status !== 504 && status !== 524;
    case 'none':
      return status === 429 || status >= 500;
    default:
      return rewrites satisfies never;
  }
}

/** Portkey honours no wait beyond this (MAX_RETRY_LIMIT_MS, Portkey-AI/gateway src/globals.ts, seen 2026-11-21). */
const RETRY_WAIT_MAX_MS = 60_000;

/** How long a relay waits before its hidden retry of this number, from 1. */
export function retryWaitMs({ retryWaitMs: firstMs }: Pick<RelaySettings, 'retryWaitMs'>, retryNo: number): number {
  return Math.min(RETRY_WAIT_MAX_MS, firstMs * 2 ** (retryNo - 1));
}

export interface ChannelChoice {
  readonly rewrites: Rewrites;
  readonly channels: number;
  /** 0 for the first try. */
  readonly tryNo: number;
  readonly lastChannel: number | null;
}

/**
 * The channel of one try; null when the try is spent without a call: one-api draws among all channels and skips the
 * one that just failed. new-api draws and may repeat it; other relays take turns.
 */
export function channelFor(
  chance: ChanceKey,
  { rewrites, channels, tryNo, lastChannel }: ChannelChoice,
): number | null {
  if (rewrites === 'none' && lastChannel !== null) return (lastChannel + 1) % channels;
  const drawn = Math.floor(uniform(chance, PURPOSE.channel + tryNo) * channels);
  return rewrites === 'one-api' && drawn === lastChannel ? null : drawn;
}
