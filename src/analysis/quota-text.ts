import type { LimitName } from '../model/quota.ts';

/** `1,200,000`; at most two decimals below a hundred. */
export function numberText(value: number): string {
  const rounded = Math.abs(value) < 100 ? Math.round(value * 100) / 100 : Math.round(value);
  const [whole = '0', fraction] = String(rounded).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

export function rangeText({ low, high }: { readonly low: number; readonly high: number }): string {
  return low === high ? numberText(low) : `${numberText(low)} to ${numberText(high)}`;
}

export function countText(count: number, one: string): string {
  return `${numberText(count)} ${count === 1 ? one : `${one}s`}`;
}

const LIMIT_TEXT: Readonly<Record<LimitName, string>> = {
  rps: 'RPS',
  rpm: 'RPM',
  tps: 'TPS',
  tpm: 'TPM',
  burst: 'the growth guard',
  concurrency: 'the concurrency limit',
};

export function limitText(limit: LimitName): string {
  return LIMIT_TEXT[limit];
}
