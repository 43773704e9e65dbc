/** 1, 2 or 5 times a power of ten, the largest that is not above `value`; at least 1. */
export function niceStep(value: number): number {
  if (value < 2) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const lead = value / power;
  return power * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1);
}

/** Requests are counted one by one up to this many steps; beyond it, a step is a thousandth of the peak. */
const REQUEST_STEPS = 1000;
/** Token estimates are off by some percent anyway: half a percent of the peak is fine enough. */
const TOKEN_STEPS = 200;

/** Resolution at which a quota is looked for, from the highest demand in its window. */
export function searchStep(peak: number, unit: 'requests' | 'tokens'): number {
  return niceStep(peak / (unit === 'requests' ? REQUEST_STEPS : TOKEN_STEPS));
}

/** Nobody applies for less: published quotas come in tens of requests and thousands of tokens. */
const SMALLEST = { requests: 10, tokens: 1000 } as const;

/** Up to two significant digits: 1,404 becomes 1,500 and 812,345 becomes 820,000. Never down. */
export function roundedUp(value: number, unit: 'requests' | 'tokens'): number {
  const twoDigits = value <= 0 ? 1 : 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  const step = Math.max(SMALLEST[unit], twoDigits);
  // 1.3 x 1000 is 1300.0000000000002 in binary and must not become 1,400.
  return Math.ceil(Number((value / step).toPrecision(12))) * step;
}
