/**
 * Logarithm, exponential and the normal distribution from + - * / and sqrt alone. ECMAScript leaves the last digits of
 * Math.log, Math.exp and Math.pow to the engine (sec-math.log: "implementation-approximated value"), and one digit can
 * turn a rejection step around and with it every later draw. Schedules are promised to be equal on every machine.
 */

const bits = new Float64Array(1);
const words = new Uint32Array(bits.buffer);
/** Index of the word that holds sign and exponent: 1 on little-endian machines, 0 on big-endian ones. */
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** ln 2 in two parts; the first has 21 trailing zero bits, so that k * LN2_HIGH is exact for every exponent k. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const SQRT2 = Math.SQRT2;

/** Natural logarithm, within 4 units in the last place. -Infinity for 0, NaN below. */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  if (x < 2.3e-308) return ln(x * 18014398509481984) - 54 * Math.LN2;
  bits[0] = x;
  const high = words[HIGH] as number;
  let exponent = (high >>> 20) - 1023;
  words[HIGH] = (high & 0xfffff) | 0x3ff00000;
  let mantissa = bits[0] as number;
  if (mantissa > SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  // ln m = 2 artanh((m - 1) / (m + 1)); |s| <= 0.1716, so eleven terms of the series reach 1e-17.
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  const tail =
    z *
    (1 / 3 +
      z *
        (1 / 5 +
          z *
            (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * (1 / 13 + z * (1 / 15 + z * (1 / 17 + z * (1 / 19 + z / 21)))))))));
  return exponent * LN2_HIGH + (2 * s + (2 * s * tail + exponent * LN2_LOW));
}

/** e^x, within 2 units in the last place; 0 below -708 (denormals are of no use here), Infinity above 709.78. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -708) return 0;
  const k = Math.floor(x / Math.LN2 + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  // Taylor: |r| <= 0.3466, so the first term left out is below 5e-18.
  const sum =
    1 +
    r *
      (1 +
        r *
          (1 / 2 +
            r *
              (1 / 6 +
                r *
                  (1 / 24 +
                    r *
                      (1 / 120 +
                        r *
                          (1 / 720 +
                            r *
                              (1 / 5040 +
                                r *
                                  (1 / 40320 +
                                    r *
                                      (1 / 362880 +
                                        r *
                                          (1 / 3628800 +
                                            r * (1 / 39916800 + r * (1 / 479001600 + r * (1 / 6227020800)))))))))))));
  // Two factors, since 2^1024 itself is not a number while e^709.7 is.
  const half = k >> 1;
  return sum * powerOfTwo(half) * powerOfTwo(k - half);
}

function powerOfTwo(exponent: number): number {
  bits[0] = 0;
  words[HIGH] = (exponent + 1023) << 20;
  return bits[0] as number;
}

/** x^y for x >= 0. */
export function power(x: number, y: number): number {
  return x === 0 ? 0 : exp(y * ln(x));
}

/** ln of the gamma function for x > 0: Stirling's series above 10, the recurrence below it. Error < 1e-12. */
export function lnGamma(x: number): number {
  let shift = 0;
  let y = x;
  while (y < 10) {
    shift -= ln(y);
    y += 1;
  }
  const z = 1 / (y * y);
  const series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z / 1188)))) / y;
  return shift + (y - 0.5) * ln(y) - y + 0.9189385332046727 + series;
}

/** Hart's rational approximation as given by G. West, "Better approximations to cumulative normal functions" (2005). */
const HART_ABOVE = [
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
  220.206867912376,
];
const HART_BELOW = [
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
  793.826512519948, 440.413735824752,
];

/** P(Z <= z) of the standard normal distribution: absolute error 1e-14, relative error 1e-8 beyond |z| = 7. */
export function normalCdf(z: number): number {
  const size = Math.abs(z);
  let tail = 0;
  if (size < 7.07106781186547) {
    const horner = (sum: number, coefficient: number) => sum * size + coefficient;
    tail = (exp((-size * size) / 2) * HART_ABOVE.reduce(horner, 0)) / HART_BELOW.reduce(horner, 0);
  } else if (size <= 37) {
    const fraction = size + 1 / (size + 2 / (size + 3 / (size + 4 / (size + 0.65))));
    tail = exp((-size * size) / 2) / (fraction * 2.506628274631);
  }
  return z > 0 ? 1 - tail : tail;
}

/** The z with P(Z <= z) = p, by bisection; infinite at 0 and 1. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) {
    return p === 0 ? Number.NEGATIVE_INFINITY : p === 1 ? Number.POSITIVE_INFINITY : Number.NaN;
  }
  // The lower tail keeps its relative precision, the upper one is 1 minus it.
  if (p > 0.5) return -normalQuantile(1 - p);
  let low = -38;
  let high = 0;
  for (let step = 0; step < 80 && high - low > 1e-15; step++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
