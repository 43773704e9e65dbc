import type { Problem } from '../model/problem.ts';
import { LIMIT_NAMES, type LimitName, type QuotaSet } from '../model/quota.ts';
import type { Phase, Variant } from '../model/scenario.ts';
import { type LintInput, type PhaseShape, tokensPerRequest } from './lint-shape.ts';
import type { Path } from './yaml-source.ts';

/** Doubts about what a verification can show, per variant. */
export function lintQuota(input: LintInput, variant: Variant): readonly Problem[] {
  const verified = verifiedLimits(input, variant);
  const rules = [rateEqualsLimit, smallTokens, masked];
  const verification = [noRest, restBeforeClean, shortHold, noDrain, notExclusive];
  const doubts = [...rules, ...(verified.length > 0 ? verification : [])].flatMap((rule) =>
    rule(input, { variant, verified, limits: limitsPerSecond(variant.quota) }),
  );
  return doubts.map(({ code, message, hint, at }) => ({
    code,
    severity: 'warning',
    message,
    hint,
    where: input.source.valueAt(at),
  }));
}

interface Doubt {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly at: Path;
}

interface About {
  readonly variant: Variant;
  readonly verified: readonly LimitName[];
  readonly limits: PerSecond;
}

/** The tightest of each pair, per second: min(RPM / 60, RPS) and min(TPM / 60, TPS). */
interface PerSecond {
  readonly requests: number | null;
  readonly tokens: number | null;
}

function limitsPerSecond(quota: Pick<QuotaSet, 'rps' | 'rpm' | 'tps' | 'tpm'>): PerSecond {
  const tightest = (perSecond: number | null, perMinute: number | null) => {
    const rates = [...(perSecond === null ? [] : [perSecond]), ...(perMinute === null ? [] : [perMinute / 60])];
    return rates.length === 0 ? null : Math.min(...rates);
  };
  return { requests: tightest(quota.rps, quota.rpm), tokens: tightest(quota.tps, quota.tpm) };
}

function verifiedLimits({ scenario }: LintInput, variant: Variant): readonly LimitName[] {
  return LIMIT_NAMES.filter((limit) =>
    scenario.thresholds.some(
      ({ metric, tags }) =>
        limit !== 'burst' && metric === `quota.${limit}` && (tags.variant ?? variant.name) === variant.name,
    ),
  );
}

const MINUTE_LIMITS: readonly LimitName[] = ['rpm', 'tpm'];
const WINDOW_MS = 60_000;
const shownRate = (perSecond: number): string =>
  Number.isInteger(perSecond) ? `${perSecond}/s` : `${Number((perSecond * 60).toPrecision(6))}/min`;

/** Constant rates of a phase. */
function ratesOf({ stretches }: PhaseShape): readonly number[] {
  return stretches
    .filter((stretch) => stretch.fromPerSecond === stretch.toPerSecond)
    .map((stretch) => stretch.fromPerSecond);
}

/** At exactly the limit jitter decides what is refused; within half a percent is exactly. */
const SAME = 0.005;

function rateEqualsLimit({ scenario, shapes }: LintInput, { limits }: About): readonly Doubt[] {
  return shapes.flatMap((shape) => {
    const tokens = tokensPerRequest(scenario.workload, shape.phase);
    const hits = ratesOf(shape).flatMap((rate) => {
      const equal = (limit: number | null, asked: number) => limit !== null && Math.abs(asked / limit - 1) < SAME;
      if (equal(limits.requests, rate)) return [`${shownRate(rate)} is the request limit`];
      const fills =
        tokens !== null && (equal(limits.tokens, rate * tokens.prompt) || equal(limits.tokens, rate * tokens.total));
      return fills ? [`${shownRate(rate)} of these prompts is the token limit`] : [];
    });
    const [hit] = hits;
    if (hit === undefined) return [];
    const hint = 'ask for 1.07 times the limit to see refusals and for 0.95 times to see none';
    return [{ code: 'rate-equals-limit', message: `${hit} exactly: refusals are chance`, hint, at: rateAt(shape) }];
  });
}

const rateAt = ({ phase, index }: PhaseShape): Path =>
  phase.kind === 'hold' ? ['traffic', index, 'hold', 'rate'] : ['traffic', index, phase.kind];

