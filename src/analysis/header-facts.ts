import type { Exchange } from '../model/exchange.ts';
import type { HeaderFacts, StatedLimit } from '../model/header-facts.ts';
import { type RateLimitHint, readRateLimitHints } from '../outcomes/hints.ts';
import { relayFacts, serverTimes } from '../outcomes/server-times.ts';
import { DurationHistogram } from './histogram.ts';
import type { Judged } from './judged.ts';

type Headers = Exchange['headers'];

const LISTED_MAX = 20;
/** Kept apart while counting; what comes after that many different ones is only counted. */
const DISTINCT_MAX = 200;
const NAMES_MAX = 500;
/** Headers state whole milliseconds: one figure, or the difference of two, can be this much above the truth. */
const ROUNDING_MS = 1;

/** What a header name can tell. */
interface Role {
  readonly times: boolean;
  readonly limit: boolean;
  readonly relay: boolean;
}

const LIMIT_NAME = /ratelimit|^x-litellm-.*(?:limit|remaining|reset)/;

function roleOf(name: string): Role {
  return {
    times: Object.values(serverTimes({ [name]: '0' })).some((value) => value !== null),
    limit: LIMIT_NAME.test(name),
    relay: relayFacts({ [name]: '0' }).length > 0,
  };
}

/** Answers repeat a dozen names a million times: what a name can tell is found out once. */
function roles(): (name: string) => Role {
  const known = new Map<string, Role>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const role = roleOf(name);
    if (known.size < NAMES_MAX) known.set(name, role);
    return role;
  };
}

interface Counted {
  count: number;
}

interface Tally<Entry extends Counted> {
  /** Counts one more of `key`; null where it is one too many to be kept apart. */
  add(key: string, fresh: () => Entry): Entry | null;
  /** The most frequent first, and how much was counted that is not among them. */
  finish(): { readonly listed: readonly Entry[]; readonly further: number };
}

function tally<Entry extends Counted>(): Tally<Entry> {
  const entries = new Map<string, Entry>();
  let beyond = 0;
  return {
    add(key, fresh) {
      let entry = entries.get(key);
      if (entry === undefined && entries.size >= DISTINCT_MAX) {
        beyond += 1;
        return null;
      }
      if (entry === undefined) {
        entry = fresh();
        entries.set(key, entry);
      }
      entry.count += 1;
      return entry;
    },
    finish() {
      const sorted = [...entries.entries()]
        .sort(([a, left], [b, right]) => right.count - left.count || (a < b ? -1 : 1))
        .map(([, entry]) => entry);
      const unlisted = sorted.slice(LISTED_MAX).reduce((sum, { count }) => sum + count, 0);
      return { listed: sorted.slice(0, LISTED_MAX), further: beyond + unlisted };
    },
  };
}

type LimitDraft = { -readonly [Key in keyof StatedLimit]: StatedLimit[Key] };

const least = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b));
const most = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b));

function countHint(hints: Tally<LimitDraft>, { source, limit, windowMs, remaining, resetMs }: RateLimitHint): void {
  const draft = hints.add(`${source}\n${limit}\n${windowMs}`, () => {
    return { source, limit, windowMs, remainingMin: null, resetMsMax: null, count: 0 };
  });
  if (draft === null) return;
  draft.remainingMin = least(draft.remainingMin, remaining);
  draft.resetMsMax = most(draft.resetMsMax, resetMs);
}

interface Times {
  add(headers: Headers, exchange: Exchange): void;
  finish(): Pick<HeaderFacts, 'serverTime' | 'networkTime' | 'statedTooLong' | 'relayTime'>;
}

const percentilesOf = (histogram: DurationHistogram) => (histogram.count === 0 ? null : histogram.percentiles());

function times(): Times {
  const server = new DurationHistogram();
  const network = new DurationHistogram();
  const relay = new DurationHistogram();
  let statedTooLong = 0;
  return {
    add(headers, { sentMs, headersMs }) {
      const stated = serverTimes(headers);
      if (stated.relayMs !== null && stated.relayMs >= 0) relay.record(stated.relayMs);
      // An envoy that states no time of its own still states that of what is behind it.
      const insideMs = stated.serverMs ?? stated.upstreamMs;
      if (insideMs === null || insideMs < 0) return;
      server.record(insideMs);
      if (sentMs === null || headersMs === null) return;
      const outsideMs = headersMs - sentMs - insideMs;
      if (outsideMs < -ROUNDING_MS) statedTooLong += 1;
      else network.record(Math.max(0, outsideMs));
    },
    finish: () => ({
      serverTime: percentilesOf(server),
      networkTime: percentilesOf(network),
      statedTooLong,
      relayTime: percentilesOf(relay),
    }),
  };
}

export interface HeaderFactsFold {
  add(attempt: Judged): void;
  finish(): HeaderFacts;
}

/**
 * What the answers of one variant state about themselves. Times come from answered attempts alone (a refusal takes no
 * part in the work) and not from stalled ones; hints and relay lines from every answer. Costs nothing without headers.
 */
export function headerFacts(options: { readonly variant: string; readonly t0WallMs: number }): HeaderFactsFold {
  const role = roles();
  const stated = times();
  const hints = tally<LimitDraft>();
  const lines = tally<{ readonly text: string; count: number }>();

  const addHints = ({ body, finishedMs, headersMs }: Exchange, headers: Headers, refused: boolean) => {
    const nowWallMs = options.t0WallMs + (headersMs ?? finishedMs);
    for (const hint of readRateLimitHints(headers, refused ? body.head : '', nowWallMs)) countHint(hints, hint);
  };
  return {
    add({ exchange, outcome, group, stalled }) {
      if (exchange === null) return;
      const { headers } = exchange;
      const limiting: Record<string, string> = {};
      const refused = outcome.kind === 'limited';
      let hinted = refused && exchange.body.head !== '';
      let timed = false;
      for (const name in headers) {
        const { times: isTime, limit, relay } = role(name);
        const value = headers[name] ?? '';
        if (isTime) timed = true;
        if (limit) {
          limiting[name] = value;
          hinted = true;
        }
        if (!relay) continue;
        for (const text of relayFacts({ [name]: value })) lines.add(text, () => ({ text, count: 0 }));
      }
      if (timed && group === 'admitted' && !stalled) stated.add(headers, exchange);
      if (hinted) addHints(exchange, limiting, refused);
    },
    finish() {
      const limits = hints.finish();
      const relayed = lines.finish();
      return {
        variant: options.variant,
        ...stated.finish(),
        rateLimitHints: limits.listed,
        rateLimitHintsFurther: limits.further,
        relayHeaders: relayed.listed,
        relayHeadersFurther: relayed.further,
      };
    },
  };
}
