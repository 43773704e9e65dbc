import { epochMs, yearOf } from './http-date.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  毫秒: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  秒: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  分: 60_000,
  分钟: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  小时: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  天: 86_400_000,
};

const unitMs = (unit: string) => UNIT_MS[unit] ?? UNIT_MS[unit.replace(/s$/, '')] ?? null;

/** Go durations and plain numbers with a unit: `6m0s`, `1h2m3.5s`, `12ms`, `26s`. Null when the text is none. */
export function parseDurationMs(text: string): number | null {
  const word = text.trim().toLowerCase();
  if (!/^(?:\d{1,12}(?:\.\d{1,12})?(?:ms|us|µs|s|m|h|d)){1,5}$/.test(word)) return null;
  let total = 0;
  for (const [, amount, unit] of word.matchAll(/(\d{1,12}(?:\.\d{1,12})?)(ms|us|µs|s|m|h|d)/g)) {
    total += Number(amount) * (unit === 'us' || unit === 'µs' ? 0.001 : (unitMs(unit ?? '') ?? 0));
  }
  return total;
}

const UNIT =
  '(milliseconds?|ms|毫秒|seconds?|secs?|s|秒|minutes?|mins?|m|分钟|分|hours?|hrs?|h|小时|days?|d|天)(?![a-z])';
const WAIT = new RegExp(
  `(?:try again|retry(?:ing)?|retry[- ]after|wait|available|resets?|replenished|back ?off|expected)[^\\d\\n]{0,40}(\\d{1,9}(?:\\.\\d{1,6})?) ?${UNIT}`,
);
const WAIT_GO =
  /(?:try again|retry(?:ing)?|wait|available|resets?)[^\d\n]{0,40}((?:\d{1,6}(?:\.\d{1,6})?(?:ms|s|m|h|d)){1,5})(?![a-z])/;
const WAIT_BEHIND = new RegExp(`(\\d{1,9}) ?${UNIT}(?:之?后|内)?[^\\d\\n]{0,8}(?:重试|再试|恢复|重置)`);
const WAIT_CLOCK = /(?:replenished|reset|available) in (\d{1,3}):(\d{2}):(\d{2})\b/;
const WAIT_BARE = /retry[-_ ]after(?:_seconds)?["']? ?[:=] ?["']?(\d{1,7}(?:\.\d{1,3})?)(?![\d.]*[a-z])/;

/** A wait stated in words, in milliseconds: "Try again in 11 seconds", "in 6m0s", "请 30 秒后重试". Folded text. */
export function statedWaitMs(folded: string): number | null {
  const clock = WAIT_CLOCK.exec(folded);
  if (clock) return ((Number(clock[1]) * 60 + Number(clock[2])) * 60 + Number(clock[3])) * 1000;
  const go = WAIT_GO.exec(folded);
  const goMs = go?.[1] === undefined ? null : parseDurationMs(go[1]);
  if (goMs !== null) return goMs;
  for (const pattern of [WAIT, WAIT_BEHIND]) {
    const match = pattern.exec(folded);
    const unit = match?.[2] === undefined ? null : unitMs(match[2]);
    if (match && unit !== null) return Number(match[1]) * unit;
  }
  const bare = WAIT_BARE.exec(folded);
  return bare ? Number(bare[1]) * 1000 : null;
}

const STAMP =
  /(?:reset|again|until|after|available|regain|expire|重置|恢复|解除)?[^\d\n]{0,40}\b(\d{4})[-/](\d{1,2})[-/](\d{1,2})[t ](?:at )?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?( ?z| ?utc| ?gmt| ?[+-]\d{2}:?\d{2})?/;
const STAMP_SHORT = /\b(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{2}):(\d{2})( ?utc| ?z| ?gmt| ?[+-]\d{2}:?\d{2})?/;
const RESET_WORD = /reset|try again|until|regain|available|重置|恢复|解除/;
const CHINESE = /[\u4e00-\u9fff]/;
const BEIJING_OFFSET_MS = 8 * 3_600_000;

function offsetMs(zone: string | undefined, folded: string): number {
  const match = /([+-])(\d{2}):?(\d{2})/.exec(zone ?? '');
  if (match) return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) * 60_000;
  // Chinese services state Beijing time when they state no zone (seen at open.bigmodel.cn, 2026-09-07).
  return zone === undefined && CHINESE.test(folded) ? BEIJING_OFFSET_MS : 0;
}

/** An absolute time of reset in words, as epoch milliseconds. Without a year the next such moment after `nowWallMs`. */
export function statedResetWallMs(folded: string, nowWallMs: number | null): number | null {
  if (!RESET_WORD.test(folded)) return null;
  const full = STAMP.exec(folded);
  if (full) {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = full
      .slice(1, 7)
      .map((part) => Number(part ?? 0));
    const wallMs = epochMs({ year, month, day, hour, minute, second });
    return wallMs === null ? null : wallMs - offsetMs(full[7], folded);
  }
  const short = STAMP_SHORT.exec(folded);
  if (!short || nowWallMs === null) return null;
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = short.slice(1, 6).map(Number);
  const at = (year: number) => epochMs({ year, month, day, hour, minute, second });
  const thisYear = at(yearOf(nowWallMs));
  if (thisYear === null) return null;
  const shifted = thisYear - offsetMs(short[6], folded);
  // A moment more than a day gone is next year's.
  return shifted >= nowWallMs - 86_400_000
    ? shifted
    : (at(yearOf(nowWallMs) + 1) ?? shifted) - offsetMs(short[6], folded);
}

/** ISO 8601 / RFC 3339 with a zone, as epoch milliseconds; null when it is none. */
export function parseTimestamp(text: string): number | null {
  const match =
    /^\s*(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?\s?(Z|UTC|[+-]\d{2}:?\d{2})?\s*$/i.exec(text);
  if (!match) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const wallMs = epochMs({ year, month, day, hour, minute, second });
  return wallMs === null ? null : wallMs - offsetMs(match[7]?.toLowerCase(), '');
}
