import { PRICE_MAX_INPUT_TOKENS } from '../catalog/prices.ts';
import { journalBytes } from '../model/journal-size.ts';
import type { Problem } from '../model/problem.ts';
import type { Threshold } from '../model/threshold.ts';
import { type LintInput, lengthOf, planOf, sumRequests, taggedShapes, tokensPerRequest } from './lint-shape.ts';

/** Doubts about the plan as a whole: caps, sample sizes, windows, timeouts. */
export function lintPlan(input: LintInput): readonly Problem[] {
  return [
    ...burstsOverInFlight(input),
    ...capsBelowPlan(input),
    ...timeoutsBelowWait(input),
    ...longPrompts(input),
    ...mixedWithSimulator(input),
    ...input.scenario.thresholds.flatMap((threshold) => [
      ...tooFewSamples(input, threshold),
      ...windowTooLong(input, threshold),
      ...stopsOnExpected(input, threshold),
    ]),
  ];
}

const warning = (
  code: string,
  options: { readonly message: string; readonly hint: string; readonly where: Problem['where'] },
): Problem => ({ code, severity: 'warning', ...options });

function burstsOverInFlight({ scenario, shapes, source }: LintInput): readonly Problem[] {
  const cap = scenario.safety.maxInFlight;
  return shapes.flatMap(({ phase, index }) => {
    const size = phase.kind === 'burst' ? phase.requests : phase.kind === 'closed' ? phase.concurrency : 0;
    if (size <= cap) return [];
    const message = `${size} requests at once cannot all be in flight: safety.maxInFlight is ${cap}`;
    const hint = `set safety.maxInFlight to ${size} or more`;
    const where = source.valueAt(['traffic', index, phase.kind]);
    return [warning('burst-over-in-flight', { message, hint, where })];
  });
}

function capsBelowPlan({ scenario, shapes, source }: LintInput): readonly Problem[] {
  const { safety, variants } = scenario;
  const { requests, promptTokens, answerTokens } = planOf(scenario, shapes);
  const isSized = promptTokens !== null && answerTokens !== null;
  const tokens = isSized ? promptTokens + answerTokens : null;
  const price = variants[0].target.price;
  const costUsd =
    isSized && price !== null
      ? (promptTokens * price.inputUsdPerMillion + answerTokens * price.outputUsdPerMillion) / 1e6
      : null;
  const caps = [
    { key: 'maxRequests', cap: safety.maxRequests, plan: requests, show: (value: number) => `${value} requests` },
    { key: 'maxTokens', cap: safety.maxTokens, plan: tokens, show: (value: number) => `${Math.round(value)} tokens` },
    { key: 'maxCost', cap: safety.maxCostUsd, plan: costUsd, show: (value: number) => `$${value.toFixed(2)}` },
    {
      key: 'maxDuration',
      cap: safety.maxDurationMs,
      plan: lengthOf(scenario, shapes),
      show: (value: number) => `${Math.round(value / 1000)}s`,
    },
    {
      key: 'maxJournalBytes',
      cap: safety.maxJournalBytes,
      plan: journalPlan(scenario, { requests, answerTokens, endMs: shapes.at(-1)?.endMs ?? 0 }),
      show: (value: number) => `${Number((value / 1e6).toPrecision(3))} MB`,
    },
  ];
  return caps.flatMap(({ key, cap, plan, show }) => {
    if (cap === null || plan === null || plan <= cap) return [];
    const message = `the plan needs about ${show(plan)}, the cap is ${show(cap)}: the run will stop early`;
    const where = source.valueAt(['safety', key]);
    return [warning('cap-below-plan', { message, hint: `raise safety.${key}, or shorten the traffic`, where })];
  });
}

/** Bytes of the journal of the whole plan; null where its requests cannot be counted. */
function journalPlan(
  { record, workload }: LintInput['scenario'],
  plan: { readonly requests: number | null; readonly answerTokens: number | null; readonly endMs: number },
): number | null {
  const { requests, endMs } = plan;
  if (requests === null) return null;
  const answerTokens = plan.answerTokens === null || requests === 0 ? null : plan.answerTokens / requests;
  return journalBytes({ attempts: requests, durationMs: endMs, answerTokens, record, stream: workload.stream });
}

/** One of two variables set: the other column is still simulated. */
function mixedWithSimulator({ scenario, source }: LintInput): readonly Problem[] {
  const { variants, references = [] } = scenario;
  const simulated = variants.filter(({ target }) => target.isSimulator);
  if (simulated.length === 0 || simulated.length === variants.length) return [];
  const real = variants.find(({ target }) => !target.isSimulator);
  const names = simulated.map(({ name }) => name);
  const unset = references.find(({ at, isSet }) => !isSet && names.some((name) => at === `variants.${name}.target`));
  const message = `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} simulated and ${real?.name} is not: their difference says nothing about either`;
  const hint = unset === undefined ? 'give every variant a real target, or none' : `set ${unset.name} too`;
  return [warning('mixed-with-simulator', { message, hint, where: source.keyAt(['variants', names[0] ?? '']) })];
}

