/** Round steps for an axis from 0: 1, 2 or 5 times a power of ten, at most `count` of them. */
export function linearTicks(max: number, count: number): number[] {
  if (!(max > 0)) return [0];
  const raw = max / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw - 1e-12) ?? 10) * power;
  return Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, index) =>
    Number((index * step).toPrecision(12)),
  );
}

/** Steps of a time axis that people read: 1, 2, 5, 10, 15, 30 of a unit. Seconds. */
export function timeTicks(fromSeconds: number, toSeconds: number, count: number): number[] {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200];
  const span = Math.max(0, toSeconds - fromSeconds);
  const step = steps.find((candidate) => span / candidate <= count) ?? Math.ceil(span / count / 86_400) * 86_400;
  const first = Math.ceil(fromSeconds / step - 1e-9);
  const last = Math.floor(toSeconds / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) =>
    Number(((first + index) * step).toFixed(3)),
  );
}

/** 1, 2, 5 per decade inside [min, max], only decades where there would be too many. */
export function logTicks(min: number, max: number): number[] {
  if (!(min > 0) || !(max >= min)) return [];
  const from = Math.floor(Math.log10(min));
  const to = Math.ceil(Math.log10(max));
  const factors = to - from > 4 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let decade = from; decade <= to; decade += 1) {
    for (const factor of factors) {
      const tick = Number((factor * 10 ** decade).toPrecision(12));
      if (tick >= min * 0.999 && tick <= max * 1.001) ticks.push(tick);
    }
  }
  return ticks;
}

/** Share axis, -log10(1 - share): the percentiles a reader looks for. */
export const SHARE_TICKS: readonly { readonly at: number; readonly label: string }[] = [
  { at: 0, label: '0' },
  { at: -Math.log10(0.5), label: 'p50' },
  { at: 1, label: 'p90' },
  { at: -Math.log10(0.05), label: 'p95' },
  { at: 2, label: 'p99' },
  { at: 3, label: 'p99.9' },
  { at: 4, label: 'p99.99' },
];
