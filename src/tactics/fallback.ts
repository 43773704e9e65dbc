import type { Outcome } from '../model/outcome.ts';
import type { Decider } from './layers.ts';

export interface FallbackOptions {
  readonly models: readonly string[];
  /** Limit kinds (`requests`, `tokens` ...) and outcome kinds (`server_error` ...). */
  readonly on: readonly string[];
  /** The model that requests ask for; null when not known. A chain that names it again does not try it twice. */
  readonly model: string | null;
}

/** After a listed outcome, the next model of the chain at once; at the end of the chain, nothing. */
export function fallbackDecider(options: FallbackOptions): Decider {
  const chain = [...new Set(options.models)].filter((model) => model !== options.model);
  const causes = new Set(options.on);
  const isCause = (outcome: Outcome): boolean =>
    causes.has(outcome.kind) || (outcome.kind === 'limited' && causes.has(outcome.limit));
  return {
    again({ sent, outcome, atMs }) {
      if (!isCause(outcome)) return null;
      const step = sent.model === null ? 0 : chain.indexOf(sent.model) + 1;
      const model = chain[step];
      return model === undefined ? null : { ...sent, atMs, model };
    },
    restart: (_requestId, planned) => ({ ...planned, model: null }),
  };
}
