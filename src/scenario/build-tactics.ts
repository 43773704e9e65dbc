import type { TacticSpec } from '../model/scenario.ts';
import { type Context, complain } from './context.ts';
import type { TacticInput } from './schema-tactic.ts';
import type { Path } from './yaml-source.ts';

type TacticsInput = 'none' | TacticInput | readonly TacticInput[] | undefined;

/** Outermost first; empty for `none`. */
export function buildTactics(context: Context, input: TacticsInput, path: Path): readonly TacticSpec[] {
  if (input === undefined || input === 'none') return [];
  const isList = Array.isArray(input);
  const items: readonly TacticInput[] = isList ? input : [input as TacticInput];
  const specs = items.map((item, index) => buildTactic(context, item, isList ? [...path, index] : path));
  for (const [index, spec] of specs.entries()) {
    if (specs.findIndex((other) => other.kind === spec.kind) === index) continue;
    const message = `the tactic "${spec.kind}" is given twice`;
    complain(context, { code: 'tactic-twice', at: [...path, index], message, hint: 'keep one of them' });
  }
  return specs;
}

function buildTactic(context: Context, input: TacticInput, path: Path): TacticSpec {
  const { backoff, smooth, keys, fallback, adaptive } = input;
  if (smooth !== undefined) {
    if (smooth.rate === undefined && smooth.tokens === undefined && smooth.concurrency === undefined) {
      const message = 'smooth needs a rate, a token rate or a concurrency';
      complain(context, {
        code: 'required',
        at: [...path, 'smooth'],
        message,
        hint: 'write { smooth: { rate: 600/min } }',
      });
    }
    return {
      kind: 'smooth',
      perSecond: smooth.rate ?? null,
      tokensPerSecond: smooth.tokens ?? null,
      queue: smooth.queue ?? 1000,
      concurrency: smooth.concurrency ?? null,
    };
  }
  if (keys !== undefined) return { kind: 'keys', envs: keys.env, policy: keys.policy ?? 'round_robin' };
  if (fallback !== undefined) {
    return { kind: 'fallback', models: fallback.models, on: fallback.on ?? ['requests', 'tokens', 'burst'] };
  }
  if (adaptive !== undefined) {
    return {
      kind: 'adaptive',
      startPerSecond: adaptive.start,
      increasePerSecond: adaptive.increase,
      decrease: adaptive.decrease,
    };
  }
  return {
    kind: 'backoff',
    baseMs: backoff?.base ?? 1000,
    factor: backoff?.factor ?? 2,
    jitter: backoff?.jitter ?? 'full',
    maxMs: backoff?.max ?? 60_000,
    attempts: backoff?.attempts ?? 5,
    honourRetryAfter: backoff?.honourRetryAfter ?? true,
  };
}
