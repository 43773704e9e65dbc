import type { Estimate } from '../model/finding.ts';

/** What is printed where a figure is unknown or has too few samples: never a zero. */
export const NONE = '–';

/** Between a number and its unit, so that a line never breaks there. */
const NBSP = '\u00a0';

/** For outputs that people search with plain spaces. */
export const plainSpaces = (text: string): string => text.replaceAll(NBSP, ' ');

const MS_PER_DAY = 86_400_000;

const known = (value: number | null | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value);

const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** 1234567.5 -> `1,234,567.5`; at most `decimals` places, trailing zeros dropped. */
export function formatNumber(value: number | null | undefined, decimals = 0): string {
  if (!known(value)) return NONE;
  const [whole = '0', fraction = ''] = Math.abs(value).toFixed(decimals).split('.');
  const rest = fraction.replace(/0+$/, '');
  const text = rest === '' ? grouped(whole) : `${grouped(whole)}.${rest}`;
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

/** Three significant digits, for measured rates: `9.02`, `541`, `0.0734`. */
export function formatSignificant(value: number | null | undefined): string {
  if (!known(value)) return NONE;
  if (value === 0) return '0';
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  return formatNumber(value, Math.min(6, Math.max(0, 2 - magnitude)));
}

/** A duration in the unit a person would say: `0.31 ms`, `84 ms`, `1.28 s`, `3 min 01 s`, `1 h 05 min`. */
export function formatMs(value: number | null | undefined): string {
  if (!known(value)) return NONE;
  if (value < 0) return `−${formatMs(-value)}`;
  if (value === 0) return `0${NBSP}ms`;
  if (value < 9.995) return `${formatNumber(value, 2)}${NBSP}ms`;
  if (value < 99.95) return `${formatNumber(value, 1)}${NBSP}ms`;
  if (value < 999.5) return `${formatNumber(value)}${NBSP}ms`;
  if (value < 60_000 && value % 1000 === 0) return `${value / 1000}${NBSP}s`;
  if (value < 9995) return `${(value / 1000).toFixed(2)}${NBSP}s`;
  if (value < 59_950) return `${(value / 1000).toFixed(1)}${NBSP}s`;
  return longDuration(Math.round(value / 1000));
}

function longDuration(totalSeconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(totalSeconds / 3600);
  const minutes = Math.floor((totalSeconds % 3600) / 60);
  const seconds = totalSeconds % 60;
  if (hours > 0) return `${grouped(String(hours))}${NBSP}h${NBSP}${two(minutes)}${NBSP}min`;
  return seconds === 0 ? `${minutes}${NBSP}min` : `${minutes}${NBSP}min${NBSP}${two(seconds)}${NBSP}s`;
}

/** A share of 1 as a percentage that never rounds something to nothing, or nearly all to all. */
export function formatShare(value: number | null | undefined): string {
  if (!known(value)) return NONE;
  const percent = value * 100;
  if (percent === 0 || percent === 100) return `${percent}${NBSP}%`;
  if (percent > 0 && percent < 0.01) return `<0.01${NBSP}%`;
  if (percent > 99.99 && percent < 100) return `>99.99${NBSP}%`;
  const decimals = percent < 1 || (percent > 99 && percent < 100) ? 2 : 1;
  return `${percent.toFixed(decimals)}${NBSP}%`;
}

/** `8.5–12.3 %`. */
export function formatShareRange(low: number, high: number): string {
  const [from, to] = [formatShare(low), formatShare(high)];
  return from === to ? to : `${from.replace(/\s%$/, '')}–${to}`;
}

export function formatPerSecond(value: number | null | undefined): string {
  return known(value) ? `${formatSignificant(value)}/s` : NONE;
}

/** Money keeps four digits where it is small: a thousand calls can cost a cent. Null = unknown. */
export function formatUsd(value: number | null | undefined): string {
  if (!known(value)) return 'unknown';
  if (value !== 0 && Math.abs(value) < 0.0001) return '<$0.0001';
  const [whole = '0', fraction = ''] = Math.abs(value)
    .toFixed(Math.abs(value) < 1 ? 4 : 2)
    .split('.');
  return `${value < 0 ? '−' : ''}$${grouped(whole)}.${fraction}`;
}

export function formatBytes(value: number | null | undefined): string {
  if (!known(value)) return NONE;
  if (value < 1000) return `${formatNumber(value)}${NBSP}B`;
  if (value < 1e6) return `${formatNumber(value / 1e3, 1)}${NBSP}kB`;
  return value < 1e9 ? `${formatNumber(value / 1e6, 1)}${NBSP}MB` : `${formatNumber(value / 1e9, 2)}${NBSP}GB`;
}

/** A value in one of the base units of the vocabulary; any other unit is printed behind the number as it is. */
export function formatInUnit(value: number | null | undefined, unit: string): string {
  switch (unit) {
    case 'ms':
      return formatMs(value);
    case 'share':
      return formatShare(value);
    case 'perSecond':
    case '/s':
      return formatPerSecond(value);
    case '/min':
      return known(value) ? `${formatNumber(value, value < 100 ? 2 : 1)}/min` : NONE;
    case 'usd':
      return formatUsd(value);
    case 'count':
    case '':
      return formatNumber(value, 3);
    default:
      return known(value) ? `${formatNumber(value, value < 100 ? 2 : 0)} ${unit}` : NONE;
  }
}

/** `801,500 tokens/min [794,000, 812,000]`: the value, then its 95 % interval. */
export function formatEstimate(estimate: Estimate | null): string {
  if (estimate === null) return NONE;
  const value = formatInUnit(estimate.value, estimate.unit);
  return estimate.low === estimate.high ? value : `${value} ${formatInterval(estimate)}`;
}

/** The interval alone, without repeating a unit that stands behind the value. */
function formatInterval(estimate: Estimate): string {
  const suffix = estimate.unit.startsWith('/') ? estimate.unit : ` ${estimate.unit}`;
  const bare = (value: number) => {
    const text = formatInUnit(value, estimate.unit);
    return text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
  };
  return `[${bare(estimate.low)}, ${bare(estimate.high)}]`;
}

/** `1.99–2.1/s`, `561–640 ms`: an interval that says its unit once, where both ends have it. */
export const formatRange = (low: number, high: number, unit: string): string =>
  unit === 'share' ? formatShareRange(low, high) : rangeText(formatInUnit(low, unit), formatInUnit(high, unit), '–');

/** Two printed values with the unit of the first left out where it is that of the second. */
export function rangeText(low: string, high: string, between: string): string {
  const plain = /^([+−]?[\d.,]+)(\D*)$/;
  const [, number = '', suffix] = plain.exec(low) ?? [];
  return suffix !== undefined && plain.exec(high)?.[2] === suffix
    ? `${number}${between}${high}`
    : `${low}${between}${high}`;
}

/** Epoch milliseconds -> `2026-07-01T12:00:00Z`. Days to civil date as in Hinnant, "chrono-compatible low-level date algorithms". */
export function formatUtc(epochMs: number): string {
  if (!known(epochMs)) return NONE;
  const days = Math.floor(epochMs / MS_PER_DAY);
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const seconds = Math.floor((epochMs - days * MS_PER_DAY) / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const time = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${time}Z`;
}