function timeoutsBelowWait({ scenario, source }: LintInput): readonly Problem[] {
  const waits = scenario.variants.flatMap(({ target }) => target.waitTimeoutMs ?? []);
  const longest = Math.max(0, ...waits);
  if (longest === 0 || scenario.timeouts.firstByteMs > longest) return [];
  const message = `the server may hold a request for ${longest / 1000}s, the client gives up no later than that`;
  const hint = `set timeouts.firstByte above ${longest / 1000}s`;
  return [warning('timeout-below-wait', { message, hint, where: source.valueAt(['timeouts', 'firstByte']) })];
}

/** List prices hold up to an input length; above it they are higher, and the estimate too low. */
function longPrompts({ scenario, shapes, source }: LintInput): readonly Problem[] {
  const turns = scenario.workload.turns?.count ?? 1;
  const listed = scenario.variants.some(({ target }) => target.price !== null && target.price.source !== 'scenario');
  const longest = Math.max(
    0,
    ...shapes.map(({ phase }) => {
      const size = tokensPerRequest(scenario.workload, phase);
      return size === null ? 0 : size.prompt * turns + (size.total - size.prompt) * (turns - 1);
    }),
  );
  if (!listed || longest <= PRICE_MAX_INPUT_TOKENS) return [];
  const message = `prompts of about ${Math.round(longest)} tokens cost more than the list price, which holds up to ${PRICE_MAX_INPUT_TOKENS}`;
  const hint = 'state price: { input: $…, output: $… } of the target for this length';
  return [warning('price-range', { message, hint, where: source.valueAt(['workload', 'promptTokens']) })];
}

/** A percentile p is blank under 5 / (1 - p) samples. */
function tooFewSamples({ scenario, shapes }: LintInput, threshold: Threshold): readonly Problem[] {
  const percent = /^p(\d+(?:\.\d+)?)$/.exec(threshold.aggregate ?? '')?.[1];
  if (percent === undefined || threshold.metric.startsWith('recovery')) return [];
  const needed = Math.ceil(5 / (1 - Number(percent) / 100) - 1e-9);
  const tagged = taggedShapes(shapes, threshold.tags.phase);
  const whole = sumRequests(tagged);
  if (whole === null) return [];
  const { overMs } = threshold;
  const stretchMs = tagged.reduce((sum, shape) => sum + shape.endMs - shape.startMs, 0);
  const inWindow = overMs === null || stretchMs === 0 ? whole : Math.min(whole, (whole * overMs) / stretchMs);
  const samples = Math.floor(inWindow * (scenario.workload.turns?.count ?? 1));
  if (samples >= needed) return [];
  const message = `${threshold.aggregate} needs ${needed} samples and about ${samples} are planned: it will be inconclusive`;
  const hint = 'send more requests, or ask for a lower percentile';
  return [warning('too-few-samples', { message, hint, where: threshold.where })];
}

function windowTooLong({ shapes }: LintInput, threshold: Threshold): readonly Problem[] {
  const { overMs, where } = threshold;
  if (overMs === null) return [];
  const tagged = taggedShapes(shapes, threshold.tags.phase);
  let longest = 0;
  let start: number | null = null;
  for (const [position, shape] of tagged.entries()) {
    const follows = position > 0 && tagged[position - 1]?.index === shape.index - 1;
    if (!follows || start === null) start = shape.startMs;
    longest = Math.max(longest, shape.endMs - start);
  }
  if (longest >= overMs) return [];
  const message = `no ${overMs / 1000}s window lies inside the phases: the longest stretch is ${longest / 1000}s`;
  return [warning('window-too-long', { message, hint: 'shorten the window, or lengthen the phase', where })];
}

/** `limited.free_quota.count >= 1` with free_quota in stopOn: the first one ends the run. */
function stopsOnExpected({ scenario }: LintInput, threshold: Threshold): readonly Problem[] {
  const kind = /^(?:limited|errors)\.(.+)$/.exec(threshold.metric)?.[1];
  const expects = threshold.operator === '>=' || threshold.operator === '>';
  if (kind === undefined || !expects || !scenario.safety.stopOn.includes(kind)) return [];
  const message = `${kind} is expected here, but the first one stops the run`;
  const hint = `leave ${kind} out of safety.stopOn`;
  return [warning('stop-on-expected', { message, hint, where: threshold.where })];
}