/** A token limit is only met where a request is heavier than (tokens per minute) / (requests per minute). */
function smallTokens({ scenario }: LintInput, { variant, verified }: About): readonly Doubt[] {
  const expected = scenario.thresholds.some(
    ({ metric, operator }) => metric === 'limited.tokens' && (operator === '>=' || operator === '>'),
  );
  if (!expected && !verified.includes('tpm') && !verified.includes('tps')) return [];
  const enforced = variant.target.isSimulator && expected ? limitsPerSecond(simulated(variant)) : null;
  const limits = enforced ?? limitsPerSecond(variant.quota);
  const heaviest = Math.max(
    ...scenario.traffic.map((phase) => tokensPerRequest(scenario.workload, phase)?.total ?? Number.POSITIVE_INFINITY),
  );
  if (limits.requests === null || limits.tokens === null || heaviest >= limits.tokens / limits.requests) return [];
  const least = Math.ceil(limits.tokens / limits.requests);
  const message = `with ${Math.round(heaviest)} tokens a request the request limit is reached first, the token limit never`;
  const hint = `use prompts of more than ${least} tokens`;
  return [{ code: 'small-token-test', message, hint, at: ['workload', 'promptTokens'] }];
}

function simulated({ simulator }: Variant): Pick<QuotaSet, 'rps' | 'rpm' | 'tps' | 'tpm'> {
  const { rps, rpm, tps, tpm } = simulator.limits;
  return { rps: rps?.limit ?? null, rpm: rpm?.limit ?? null, tps: tps?.limit ?? null, tpm: tpm?.limit ?? null };
}

/** A minute limit of 60 times the second limit is never the first to refuse. TPS is rounded down: allow for it. */
function masked({ scenario }: LintInput, { variant }: About): readonly Doubt[] {
  const pairs = [
    { minute: 'rpm', second: 'rps' },
    { minute: 'tpm', second: 'tps' },
  ] as const;
  return pairs.flatMap(({ minute, second }) => {
    const index = scenario.thresholds.findIndex(
      ({ metric, operator, value, tags }) =>
        metric === `quota.${minute}` &&
        operator === '==' &&
        value === 'as_documented' &&
        (tags.variant ?? variant.name) === variant.name,
    );
    const perMinute = variant.quota[minute];
    const perSecond = variant.quota[second];
    if (index < 0 || perMinute === null || perSecond === null) return [];
    const isOff = variant.target.isSimulator && variant.simulator.limits[second] === null;
    if (isOff || perMinute < perSecond * 60 * (1 - SAME)) return [];
    const message = `${minute} is 60 times ${second}: where both are enforced the second refuses first, and ${minute} cannot be seen`;
    const hint = `write quota.${minute} != lower`;
    return [{ code: 'masked-limit', message, hint, at: ['thresholds', index] }];
  });
}

function noRest({ scenario }: LintInput, { variant, verified }: About): readonly Doubt[] {
  // A simulated account starts without a history.
  if (variant.target.isSimulator || scenario.restMs >= 2 * WINDOW_MS) return [];
  const message = `${verified.join(', ')}: what was sent before still counts, and a verification starts without a rest`;
  return [{ code: 'no-rest', message, hint: 'write rest: 120s, two windows', at: ['rest'] }];
}

/** The limit a verification is about, and how much of it a phase asks for. */
function load({ scenario }: LintInput, { verified, limits }: About) {
  const aboutRequests = verified.includes('rps') || verified.includes('rpm');
  const limit = aboutRequests ? limits.requests : limits.tokens;
  if (limit === null) return null;
  const unitsOf = (phase: Phase) => (aboutRequests ? 1 : (tokensPerRequest(scenario.workload, phase)?.prompt ?? 0));
  return { limit, unitsOf, times: (shape: PhaseShape, rate: number) => (rate * unitsOf(shape.phase)) / limit };
}

