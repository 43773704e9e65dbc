import type { NumberSpec } from '../model/number-spec.ts';
import type { Phase, Scenario, Workload } from '../model/scenario.ts';
import { SWITCHBACK } from '../model/switchback.ts';
import type { YamlSource } from './yaml-source.ts';

/** A stretch of time in which the rate changes linearly. Times from the start of the traffic. */
interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
  readonly fromPerSecond: number;
  readonly toPerSecond: number;
}

/** A valid scenario, the shape of its traffic, and where things stand in its file. */
export interface LintInput {
  readonly scenario: Scenario;
  readonly shapes: readonly PhaseShape[];
  readonly source: YamlSource;
}

/** A phase as planned, on average: random arrivals by their mean. */
export interface PhaseShape {
  readonly index: number;
  readonly phase: Phase;
  readonly startMs: number;
  readonly endMs: number;
  readonly stretches: readonly Stretch[];
  /** First requests: later turns of conversations not counted. Null for the closed model. */
  readonly requests: number | null;
}

/** The traffic on one time axis. */
export function shapesOf(traffic: readonly Phase[]): readonly PhaseShape[] {
  let startMs = 0;
  return traffic.map((phase, index) => {
    const begin = startMs;
    const { durationMs, stretches, requests } = outline(phase);
    startMs += durationMs;
    const moved = stretches.map((stretch) => ({
      ...stretch,
      startMs: stretch.startMs + begin,
      endMs: stretch.endMs + begin,
    }));
    return { index, phase, startMs: begin, endMs: startMs, stretches: moved, requests };
  });
}

interface Outline {
  readonly durationMs: number;
  readonly stretches: readonly Stretch[];
  readonly requests: number | null;
}

function outline(phase: Phase): Outline {
  switch (phase.kind) {
    case 'burst':
      return { durationMs: phase.overMs, stretches: [], requests: phase.requests };
    case 'pause':
      return { durationMs: phase.durationMs, stretches: [], requests: 0 };
    case 'closed':
      return { durationMs: phase.durationMs, stretches: [], requests: null };
    case 'replay': {
      const durationMs = (phase.rows.at(-1)?.atMs ?? 0) / phase.speed;
      return { durationMs, stretches: [], requests: phase.rows.length };
    }
    case 'ramp':
      return flow(phase.durationMs, [
        { startMs: 0, endMs: phase.durationMs, fromPerSecond: phase.fromPerSecond, toPerSecond: phase.toPerSecond },
      ]);
    case 'hold':
      return flow(phase.durationMs, [
        { startMs: 0, endMs: phase.durationMs, fromPerSecond: phase.ratePerSecond, toPerSecond: phase.ratePerSecond },
      ]);
    case 'steps':
      return staircase(phase);
  }
}

function staircase(phase: Extract<Phase, { kind: 'steps' }>): Outline {
  const span = phase.toPerSecond - phase.fromPerSecond;
  const stride = phase.eachMs + phase.restMs;
  const steps = Math.floor(Math.abs(span) / phase.byPerSecond + 1e-9) + 1;
  const stretches = Array.from({ length: Math.min(steps, MOST_STEPS) }, (_, step) => {
    const rate = phase.fromPerSecond + Math.sign(span) * phase.byPerSecond * step;
    const startMs = stride * step;
    return { startMs, endMs: startMs + phase.eachMs, fromPerSecond: rate, toPerSecond: rate };
  });
  return flow(stride * steps - phase.restMs, stretches);
}

/** A staircase with more steps than this is not looked at step by step. */
const MOST_STEPS = 10_000;

function flow(durationMs: number, stretches: readonly Stretch[]): Outline {
  const area = (stretch: Stretch) =>
    (((stretch.fromPerSecond + stretch.toPerSecond) / 2) * (stretch.endMs - stretch.startMs)) / 1000;
  const requests = stretches.reduce((sum, stretch) => sum + area(stretch), 0);
  return { durationMs, stretches, requests: Math.round(requests) };
}

