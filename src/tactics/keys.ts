import type { Outcome } from '../model/outcome.ts';
import type { TacticSpec } from '../model/scenario.ts';
import type { Decider } from './layers.ts';

type Policy = Extract<TacticSpec, { kind: 'keys' }>['policy'];

/** Published limits count per minute, and "usually recover within one minute" (help.aliyun.com/zh/model-studio/rate-limit, seen 2026-11-21). */
const WINDOW_MS = 60_000;

interface KeyState {
  readonly index: number;
  coolUntilMs: number;
  /** Refusals, each worth 1 / e after a window. */
  refusals: number;
  refusalsAtMs: number;
}

/** What this tactic did for one request since it was last started anew. */
interface Held {
  key: number | null;
  readonly refused: Set<number>;
}

/**
 * Several keys. A key is chosen when a request first leaves and kept for its retries; after a refusal that concerns the
 * key (not an overload of the model) the request moves at once to a key it has not tried and that is not cooling down,
 * so it moves at most `keyCount - 1` times. A refused key cools down for the stated Retry-After, else for one window,
 * and is passed over meanwhile; when all keys cool down, the one that is free first is used.
 */
export function keysDecider(options: { readonly policy: Policy; readonly keyCount: number }): Decider {
  const { policy } = options;
  const keyCount = Math.max(1, options.keyCount);
  const keys = Array.from({ length: keyCount }, (_, index): KeyState => initialKey(index));
  const requests = new Map<string, Held>();
  /** Conversations that had to move; the others follow from their number. */
  const moved = new Map<number, number>();
  let turn = 0;

  const holdOf = (requestId: string): Held => {
    const known = requests.get(requestId);
    if (known !== undefined) return known;
    const fresh: Held = { key: null, refused: new Set() };
    requests.set(requestId, fresh);
    return fresh;
  };
  /** In rotation from the one whose turn it is, so that ties are shared out evenly. */
  const rotated = (from: number): readonly KeyState[] => [...keys.slice(from), ...keys.slice(0, from)];

  const choose = (pairSeq: number, nowMs: number, without: ReadonlySet<number>): number | null => {
    const start = policy === 'sticky' ? (moved.get(pairSeq) ?? pairSeq % keyCount) : turn;
    const free = rotated(start).filter((key) => key.coolUntilMs <= nowMs && !without.has(key.index));
    const chosen = policy === 'least_limited' ? leastBy(free, (key) => refusalsAt(key, nowMs)) : free[0];
    if (chosen === undefined) return null;
    if (policy === 'sticky') {
      if (chosen.index !== start) moved.set(pairSeq, chosen.index);
    } else turn = (chosen.index + 1) % keyCount;
    return chosen.index;
  };
  const NONE: ReadonlySet<number> = new Set();

  return {
    seen({ sent, outcome, atMs }) {
      const key = keys[sent.keyIndex];
      if (key === undefined || !concernsKey(outcome)) return;
      key.refusals = refusalsAt(key, atMs) + 1;
      key.refusalsAtMs = atMs;
      key.coolUntilMs = Math.max(key.coolUntilMs, atMs + coolDownMs(outcome));
    },
    again({ request, sent, outcome, atMs }) {
      if (!concernsKey(outcome)) return null;
      const hold = holdOf(request.requestId);
      hold.refused.add(sent.keyIndex);
      const key = choose(request.arrival.pairSeq, atMs, hold.refused);
      if (key === null) return null;
      hold.key = key;
      return { ...sent, atMs, keyIndex: key };
    },
    restart(requestId, planned) {
      requests.delete(requestId);
      return planned;
    },
    aim(request, planned, nowMs) {
      const hold = holdOf(request.requestId);
      hold.key ??= choose(request.arrival.pairSeq, nowMs, NONE) ?? leastBy(keys, (key) => key.coolUntilMs)?.index ?? 0;
      return { ...planned, keyIndex: hold.key };
    },
    forget: (requestId) => void requests.delete(requestId),
  };
}

function initialKey(index: number): KeyState {
  return { index, coolUntilMs: Number.NEGATIVE_INFINITY, refusals: 0, refusalsAtMs: 0 };
}

function refusalsAt(key: KeyState, nowMs: number): number {
  return key.refusals * Math.exp(-(nowMs - key.refusalsAtMs) / WINDOW_MS);
}

function concernsKey(outcome: Outcome): outcome is Extract<Outcome, { kind: 'limited' }> {
  return outcome.kind === 'limited' && outcome.limit !== 'overload';
}

function coolDownMs(outcome: Extract<Outcome, { kind: 'limited' }>): number {
  if (outcome.heals === 'never') return Number.POSITIVE_INFINITY;
  return outcome.retryAfterMs ?? WINDOW_MS;
}

/** The first of those with the smallest score. */
function leastBy<Item>(items: readonly Item[], score: (item: Item) => number): Item | undefined {
  let least = items[0];
  for (const item of items) if (least !== undefined && score(item) < score(least)) least = item;
  return least;
}
