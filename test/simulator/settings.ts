import {
  NO_LIMITS,
  type SimulatorLimits,
  type SimulatorSettings,
  type WindowLimit,
} from '../../src/model/simulator.ts';
import type { AnswerPlan, AnswerPlanned, RefusalPlanned, SimulatedCall } from '../../src/simulator/core/plan.ts';

/** No limits, 100 ms to the first token, 100 tokens per second, no network: figures that tests can add up. */
export function settingsWith(changes: Partial<SimulatorSettings> = {}): SimulatorSettings {
  return {
    preset: 'qwen3-max',
    limits: NO_LIMITS,
    latency: { ttftMs: { kind: 'fixed', value: 100 }, tokensPerSecond: 100, networkMs: 0 },
    refusals: 'status',
    wording: 'current',
    relay: null,
    faults: [],
    seed: 7,
    ...changes,
  };
}

export function limited(limits: Partial<SimulatorLimits>, changes: Partial<SimulatorSettings> = {}): SimulatorSettings {
  return settingsWith({ limits: { ...NO_LIMITS, ...limits }, ...changes });
}

export function slidingLog(limit: number): WindowLimit {
  return { limit, window: 'sliding_log', countsRefused: false };
}

let calls = 0;

export function callWith(changes: Partial<SimulatedCall> = {}): SimulatedCall {
  calls += 1;
  return {
    requestId: `call-${calls}#1`,
    dialect: 'dashscope',
    model: 'qwen3-max',
    key: 'sk-test',
    promptTokens: 100,
    maxTokens: 16,
    stream: true,
    includeUsage: true,
    waitTimeoutMs: null,
    ...changes,
  };
}

export function answered(plan: AnswerPlan): AnswerPlanned {
  if (plan.kind !== 'answer') throw new Error(`expected an answer, got ${JSON.stringify(plan)}`);
  return plan;
}

export function refused(plan: AnswerPlan): RefusalPlanned {
  if (plan.kind !== 'refusal') throw new Error(`expected a refusal, got ${JSON.stringify(plan)}`);
  return plan;
}

/** `answer`, or the name of the error. */
export function verdict(plan: AnswerPlan): string {
  return plan.kind === 'refusal' ? plan.error : plan.kind;
}
