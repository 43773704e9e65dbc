import { bits, type ChanceKey, PURPOSE } from '../core/chance.ts';
import type { Rewrites } from './rewriting.ts';

const DIGITS = '0123456789';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Time to the second, nine digits of nanoseconds, eight random characters: digits in one-api, letters too in new-api
 * (common/helper and common/utils, seen 2026-11-21). Written in UTC.
 */
export function relayRequestId(chance: ChanceKey, rewrites: Rewrites, epochMs: number): string {
  const instant = new Date(Math.floor(epochMs)).toISOString();
  const second = instant.slice(0, 19).replace(/[-T:]/g, '');
  const nanos = instant.slice(20, 23) + String(bits(chance, PURPOSE.relayId) % 1_000_000).padStart(6, '0');
  const letters = rewrites === 'new-api' ? LETTERS : DIGITS;
  let suffix = '';
  for (let n = 0; n < 8; n += 1) suffix += letters[bits(chance, PURPOSE.relayId + 1 + n) % letters.length];
  return second + nanos + suffix;
}

/** Both families put the id on every answer; a relay that rewrites nothing is taken to add nothing. */
export function relayHeaders(rewrites: Rewrites, requestId: string): Record<string, string> {
  return rewrites === 'none' ? {} : { 'x-oneapi-request-id': requestId };
}
