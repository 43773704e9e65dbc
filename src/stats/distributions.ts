import type { NumberSpec } from '../model/number-spec.ts';
import { exp, ln, lnGamma, normalCdf, power } from './elementary.ts';
import type { Random } from './random.ts';

/** Uniform on [low, high). */
export function drawUniform(range: { readonly low: number; readonly high: number }, random: Random): number {
  return range.low + (range.high - range.low) * random();
}

/** Whole number in 0 .. count - 1. */
export function drawIndex(count: number, random: Random): number {
  return Math.floor(random() * count);
}

/** Exponential with this mean, by inversion. */
export function drawExponential(mean: number, random: Random): number {
  return -mean * ln(1 - random());
}

/** Standard normal, by Marsaglia's polar method (1964): needs no cosine. The second value is dropped: no state. */
export function drawNormal(random: Random): number {
  for (;;) {
    const u = 2 * random() - 1;
    const v = 2 * random() - 1;
    const s = u * u + v * v;
    if (s > 0 && s < 1) return u * Math.sqrt((-2 * ln(s)) / s);
  }
}

/**
 * Gamma with mean shape * scale, prepared once for many draws: Marsaglia and Tsang (2000), with their power transform
 * for a shape below 1.
 */
export function gammaSampler(gamma: { readonly shape: number; readonly scale: number }, random: Random): () => number {
  const { shape, scale } = gamma;
  if (!(shape > 0 && scale >= 0)) throw new RangeError(`gamma needs shape > 0 and scale >= 0, got ${shape}, ${scale}`);
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  const draw = (): number => {
    for (;;) {
      const x = drawNormal(random);
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * root * root;
      const u = 1 - random();
      if (u < 1 - 0.0331 * x * x * x * x || ln(u) < 0.5 * x * x + d * (1 - v + ln(v))) return d * v * scale;
    }
  };
  return shape < 1 ? () => draw() * power(1 - random(), 1 / shape) : draw;
}

/** One draw of `gammaSampler`. */
export function drawGamma(gamma: { readonly shape: number; readonly scale: number }, random: Random): number {
  return gammaSampler(gamma, random)();
}

/** ln(x) is normal with mean `mu` and deviation `sigma`. */
export function drawLognormal(lognormal: { readonly mu: number; readonly sigma: number }, random: Random): number {
  return exp(lognormal.mu + lognormal.sigma * drawNormal(random));
}

/** Poisson count: products of uniforms below a mean of 10, PTRS above (W. Hormann, 1993, algorithm PTRS). */
export function drawPoisson(mean: number, random: Random): number {
  if (!(mean >= 0 && mean < 1e15)) throw new RangeError(`a Poisson mean must be finite and >= 0, got ${mean}`);
  return mean < 10 ? drawSmallPoisson(mean, random) : drawLargePoisson(mean, random);
}

function drawSmallPoisson(mean: number, random: Random): number {
  const floor = exp(-mean);
  let count = 0;
  for (let product = 1 - random(); product > floor; product *= 1 - random()) count++;
  return count;
}

function drawLargePoisson(mean: number, random: Random): number {
  const lnMean = ln(mean);
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const lnInverseAlpha = ln(1.1239 + 1.1328 / (b - 3.4));
  const accept = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random() - 0.5;
    const v = 1 - random();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= accept) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (ln(v) + lnInverseAlpha - ln(a / (us * us) + b) <= k * lnMean - mean - lnGamma(k + 1)) return k;
  }
}

/** After this many values above `max` the distribution hardly reaches below it, and `max` itself is the answer. */
const REDRAWS = 1000;

/** One value of a scenario's number: in the unit of the field, not rounded. */
export function drawNumber(spec: NumberSpec, random: Random): number {
  if (spec.kind === 'fixed') return spec.value;
  for (let draw = 0; draw < REDRAWS; draw++) {
    const value = drawLognormal(spec, random);
    if (spec.max === null || value <= spec.max) return value;
  }
  return spec.max ?? Number.POSITIVE_INFINITY;
}

/** Share of a lognormal at or below x, and what that part contributes to the mean (its partial expectation). */
function lognormalBelow(spec: { readonly mu: number; readonly sigma: number }, x: number) {
  const mean = exp(spec.mu + (spec.sigma * spec.sigma) / 2);
  if (x === Number.POSITIVE_INFINITY) return { share: 1, contribution: mean };
  if (x <= 0) return { share: 0, contribution: 0 };
  if (spec.sigma === 0) {
    const inside = ln(x) >= spec.mu;
    return { share: inside ? 1 : 0, contribution: inside ? mean : 0 };
  }
  const z = (ln(x) - spec.mu) / spec.sigma;
  return { share: normalCdf(z), contribution: mean * normalCdf(z - spec.sigma) };
}

/** Mean of `min(drawNumber(spec), cap)` in closed form; `cap` null = no cap. */
export function meanOfNumber(spec: NumberSpec, cap: number | null): number {
  const limit = cap ?? Number.POSITIVE_INFINITY;
  if (spec.kind === 'fixed') return Math.min(spec.value, limit);
  const max = spec.max ?? Number.POSITIVE_INFINITY;
  const kept = lognormalBelow(spec, max);
  // So little lies below `max` that draws end there (REDRAWS).
  if (kept.share < 1e-9) return Math.min(max, limit);
  const below = lognormalBelow(spec, Math.min(max, limit));
  const capped = kept.share - below.share;
  return (below.contribution + (capped > 0 ? capped * limit : 0)) / kept.share;
}

/** The largest value `min(drawNumber(spec), cap)` can take; null = unbounded. */
export function maxOfNumber(spec: NumberSpec, cap: number | null): number | null {
  const own = spec.kind === 'fixed' ? spec.value : spec.max;
  if (own === null) return cap;
  return cap === null ? own : Math.min(own, cap);
}
