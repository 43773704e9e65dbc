import type { Arrival, SizeOverride } from '../../src/model/arrival.ts';
import type { NumberSpec } from '../../src/model/number-spec.ts';
import type { Request } from '../../src/model/request.ts';
import type { Workload, WorkloadContent } from '../../src/model/scenario.ts';
import { buildRequests, type RequestOptions } from '../../src/workload/requests.ts';

export const NO_LIMIT = { promptTokens: null, maxTokens: null } as const;

export const fixed = (value: number): NumberSpec => ({ kind: 'fixed', value });
export const promptTokens = (size: NumberSpec): WorkloadContent => ({ kind: 'prompt_tokens', size });

export function workload(changes: Partial<Workload> = {}): Workload {
  return {
    content: promptTokens(fixed(200)),
    language: 'en',
    maxTokens: fixed(32),
    stream: true,
    cache: 'avoid',
    turns: null,
    extraBody: {},
    ...changes,
  };
}

export function arrival(seq: number, changes: Partial<Arrival> = {}): Arrival {
  return { seq, phaseIndex: 0, scheduledMs: 0, variantIndex: 0, pairSeq: seq, turn: 0, size: null, ...changes };
}

export const sized = (promptTokensOfRow: number | null, maxTokens: number | null = null): SizeOverride => ({
  promptTokens: promptTokensOfRow,
  maxTokens,
});

export function builder(
  changes: Partial<Workload> = {},
  options: Partial<Omit<RequestOptions, 'workload'>> = {},
): (arrival: Arrival) => Request {
  return buildRequests({
    workload: workload(changes),
    seed: 7,
    limitToOf: () => NO_LIMIT,
    model: 'qwen3-max',
    ...options,
  });
}

export const textOf = (request: Request): string =>
  request
    .messages()
    .map((message) => message.content)
    .join('\n');
