import { z } from 'zod';
import type { NumberSpec } from '../model/number-spec.ts';
import {
  type Reading,
  readBytes,
  readCount,
  readDuration,
  readMoney,
  readNumber,
  readRate,
  readShare,
} from './units.ts';

/** A value with a unit: text or number in the file, a number in base units behind the schema. */
type Quantity = z.ZodType<number, string | number>;

interface QuantityOptions {
  readonly description: string;
  /** Refuse zero too. */
  readonly positive?: boolean;
}

function quantity(
  read: (input: string | number) => Reading,
  what: { readonly expected: string; readonly examples: readonly (string | number)[] },
): (options: QuantityOptions) => Quantity {
  return (options) =>
    z
      .union([z.string(), z.number()], { error: `expected ${what.expected}` })
      .transform((input, context) => {
        const reading = read(input);
        if (reading.ok && !(options.positive && reading.value <= 0)) return reading.value;
        const { code, message, hint } = reading.ok
          ? { code: 'out-of-range', message: 'must be above 0', hint: `write ${what.expected}` }
          : reading;
        context.addIssue({ code: 'custom', message, params: { code, hint } });
        return z.NEVER;
      })
      .meta({ description: `${options.description}; for example ${what.examples.join(', ')}` });
}

/** Milliseconds. */
export const duration = quantity(readDuration, {
  expected: 'a duration such as 500ms, 30s, 10min or 1h',
  examples: ['500ms', '30s', '10min', '1h'],
});
/** Per second. */
export const rate = quantity(readRate, {
  expected: 'a rate such as 10/s or 600/min',
  examples: ['10/s', '600/min', '36k/h'],
});
/** Whole number, not negative. */
export const count = quantity(readCount, {
  expected: 'a whole number such as 200, 500k or 1.5M',
  examples: [200, '500k', '1.5M'],
});
/** Any number, not necessarily whole. */
export const number = quantity(readNumber, { expected: 'a number such as 3 or 0.5', examples: [3, 0.5] });
/** Whole bytes. */
export const bytes = quantity(readBytes, {
  expected: 'a size such as 64KB, 200MB or 1GB',
  examples: ['64KB', '200MB', '1GB'],
});
/** US dollars. */
export const money = quantity(readMoney, { expected: 'an amount such as $2 or $1.50', examples: ['$2', '$1.50'] });
/** 0 to 1. */
export const share = quantity(readShare, { expected: 'a share such as 20%', examples: ['20%'] });

/** A fixed quantity, or `{ lognormal: [mu, sigma], max }` of its natural logarithm. */
export function distribution(value: Quantity, description: string): z.ZodType<NumberSpec, unknown> {
  const fixed = value.transform((fixedValue): NumberSpec => ({ kind: 'fixed', value: fixedValue }));
  const lognormal = z
    .strictObject({
      lognormal: z
        .tuple([z.number(), z.number().positive()])
        .meta({ description: 'mu and sigma of the natural logarithm: the median is e^mu' }),
      max: value.optional(),
    })
    .transform((input): NumberSpec => {
      const [mu, sigma] = input.lognormal;
      return { kind: 'lognormal', mu, sigma, max: input.max ?? null };
    });
  return z.union([fixed, lognormal]).meta({ description });
}

/** Refuses an object that does not hold exactly one of these keys. */
export function exactlyOne<T extends object>(
  keys: readonly string[],
  options: { readonly code: string; readonly what: string },
): (input: T, context: z.core.$RefinementCtx<T>) => void {
  return (input, context) => {
    const given = keys.filter((key) => (input as Record<string, unknown>)[key] !== undefined);
    if (given.length === 1) return;
    const list = keys.join(', ');
    const message =
      given.length === 0 ? `${options.what} needs one of ${list}` : `${options.what} has ${given.join(' and ')}`;
    context.addIssue({
      code: 'custom',
      message: given.length === 0 ? message : `${message}: only one of them is possible`,
      params: { code: options.code, hint: `keep exactly one of ${list}`, isChoice: true },
    });
  };
}

/** JSON Schema keyword for the same rule, so that editors know it too. */
export const oneOfKeys = (keys: readonly string[]) => ({ oneOf: keys.map((key) => ({ required: [key] })) });