/** Mean of a size; a cut-off distribution by its uncut mean or the cut, whichever is lower. */
function meanOf(spec: NumberSpec): number {
  if (spec.kind === 'fixed') return spec.value;
  const mean = Math.exp(spec.mu + spec.sigma ** 2 / 2);
  return spec.max === null ? mean : Math.min(mean, spec.max);
}

/** Mean tokens of one request in this phase; null where the prompt's size is not stated in tokens. */
export function tokensPerRequest(
  workload: Workload,
  phase: Phase | null,
): { readonly prompt: number; readonly total: number } | null {
  if (workload.content.kind !== 'prompt_tokens') return null;
  const cut = (size: number, limit: number | null | undefined) => Math.min(size, limit ?? size);
  const prompt = cut(meanOf(workload.content.size), phase?.limitTo.promptTokens);
  const answer = workload.maxTokens === null ? (phase?.limitTo.maxTokens ?? 0) : meanOf(workload.maxTokens);
  return { prompt, total: prompt + cut(answer, phase?.limitTo.maxTokens) };
}

/** What the whole plan sends, turns and variants included. Null = cannot be known before the run. */
export interface Plan {
  readonly requests: number | null;
  readonly promptTokens: number | null;
  readonly answerTokens: number | null;
}

export function planOf(scenario: Scenario, shapes: readonly PhaseShape[]): Plan {
  const { workload } = scenario;
  const copies = scenario.variants.length * roundsOf(scenario);
  const turns = workload.turns?.count ?? 1;
  const totals = { requests: 0, prompt: 0, answer: 0 };
  let sized = true;
  for (const { requests, phase } of shapes) {
    if (requests === null) return { requests: null, promptTokens: null, answerTokens: null };
    const size = tokensPerRequest(workload, phase);
    // A replayed row brings sizes of its own.
    if (requests > 0 && (size === null || phase.kind === 'replay')) sized = false;
    const { prompt, answer } = conversation({ turns, prompt: size?.prompt ?? 0, total: size?.total ?? 0 });
    totals.requests += requests * turns * copies;
    totals.prompt += requests * prompt * copies;
    totals.answer += requests * answer * copies;
  }
  return {
    requests: totals.requests,
    promptTokens: sized ? totals.prompt : null,
    answerTokens: sized ? totals.answer : null,
  };
}

/** How often each variant gets the whole traffic. */
function roundsOf({ variants, pairing }: Scenario): number {
  return variants.length > 1 && pairing === 'switchback' ? SWITCHBACK.rounds : 1;
}

/** From the first arrival to the end of the last phase, in milliseconds: variants that take turns do so one after another. */
export function lengthOf(scenario: Scenario, shapes: readonly PhaseShape[]): number {
  const trafficMs = shapes.at(-1)?.endMs ?? 0;
  const rounds = roundsOf(scenario);
  const blocks = rounds === 1 ? 1 : scenario.variants.length * rounds;
  return blocks * trafficMs + (blocks - 1) * SWITCHBACK.restMs;
}

/** Turn t sends t prompts and the t - 1 answers before it. */
function conversation(options: { readonly turns: number; readonly prompt: number; readonly total: number }) {
  const { turns, prompt, total } = options;
  const reply = total - prompt;
  return {
    prompt: (prompt * turns * (turns + 1)) / 2 + (reply * turns * (turns - 1)) / 2,
    answer: reply * turns,
  };
}

export function sumRequests(shapes: readonly PhaseShape[]): number | null {
  let sum = 0;
  for (const shape of shapes) {
    if (shape.requests === null) return null;
    sum += shape.requests;
  }
  return sum;
}

/** Phases a threshold looks at: those of its tag, by label or by kind, else all. */
export function taggedShapes(shapes: readonly PhaseShape[], tag: string | undefined): readonly PhaseShape[] {
  return tag === undefined ? shapes : shapes.filter(({ phase }) => phase.label === tag || phase.kind === tag);
}
