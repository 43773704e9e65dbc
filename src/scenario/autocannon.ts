import type { Scenario } from '../model/scenario.ts';
import { isLoopback } from './build-target.ts';
import type { BuiltVariant } from './build-variants.ts';
import { type Context, complain, toProblem } from './context.ts';
import type { Path } from './yaml-source.ts';

export interface AutocannonUse {
  readonly scenario: Pick<Scenario, 'traffic' | 'workload' | 'record' | 'timeouts' | 'thresholds'>;
  readonly built: BuiltVariant;
  /** Variants of the scenario, this one included. */
  readonly variants: number;
  /** Keys of `timeouts` that the file states. */
  readonly timeoutKeys: readonly string[];
  /** Where this variant's own or the scenario's key stands. */
  readonly stated: (key: string) => Path;
}

/** What a scenario may ask for and this driver cannot do: each is refused, because it would be left out silently. */
export function checkAutocannon(context: Context, use: AutocannonUse): void {
  const { variant } = use.built;
  const at = use.stated('driver');
  checkTraffic(context, use);
  checkConnection(context, use);
  checkRecord(context, use);
  if (!variant.target.isSimulator && !isLoopback(variant.target.baseUrl)) {
    const message = 'autocannon does not verify TLS certificates: it is only for the simulator and loopback';
    complain(context, { code: 'unsafe-driver', at, message, hint: 'use driver: undici' });
  }
  if (variant.tactics.length > 0) {
    const message = 'autocannon repeats requests by itself: no tactic can stand in front of it';
    complain(context, { code: 'driver-tactic', at, message, hint: 'use driver: undici' });
  }
  if (use.variants > 1) {
    const message = `${variant.name}: autocannon runs its phases alone, so it cannot be one variant of several`;
    complain(context, { code: 'driver-variants', at, message, hint: 'make it a scenario of its own' });
  }
}

function checkTraffic(context: Context, { scenario }: AutocannonUse): void {
  const open = scenario.traffic.findIndex((phase) => phase.kind !== 'closed' && phase.kind !== 'pause');
  if (open >= 0) {
    const message = 'autocannon keeps a number of requests in flight: it cannot follow a rate';
    const hint = 'use closed: { concurrency: …, for: … }, or driver: undici';
    complain(context, { code: 'open-model-driver', at: ['traffic', open], message, hint });
  }
  if ((scenario.workload.turns?.count ?? 1) > 1) {
    const message = 'autocannon sends the next request of a connection at once: it cannot hold a conversation';
    const hint = 'leave out workload.turns, or use driver: undici, whose closed phases take turns';
    complain(context, { code: 'driver-turns', key: ['workload', 'turns'], message, hint });
  }
}

function checkConnection(context: Context, { scenario, built, timeoutKeys, stated }: AutocannonUse): void {
  for (const key of timeoutKeys.filter((name) => name !== 'total')) {
    const message = `autocannon has one time limit, for the whole request: it cannot keep timeouts.${key}`;
    const hint = 'use timeouts: { total: … }, or driver: undici';
    complain(context, { code: 'driver-timeout', key: ['timeouts', key], message, hint });
  }
  // Its option checks refuse less (autocannon 9.0.0, lib/validate.js, seen 2026-11-21).
  if (scenario.timeouts.totalMs < 1000) {
    const message = 'autocannon cannot give a request up before 1s';
    const hint = 'set timeouts.total to 1s or more, or use driver: undici';
    complain(context, { code: 'driver-timeout', at: ['timeouts', 'total'], message, hint });
  }
  if (built.variant.target.protocol === 'h2') {
    const message = 'autocannon speaks HTTP/1.1 only';
    const at = [...stated('target'), 'protocol'];
    complain(context, { code: 'driver-protocol', at, message, hint: 'use protocol: h1, or driver: undici' });
  }
}

/** Metrics of single tokens: autocannon hands over an answer when it is whole. */
const TOKEN_METRICS: readonly string[] = ['ttft', 'answer_ttft', 'itl', 'tpot'];

function checkRecord(context: Context, { scenario }: AutocannonUse): void {
  if (scenario.record === 'bodies') {
    const message = 'autocannon breaks characters that two chunks of an answer share: its answers cannot be kept';
    complain(context, { code: 'driver-record', at: ['record'], message, hint: 'use driver: undici' });
  }
  for (const { metric, where } of scenario.thresholds) {
    if (!TOKEN_METRICS.includes(metric)) continue;
    const message = `autocannon stamps no tokens: ${metric} will have no sample, and the threshold stays inconclusive`;
    const hint = 'use driver: undici, whose closed phases stamp every token';
    context.problems.push({ ...toProblem(context, { code: 'driver-no-tokens', message, hint }, 'warning'), where });
  }
}
