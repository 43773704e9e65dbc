import { type AutocannonLoopOptions, autocannonLoop, type ClosedLoop } from '../drivers/autocannon-loop.ts';
import {
  contentForgetter,
  type ForgetOptions,
  forgettingContent,
  forgettingHandler,
} from '../drivers/forget-content.ts';
import { openaiTransport } from '../drivers/openai-transport.ts';
import { type UndiciTransport, type UndiciTransportOptions, undiciTransport } from '../drivers/undici-transport.ts';
import type { Clock } from '../model/clock.ts';
import type { Problem } from '../model/problem.ts';
import type { Phase, Scenario, Variant } from '../model/scenario.ts';
import { classify } from '../outcomes/classify.ts';
import { isKeptHeader } from '../outcomes/kept-headers.ts';
import type { Lane } from '../runner/lane.ts';
import { isLoopback } from '../scenario/build-target.ts';
import { tacticFor } from '../tactics/tactic-for.ts';
import { dialectFor } from '../targets/dialects.ts';
import { buildRequests } from '../workload/requests.ts';
import type { CommandResult } from './failure.ts';
import { readKeys } from './load-scenario.ts';

/** What the simulator is handed for a key that is not set, and loopback where the scenario names none. */
const SIMULATOR_KEY = 'sk-simulator';

export interface LiveLanes {
  readonly lanes: readonly Lane[];
  readonly transports: readonly UndiciTransport[];
  /** Every key in use: the journal must never contain one. */
  readonly secrets: readonly string[];
  readonly proxy: string | null;
  /** Set where autocannon runs the closed phases by itself; the lane's transport is then unused. */
  readonly closedLoop: OpenClosedLoop | null;
}

export type OpenClosedLoop = (work: Pick<AutocannonLoopOptions, 'connections' | 'next'>) => Promise<ClosedLoop>;

export interface LiveLanesOptions {
  readonly scenario: Scenario;
  /** With addresses filled in. */
  readonly variants: readonly Variant[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** As the traffic runs them; `phaseIndex` of an arrival points into it. */
  readonly phases: readonly Phase[];
}

export function openLiveLanes(options: LiveLanesOptions): CommandResult<LiveLanes> {
  const lanes: Lane[] = [];
  const transports: UndiciTransport[] = [];
  const secrets: string[] = [];
  const problems: Problem[] = [];
  let closedLoop: OpenClosedLoop | null = null;
  for (const variant of options.variants) {
    const keys = keysOf(variant, options.env);
    if (!keys.ok) {
      problems.push(...keys.problems);
      continue;
    }
    secrets.push(...keys.keys);
    const transport = openTransport(options, variant, keys.keys);
    transports.push(transport);
    if (variant.driver === 'autocannon') closedLoop = closedLoopOf(options, variant, keys.keys);
    lanes.push(liveLane(options, { variant, transport, keyCount: keys.keys.length }));
  }
  if (problems.length > 0) return { ok: false, exitCode: 2, problems };
  const proxy = transports.map((transport) => transport.proxyInUse).find((each) => each !== null) ?? null;
  return { ok: true, lanes, transports, secrets, proxy, closedLoop };
}

function keysOf(variant: Variant, env: LiveLanesOptions['env']): CommandResult<{ readonly keys: readonly string[] }> {
  const rotated = variant.tactics.flatMap((tactic) => (tactic.kind === 'keys' ? tactic.envs : []));
  const names = rotated.length > 0 ? rotated : variant.target.keyEnvs;
  // A server of one's own often wants some key and takes any.
  const takesAny = variant.target.isSimulator || (names.length === 0 && isLoopback(variant.target.baseUrl));
  if (!takesAny) return readKeys(names, env);
  return {
    ok: true,
    keys:
      names.length === 0 ? [SIMULATOR_KEY] : names.map((name, index) => env[name] || `${SIMULATOR_KEY}-${index + 1}`),
  };
}

function closedLoopOf(options: LiveLanesOptions, variant: Variant, keys: readonly string[]): OpenClosedLoop {
  const shared = sharedOptions(options, variant, keys);
  const forget = contentForgetter(contentOf(options.scenario, variant));
  return (work) => {
    const next = () => {
      const asked = work.next();
      if (asked === null || forget === null) return asked;
      return { ...asked, handler: forgettingHandler(asked.handler, asked.outgoing, forget) };
    };
    return autocannonLoop({ ...shared, ...work, next });
  };
}

function openTransport(options: LiveLanesOptions, variant: Variant, keys: readonly string[]): UndiciTransport {
  const shared = sharedOptions(options, variant, keys);
  if (variant.driver === 'openai') return openaiTransport({ ...shared, maxRetries: variant.sdkRetries });
  return undiciTransport(shared);
}

function sharedOptions(options: LiveLanesOptions, variant: Variant, keys: readonly string[]) {
  return {
    target: variant.target,
    dialect: dialectFor(variant.target.dialect),
    keys,
    timeouts: options.scenario.timeouts,
    clock: options.clock,
    keepHeader: isKeptHeader,
    recordBodies: options.scenario.record === 'bodies',
    requestTag: variant.target.isSimulator,
  } satisfies UndiciTransportOptions;
}

function liveLane(
  options: LiveLanesOptions,
  lane: { readonly variant: Variant; readonly transport: UndiciTransport; readonly keyCount: number },
): Lane {
  const { variant, transport, keyCount } = lane;
  const { scenario, clock } = options;
  const { dialect, baseUrl } = variant.target;
  const mayForget = scenario.record === 'outcomes';
  return {
    transport: mayForget ? forgettingContent(transport, contentOf(scenario, variant)) : transport,
    tactic: tacticFor(variant.tactics, { seed: scenario.seed, keyCount, model: variant.model }),
    request: requestsOf(scenario, variant, options.phases),
    judge: (exchange) => classify(exchange, { dialect, baseUrl, model: variant.model, nowWallMs: clock.wallMs() }),
    price: variant.target.price,
    safety: variant.safety,
  };
}

function contentOf({ workload }: Scenario, { target }: Variant): ForgetOptions {
  return { headerValues: Object.values(target.headers), ownPrompts: workload.content.kind !== 'prompt_tokens' };
}

/** `phases` as the traffic runs them: a switchback repeats the scenario's own. */
export function requestsOf(scenario: Scenario, variant: Variant, phases: readonly Phase[]): Lane['request'] {
  return buildRequests({
    workload: scenario.workload,
    seed: scenario.seed,
    model: variant.model,
    limitToOf: (phaseIndex) => phases[phaseIndex]?.limitTo ?? { promptTokens: null, maxTokens: null },
  });
}
