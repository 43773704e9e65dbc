import { suggestion } from './spelling.ts';

/** A value in its base unit, or what is wrong with it. */
export type Reading<T = number> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: 'bad-unit' | 'out-of-range'; readonly message: string; readonly hint: string };

const NUMBER = String.raw`[+-]?\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?`;
const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const PER: Readonly<Record<string, number>> = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const SCALE: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

const bad = (message: string, hint: string): Reading<never> => ({ ok: false, code: 'bad-unit', message, hint });
const range = (message: string, hint: string): Reading<never> => ({ ok: false, code: 'out-of-range', message, hint });
const good = <T>(value: T): Reading<T> => ({ ok: true, value });

const toNumber = (text: string): number => Number(text.replaceAll('_', ''));
const shown = (input: string | number): string => (typeof input === 'number' ? String(input) : `"${input}"`);

/** A number with an optional k, M or G: `500k`, `1.5M`, `2000`. */
function scaled(text: string): Reading | null {
  const match = new RegExp(`^(${NUMBER})\\s*([a-zA-Z]*)$`, 'i').exec(text);
  if (match === null) return null;
  const suffix = match[2] ?? '';
  const factor = SCALE[suffix];
  if (factor === undefined) {
    const meant = { K: 'k', m: 'M', g: 'G' }[suffix];
    return bad(
      `unknown multiplier "${suffix}"`,
      meant === undefined ? 'use k, M or G: 500k, 1.5M' : `did you mean "${match[1]}${meant}"?`,
    );
  }
  // Multiplying 1.1 by 1e6 leaves a fraction of a unit behind: 1.1M means exactly 1100000.
  return good(Number((toNumber(match[1] ?? '') * factor).toPrecision(15)));
}

/** Milliseconds from `500ms`, `30s`, `10min`, `1h`, `1h30min`, or plain 0. */
export function readDuration(input: string | number): Reading {
  const hint = 'write 500ms, 30s, 10min or 1h';
  if (input === 0 || input === '0') return good(0);
  if (typeof input === 'number' || /^[+-]?[\d.]+$/.test(input)) return bad('a duration needs a unit', hint);
  if (input.trim().startsWith('-')) return range(`a duration cannot be negative: ${shown(input)}`, hint);
  const part = new RegExp(`(${NUMBER})\\s*([a-zA-Zµ]+)\\s*`, 'iy');
  let total = 0;
  while (part.lastIndex < input.length) {
    const match = part.exec(input);
    if (match === null) return bad(`not a duration: ${shown(input)}`, hint);
    const unit = match[2] ?? '';
    const factor = MS_PER_UNIT[unit];
    if (factor === undefined) {
      const why = unit === 'm' ? 'did you mean "min"?' : suggestion(unit, Object.keys(MS_PER_UNIT));
      return bad(`unknown unit of time "${unit}"`, why);
    }
    total += toNumber(match[1] ?? '') * factor;
  }
  return input.trim() === '' ? bad('not a duration: it is empty', hint) : good(Number(total.toPrecision(15)));
}

/** `300/min` as it stands: 300 in 60,000 ms. */
export interface CountPerPeriod {
  readonly count: number;
  readonly periodMs: number;
}

/** Count and period of `10/s`, `600/min`, `36k/h`. */
export function readCountPerPeriod(input: string | number): Reading<CountPerPeriod> {
  const hint = 'write 10/s or 600/min';
  if (typeof input === 'number') return bad('a rate needs a unit: 10/s or 600/min', `write ${input}/s or ${input}/min`);
  const slash = input.indexOf('/');
  if (slash < 0) {
    const number = scaled(input.trim());
    return number?.ok
      ? bad('a rate needs a unit: 10/s or 600/min', `write ${input.trim()}/s or ${input.trim()}/min`)
      : bad(`not a rate: ${shown(input)}`, hint);
  }
  const unit = input.slice(slash + 1).trim();
  const periodMs = PER[unit];
  if (periodMs === undefined) {
    const why = unit === 'm' ? 'did you mean "/min"?' : suggestion(unit, Object.keys(PER));
    return bad(`unknown unit of time "${unit}" in a rate`, why);
  }
  const count = scaled(input.slice(0, slash).trim());
  if (count === null) return bad(`not a rate: ${shown(input)}`, hint);
  return count.ok ? good({ count: count.value, periodMs }) : count;
}

