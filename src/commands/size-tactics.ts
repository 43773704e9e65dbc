import type { Scenario, TacticSpec, Variant } from '../model/scenario.ts';
import type { MinuteQuota } from '../model/size.ts';

/** A tactic whose needed quota is looked for. Smoothing follows the quota that is tried. */
export interface SizedTactic {
  readonly name: string;
  readonly text: string;
  at(quota: MinuteQuota): readonly TacticSpec[];
}

/** Wide enough that the queue never decides: what it costs shows as added delay. */
const QUEUE = 100_000;

/** "2^attempt seconds plus uniform 0..1 s, at most 5 retries": APIYI help site (Korean and Japanese editions), seen 2026-11-21. */
const BACKOFF: TacticSpec = {
  kind: 'backoff',
  baseMs: 1000,
  factor: 2,
  jitter: 'plus',
  maxMs: 60_000,
  attempts: 6,
  honourRetryAfter: true,
};

const ADAPTIVE: TacticSpec = { kind: 'adaptive', startPerSecond: 5, increasePerSecond: 0.5, decrease: 0.5 };

/**
 * The remedy is described as 60 / RPM seconds between sends (same articles). At exactly the quota a millisecond of
 * jitter puts one send too many into a sliding window, so a client has to stay a little below.
 */
const SMOOTH_SHARE = 0.95;

function smoothAt({ rpm }: MinuteQuota): TacticSpec {
  const perSecond = (SMOOTH_SHARE * rpm) / 60;
  return { kind: 'smooth', perSecond, tokensPerSecond: null, queue: QUEUE, concurrency: null };
}

const fixed = (name: string, specs: readonly TacticSpec[]): SizedTactic => ({
  name,
  text: specs.length === 0 ? 'none' : specs.map(specText).join(', then '),
  at: () => specs,
});

/** The scenario's own tactic first, then the remedies everybody is told about, then what other variants state. */
export function sizedTactics(scenario: Scenario, variant: Variant): readonly [SizedTactic, ...SizedTactic[]] {
  const own = fixed(variant.tactics.length === 0 ? 'none' : 'as stated', variant.tactics);
  const known: readonly SizedTactic[] = [
    fixed('none', []),
    {
      name: 'smooth',
      text: `sends evenly spaced at ${SMOOTH_SHARE * 100} % of the RPM`,
      at: (quota) => [smoothAt(quota)],
    },
    fixed('backoff', [BACKOFF]),
    fixed('adaptive', [ADAPTIVE]),
  ];
  const stated = scenario.variants
    .filter((each) => each.name !== variant.name && isFallback(each.tactics) && each.model === variant.model)
    .map((each) => fixed(each.name, each.tactics));
  const others = [...known, ...stated].filter((each) => each.text !== own.text);
  return [own, ...others.filter((each, index) => others.findIndex(({ text }) => text === each.text) === index)];
}

function isFallback(specs: readonly TacticSpec[]): boolean {
  return specs.some(({ kind }) => kind === 'fallback');
}

function specText(spec: TacticSpec): string {
  switch (spec.kind) {
    case 'backoff':
      return `back-off from ${spec.baseMs / 1000} s, x ${spec.factor}, jitter ${spec.jitter}, ${spec.attempts} attempts`;
    case 'smooth': {
      const { perSecond, tokensPerSecond, concurrency } = spec;
      const parts = [
        ...(perSecond === null ? [] : [`${Math.round(perSecond * 60)}/min`]),
        ...(tokensPerSecond === null ? [] : [`${Math.round(tokensPerSecond * 60)} tokens/min`]),
        ...(concurrency === null ? [] : [`${concurrency} at once`]),
      ];
      return `smooth at ${parts.join(', ')}, queue of ${spec.queue}`;
    }
    case 'keys':
      return `${spec.envs.length} keys, ${spec.policy.replaceAll('_', ' ')}`;
    case 'fallback':
      return `fallback to ${spec.models.join(', ')} on ${spec.on.join(', ')}`;
    case 'adaptive':
      return `adaptive pace from ${spec.startPerSecond}/s, +${spec.increasePerSecond}/s per second, x ${spec.decrease} on a refusal`;
  }
}
