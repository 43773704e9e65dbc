/** How a number is written in each unit: one way for every sentence, table and chart. */

/** What is printed where a figure is unknown or has too few samples: never a zero. */
export const NONE = '–';

/** Between a number and its unit, so that a line never breaks there. */
export const NBSP = '\u00a0';

/** For outputs that people search with plain spaces. */
export const plainSpaces = (text: string): string => text.replaceAll(NBSP, ' ');

/** Neither missing nor infinite. */
export const known = (value: number | null | undefined): value is number =>
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

/** `1.99–2.1/s`, `561–640 ms`: an interval that says its unit once, where both ends have it. */
export const formatRange = (low: number, high: number, unit: string): string =>
  unit === 'share' ? formatShareRange(low, high) : rangeText(formatInUnit(low, unit), formatInUnit(high, unit), '–');

/** Two printed values with the unit of the first left out where it is that of the second. */
function rangeText(low: string, high: string, between: string): string {
  const plain = /^([+−]?[\d.,]+)(\D*)$/;
  const [, number = '', suffix] = plain.exec(low) ?? [];
  return suffix !== undefined && plain.exec(high)?.[2] === suffix
    ? `${number}${between}${high}`
    : `${low}${between}${high}`;
}

/** A difference: `+3.2 pp`, `−60 ms`; shares in percentage points. */
export function differenceText(value: number, unit: string): string {
  const text = amountText(Math.abs(value), unit);
  if (text.startsWith('<') || !/[1-9]/.test(text)) return text;
  return `${value > 0 ? '+' : '−'}${text}`;
}

/** The size of a difference, without its sign. */
export function amountText(value: number, unit: string): string {
  if (unit !== 'share') return formatInUnit(value, unit);
  const points = value * 100;
  if (points > 0 && points < 0.005) return '<0.01\u00a0pp';
  return `${formatNumber(points, points < 1 ? 2 : 1)}\u00a0pp`;
}

/** Both ends of a difference; of rates and shares with as many decimals as the larger end has. */
export function differenceInterval(low: number, high: number, unit: string): string {
  const larger = Math.max(Math.abs(low), Math.abs(high));
  switch (unit) {
    case 'perSecond':
      return `${ends({ low, high }, Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(Math.max(larger, 1e-4))))))}/s`;
    case 'share':
      return `${ends({ low: low * 100, high: high * 100 }, larger < 0.01 ? 2 : 1)}${NBSP}pp`;
    default:
      return rangeText(differenceText(low, unit), differenceText(high, unit), ' to ');
  }
}

function ends({ low, high }: { readonly low: number; readonly high: number }, decimals: number): string {
  const end = (value: number) => {
    const text = Math.abs(value).toFixed(decimals);
    return !/[1-9]/.test(text) ? '0' : `${value > 0 ? '+' : '−'}${text}`;
  };
  const [from, to] = [end(low), end(high)];
  // A last zero that both have tells nothing.
  const idle = (text: string) => text === '0' || text.endsWith('0');
  return decimals > 0 && idle(from) && idle(to) ? ends({ low, high }, decimals - 1) : `${from} to ${to}`;
}
