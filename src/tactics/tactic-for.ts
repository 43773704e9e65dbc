import type { TacticSpec } from '../model/scenario.ts';
import type { Tactic } from '../model/tactic.ts';
import { adaptivePace } from './adaptive.ts';
import { backoffDecider } from './backoff.ts';
import { compose } from './compose.ts';
import { fallbackDecider } from './fallback.ts';
import { keysDecider } from './keys.ts';
import type { Decider, Pace } from './layers.ts';
import { noTactic } from './none.ts';
import { smoothPaces } from './smooth.ts';

export interface TacticOptions {
  readonly seed: number;
  /** Keys that the lane's transport holds. */
  readonly keyCount: number;
  /** The model that requests ask for. */
  readonly model?: string;
}

/** The composed tactic of a variant, with a state of its own; outermost first, none for an empty list. */
export function tacticFor(specs: readonly TacticSpec[], options: TacticOptions): Tactic {
  if (specs.length === 0) return noTactic;
  const deciders: Decider[] = [];
  const paces: Pace[] = [];
  let capacity = Number.POSITIVE_INFINITY;
  for (const spec of specs) {
    switch (spec.kind) {
      case 'backoff':
        deciders.push(backoffDecider(spec, options));
        break;
      case 'keys':
        deciders.push(keysDecider({ policy: spec.policy, keyCount: options.keyCount }));
        break;
      case 'fallback':
        deciders.push(fallbackDecider({ models: spec.models, on: spec.on, model: options.model ?? null }));
        break;
      case 'smooth':
        paces.push(...smoothPaces(spec));
        capacity = Math.min(capacity, spec.queue);
        break;
      case 'adaptive':
        paces.push(adaptivePace(spec));
        break;
    }
  }
  return compose({ deciders, paces, capacity });
}