/** Per second from `10/s`, `600/min`, `36k/h`. */
export function readRate(input: string | number): Reading {
  const reading = readCountPerPeriod(input);
  if (!reading.ok) return reading;
  const perSecond = reading.value.count / (reading.value.periodMs / 1000);
  return perSecond < 0 ? range(`a rate cannot be negative: ${shown(input)}`, 'write 10/s or 600/min') : good(perSecond);
}

/** A number from `2000`, `500k`, `1.5M`. */
export function readNumber(input: string | number): Reading {
  const hint = 'write 2000, 500k or 1.5M';
  if (typeof input === 'number') return Number.isFinite(input) ? good(input) : bad('not a finite number', hint);
  return scaled(input.trim()) ?? bad(`not a number: ${shown(input)}`, hint);
}

/** A whole number that is not negative, from `2000`, `500k`, `1.5M`. */
export function readCount(input: string | number): Reading {
  const reading = readNumber(input);
  if (!reading.ok) return reading;
  if (reading.value < 0) return range(`cannot be negative: ${shown(input)}`, 'write 2000, 500k or 1.5M');
  if (!Number.isSafeInteger(reading.value)) return range(`must be a whole number: ${shown(input)}`, 'round it');
  return reading;
}

const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Whole bytes from `64KB`, `200MB`, `1GB` (powers of 1000), `64KiB` (powers of 1024), or a plain number. */
export function readBytes(input: string | number): Reading {
  const hint = 'write 64KB, 200MB or 1GB';
  if (typeof input === 'number') return wholeBytes(input, hint);
  const match = new RegExp(`^(${NUMBER})\\s*([a-zA-Z]*)$`).exec(input.trim());
  if (match === null) return bad(`not a size: ${shown(input)}`, hint);
  const [, digits = '', unit = ''] = match;
  const factor = unit === '' ? 1 : BYTES_PER_UNIT[unit];
  if (factor !== undefined) return wholeBytes(Number((toNumber(digits) * factor).toPrecision(15)), hint);
  const meant = Object.keys(BYTES_PER_UNIT).find((known) => `${unit}B`.toUpperCase() === known.toUpperCase());
  return bad(
    `unknown unit of size "${unit}"`,
    meant === undefined ? suggestion(unit, Object.keys(BYTES_PER_UNIT)) : `did you mean "${digits}${meant}"?`,
  );
}

function wholeBytes(value: number, hint: string): Reading {
  if (!Number.isFinite(value)) return bad('not a finite number', hint);
  if (value < 0) return range(`a size cannot be negative: ${value}`, hint);
  return Number.isSafeInteger(value) ? good(value) : range(`must be a whole number of bytes: ${value}`, hint);
}

/** US dollars from `$2` or `$1.50`. */
export function readMoney(input: string | number): Reading {
  const hint = 'write $2 or $1.50';
  if (typeof input === 'number') return bad('money needs its currency: $2', `write $${input}`);
  const text = input.trim();
  if (/[¥￥€£]|CNY|RMB|EUR/i.test(text)) {
    return bad('only US dollars are understood: an exchange rate would be a guess', 'convert it yourself and write $2');
  }
  const match = new RegExp(`^(-?)\\$\\s*(${NUMBER}[kMG]?)$`).exec(text);
  const amount = match === null ? null : scaled(match[2] ?? '');
  if (match === null || amount === null || !amount.ok) return bad(`not an amount of money: ${shown(input)}`, hint);
  return match[1] === '-' || amount.value < 0 ? range('money cannot be negative', hint) : good(amount.value);
}

/** A share from `20%`, or plain 0. */
export function readShare(input: string | number): Reading {
  const hint = 'write 20%';
  if (input === 0 || input === '0') return good(0);
  if (typeof input === 'number') return bad('a share needs its unit: 20%', `write ${input}% or ${input * 100}%`);
  const match = new RegExp(`^(${NUMBER})\\s*%$`, 'i').exec(input.trim());
  if (match === null) return bad(`not a share: ${shown(input)}`, hint);
  // 99.9 / 100 is 0.9990000000000001 in binary; 99.9% means the number nearest to 0.999.
  const value = Number((toNumber(match[1] ?? '') / 100).toPrecision(15));
  return value < 0 ? range('a share cannot be negative', hint) : good(value);
}