function restBeforeClean(input: LintInput, about: About): readonly Doubt[] {
  const loaded = load(input, about);
  if (loaded === null) return [];
  const needMs = about.verified.some((limit) => MINUTE_LIMITS.includes(limit)) ? 2 * WINDOW_MS : 2000;
  let overUntilMs: number | null = null;
  return input.shapes.flatMap((shape) => {
    const times = ratesOf(shape).map((rate) => loaded.times(shape, rate));
    const before = overUntilMs;
    if (times.some((x) => x > 1)) overUntilMs = shape.endMs;
    const clean = shape.phase.kind === 'hold' && times.every((x) => x < 1 && x >= 0.8);
    if (!clean || before === null || shape.startMs - before >= needMs) return [];
    const message = 'refusals of the phase before may still reach into this one: there is no rest between them';
    const hint = `put pause: ${needMs / 1000}s before it, two windows`;
    return [{ code: 'no-rest', message, hint, at: ['traffic', shape.index] }];
  });
}

/** The first window after the onset is dropped, so one window shows nothing. */
function shortHold(input: LintInput, about: About): readonly Doubt[] {
  const loaded = load(input, about);
  if (loaded === null) return [];
  const windowMs = about.verified.some((limit) => MINUTE_LIMITS.includes(limit)) ? WINDOW_MS : 1000;
  return input.shapes.flatMap((shape) => {
    const { phase, index } = shape;
    if (phase.kind !== 'hold') return [];
    const times = loaded.times(shape, phase.ratePerSecond);
    if (times < 0.8 || times >= 1.5 || phase.durationMs >= 2 * windowMs) return [];
    const message = `a hold of ${phase.durationMs / 1000}s is too short for a window of ${windowMs / 1000}s: the first window does not count`;
    const hint = `hold for ${(3 * windowMs) / 1000}s, three windows`;
    return [{ code: 'short-hold', message, hint, at: ['traffic', index, 'hold', 'for'] }];
  });
}

/** A bucket with a minute of credit shows its first refusal only after credit / excess: 10 min at 1.1 times. */
function noDrain(input: LintInput, about: About): readonly Doubt[] {
  const loaded = load(input, about);
  if (loaded === null || !about.verified.some((limit) => MINUTE_LIMITS.includes(limit))) return [];
  const credit = loaded.limit * 60;
  let drained = 0;
  return input.shapes.flatMap((shape) => {
    const { phase } = shape;
    if (phase.kind === 'pause') drained = 0;
    const times = phase.kind === 'hold' ? loaded.times(shape, phase.ratePerSecond) : 0;
    const needsDrain = times > 1 && times < 1.5;
    const seconds = needsDrain ? (credit - drained) / ((times - 1) * loaded.limit) : 0;
    const dry = needsDrain && (shape.endMs - shape.startMs) / 1000 < seconds + 60;
    drained += excess(shape, { limit: loaded.limit, units: loaded.unitsOf(phase) });
    if (!dry || seconds <= 0) return [];
    const message = `a bucket of one minute would hide its limit for ${Math.round(seconds)}s at this rate: nothing drains it first`;
    const hint = 'put a hold of twice the limit for 75s right before it';
    return [{ code: 'no-drain', message, hint, at: ['traffic', shape.index] }];
  });
}

/** Units asked for above the limit. */
function excess(shape: PhaseShape, { limit, units }: { readonly limit: number; readonly units: number }): number {
  if (shape.phase.kind === 'burst') return shape.phase.requests * units;
  return shape.stretches.reduce((sum, { startMs, endMs, fromPerSecond, toPerSecond }) => {
    const [low, high] = [fromPerSecond, toPerSecond].map((rate) => rate * units - limit).toSorted((a, b) => a - b);
    const seconds = (endMs - startMs) / 1000;
    if (low === undefined || high === undefined || high <= 0) return sum;
    return sum + (low >= 0 ? ((low + high) / 2) * seconds : ((high / (high - low)) * seconds * high) / 2);
  }, 0);
}

function notExclusive({ scenario }: LintInput, { variant, verified }: About): readonly Doubt[] {
  if (variant.target.isSimulator || scenario.account.exclusive === 'yes') return [];
  const message = `${verified.join(', ')}: other traffic on the account would look like a lower limit`;
  const hint = 'write account: { exclusive: yes } when nothing else uses it';
  return [{ code: 'account-not-exclusive', message, hint, at: ['account', 'exclusive'] }];
}
