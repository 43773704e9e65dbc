import type { ThresholdUnit } from '../model/threshold.ts';

/** At most four significant digits, without an exponent for what people read. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const digits = Math.abs(value) >= 1000 ? 0 : Math.min(6, 3 - Math.floor(Math.log10(Math.abs(value))));
  return String(Number(value.toFixed(Math.max(0, digits))));
}

export function duration(valueMs: number): string {
  if (Math.abs(valueMs) < 1000) return `${figure(valueMs)} ms`;
  return `${figure(valueMs / 1000)} s`;
}

export const percent = (share: number): string => `${figure(share * 100)} %`;

/** A value in the base unit of a threshold, as people write it. */
export function inUnit(value: number, unit: ThresholdUnit): string {
  switch (unit) {
    case 'ms':
      return duration(value);
    case 'share':
      return percent(value);
    case 'perSecond':
      return value !== 0 && Math.abs(value) < 1 ? `${figure(value * 60)}/min` : `${figure(value)}/s`;
    case 'usd':
      return `$${figure(value)}`;
    case 'count':
    case 'verdict':
      return figure(value);
  }
}

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
