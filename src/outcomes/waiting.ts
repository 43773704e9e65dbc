import type { Heals } from '../model/outcome.ts';
import { parseDurationMs, parseTimestamp, statedResetWallMs, statedWaitMs } from './durations.ts';
import type { Evidence } from './evidence.ts';
import { parseHttpDate } from './http-date.ts';

/** Below this a number is seconds to go, above it an epoch: in seconds, then in milliseconds. */
const EPOCH_SECONDS_MIN = 1e9;
const EPOCH_MS_MIN = 1e12;
/** A wait within this helps a retry loop; beyond it somebody has to plan. */
const SOON_MS = 120_000;
/** Waits above this are no hints but errors (a year). */
const WAIT_MS_MAX = 366 * 86_400_000;

/** Seconds to go, epoch seconds or epoch milliseconds, told apart by size; durations and timestamps as well. */
export function resetToMs(value: string, nowWallMs: number | null): number | null {
  const text = value.trim();
  const at = (wallMs: number) => (nowWallMs === null ? null : Math.max(0, wallMs - nowWallMs));
  if (/^\d{1,16}(?:\.\d{1,9})?$/.test(text)) {
    const number = Number(text);
    if (number >= EPOCH_MS_MIN) return at(number);
    return number >= EPOCH_SECONDS_MIN ? at(number * 1000) : number * 1000;
  }
  const stamp = parseTimestamp(text) ?? parseHttpDate(text);
  return parseDurationMs(text) ?? (stamp === null ? null : at(stamp));
}

const MILLISECOND_HEADERS = ['retry-after-ms', 'x-ms-retry-after-ms'];
const SECOND_HEADERS = ['retry-after', 'x-ai-ratelimit-retry-after', 'x-ratelimit-after'];
const RESET_HEADERS = [
  'x-ratelimit-reset',
  'x-tokenratelimit-reset',
  'ratelimit-reset',
  'reset_at',
  'x-ai-ratelimit-reset',
];

/** Retry-After in all its spellings, from headers alone; null when absent or unreadable. */
export function retryAfterFromHeaders(
  headers: Readonly<Record<string, string>>,
  nowWallMs: number | null,
): number | null {
  for (const name of MILLISECOND_HEADERS) {
    const value = headers[name];
    if (value !== undefined && /^\s*\d{1,12}(?:\.\d{1,6})?\s*$/.test(value)) return Number(value);
  }
  for (const name of SECOND_HEADERS) {
    const value = headers[name];
    const wait = value === undefined ? null : resetToMs(value, nowWallMs);
    if (wait !== null) return wait;
  }
  return null;
}

function resetFromHeaders(headers: Readonly<Record<string, string>>, nowWallMs: number | null): number | null {
  for (const name of RESET_HEADERS) {
    const value = headers[name];
    const wait = value === undefined ? null : resetToMs(value, nowWallMs);
    if (wait !== null) return wait;
  }
  const seconds = /[;,]\s*(?:t|reset)=(\d{1,9})/.exec(headers.ratelimit ?? '')?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

function factValue(evidence: Evidence, key: RegExp): string | null {
  const fact = evidence.facts.find((entry) => key.test(entry));
  return fact === undefined ? null : fact.slice(fact.indexOf('=') + 1);
}

function waitFromBody(evidence: Evidence, nowWallMs: number | null): number | null {
  const delay = factValue(evidence, /^(?:retrydelay|retry_?after(?:_?seconds)?)=/);
  const fromField = delay === null ? null : resetToMs(delay, nowWallMs);
  const inMs = factValue(evidence, /^retry_?after_?ms=\d/);
  if (inMs !== null) return Number(inMs);
  return fromField ?? statedWaitMs(evidence.text);
}

function resetFromBody(evidence: Evidence, nowWallMs: number | null): number | null {
  const stated = statedResetWallMs(evidence.text, nowWallMs);
  if (stated !== null) return nowWallMs === null ? null : Math.max(0, stated - nowWallMs);
  const field = factValue(evidence, /^(?:x-ratelimit-reset|resets?_?at|reset_?time)=/);
  return field === null ? null : resetToMs(field, nowWallMs);
}

/** The answer's own clock stands in where the caller gives none. */
const clockOf = (evidence: Evidence, nowWallMs: number | undefined): number | null =>
  nowWallMs ?? parseHttpDate(evidence.headers.date ?? '');

/** How long the answer asks to wait, in milliseconds: headers of retry, words, then times of reset. */
export function readRetryAfterMs(evidence: Evidence, nowWallMs: number | undefined): number | null {
  const now = clockOf(evidence, nowWallMs);
  const wait =
    retryAfterFromHeaders(evidence.headers, now) ??
    waitFromBody(evidence, now) ??
    resetFromBody(evidence, now) ??
    resetFromHeaders(evidence.headers, now);
  return wait === null || wait > WAIT_MS_MAX ? null : Math.round(wait);
}

/** A rule's own judgement stands, except where the answer states a wait that contradicts it. */
export function readHeals(ruled: Heals, retryAfterMs: number | null): Heals {
  if (ruled === 'never' || retryAfterMs === null) return ruled;
  if (ruled === 'unknown') return retryAfterMs <= SOON_MS ? 'seconds' : 'window';
  return ruled;
}
