import { z } from 'zod';
import { count } from './scenario-schema.ts';

/** Parts that several places of `findings.json` have in common. */

export const text = z.string();
export const origin = z.enum(['provider', 'relay', 'edge', 'unknown']);
export const verdict = z.enum(['holds', 'violated', 'inconclusive']);
export const estimate = z.strictObject({ value: count, low: count, high: count, unit: text }).meta({ id: 'Estimate' });

export const finding = z
  .strictObject({
    id: text,
    kind: z.enum(['threshold', 'claim', 'quota', 'generator', 'observation']),
    claim: text,
    verdict,
    result: text.nullable(),
    estimate: estimate.nullable(),
    evidence: z.array(text),
    why: text,
    subject: text.nullable(),
    variant: text.nullable(),
  })
  .meta({ id: 'Finding' });
