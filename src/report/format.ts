import type { Estimate } from '../model/finding.ts';
import { formatInUnit, formatNumber, known, NBSP, NONE } from '../model/written.ts';

export {
  amountText,
  differenceInterval,
  differenceText,
  formatInUnit,
  formatMs,
  formatNumber,
  formatPerSecond,
  formatRange,
  formatShare,
  formatShareRange,
  formatSignificant,
  formatUsd,
  NONE,
  plainSpaces,
} from '../model/written.ts';

const MS_PER_DAY = 86_400_000;

export function formatBytes(value: number | null | undefined): string {
  if (!known(value)) return NONE;
  if (value < 1000) return `${formatNumber(value)}${NBSP}B`;
  if (value < 1e6) return `${formatNumber(value / 1e3, 1)}${NBSP}kB`;
  return value < 1e9 ? `${formatNumber(value / 1e6, 1)}${NBSP}MB` : `${formatNumber(value / 1e9, 2)}${NBSP}GB`;
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
