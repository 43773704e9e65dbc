import type { QuotaVerdict } from '../model/finding.ts';
import { countText, numberText } from './quota-text.ts';
import { QUOTA_CODES, type QuotaTrace } from './quota-trace.ts';

const SECOND_MS = 1000;
/** The base a step is measured from: the mean rate of the ten seconds before the last one. */
const BASE_MS = 10_000;
/** The call itself counts: below this the rate stood still or fell. */
const LEAST_STEP = 1;

interface Steps {
  readonly refusals: number;
  readonly accepted: number;
  /** Null when the guard refused nothing. */
  readonly refused: number | null;
  readonly offeredMax: number;
  readonly admittedMax: number;
}

/**
 * The growth guard has no published number ("request rate increased too quickly", help.aliyun.com/zh/model-studio/error-code,
 * seen 2026-11-21): it is as documented when it refuses at all, and what is reported is the step it lets pass.
 */
export function growthVerdict(trace: QuotaTrace, variant: string): QuotaVerdict {
  const { refusals, accepted, refused, offeredMax, admittedMax } = stepsOf(trace);
  const largest = `Largest accepted step: ${numberText(accepted)} requests per second above the mean of the 10 s before.`;
  const common = {
    limit: 'burst' as const,
    variant,
    documented: null,
    maskedBy: null,
    binding: false,
    offered: { windowMs: SECOND_MS, max: offeredMax },
    admitted: { windowMs: SECOND_MS, max: admittedMax },
    refusals,
  };
  if (refused === null) {
    const why = `The growth guard refused nothing; the largest step was ${numberText(accepted)} requests per second above the mean of the 10 s before.`;
    return { ...common, result: 'not_reached', estimate: null, evidence: [largest], why };
  }
  const smallest = `Smallest refused step: ${numberText(refused)} requests per second above the mean of the 10 s before.`;
  if (refused < LEAST_STEP) {
    const why = `${countText(refusals, 'request')} were refused for growth, some where nothing grew (a step of ${numberText(refused)} requests per second against the mean of the 10 s before): no threshold explains that. Other traffic on the account, or words that mean something else.`;
    return { ...common, result: 'inconclusive', estimate: null, evidence: [largest, smallest], why };
  }
  const tenth = (value: number) => Math.round(value * 10) / 10;
  const estimate = {
    value: tenth(refused),
    low: tenth(Math.min(accepted, refused - 1)),
    high: tenth(Math.max(accepted, refused + 1)),
    unit: 'requests/s above the trailing mean',
  };
  const why = `The growth guard refused ${countText(refusals, 'request')}: the smallest refused step was ${numberText(refused)} requests per second above the mean of the 10 s before, the largest accepted one ${numberText(accepted)}.`;
  return { ...common, result: 'as_documented', estimate, evidence: [largest, smallest], why };
}

/** A step counts the admitted calls of the last second and this one against the mean rate before that second. */
function stepsOf({ length, sentMs, code }: QuotaTrace): Steps {
  let [base, recent, sent] = [0, 0, 0];
  let [inBase, inSecond] = [0, 0];
  let [accepted, refused, refusals] = [0, Number.POSITIVE_INFINITY, 0];
  let [offeredMax, admittedMax] = [0, 0];
  const isAdmitted = (row: number) => (code[row] === QUOTA_CODES.admitted ? 1 : 0);
  for (let row = 0; row < length; row += 1) {
    const nowMs = sentMs[row] as number;
    for (; (sentMs[recent] as number) + SECOND_MS <= nowMs; recent += 1) {
      inSecond -= isAdmitted(recent);
      inBase += isAdmitted(recent);
    }
    for (; (sentMs[base] as number) + SECOND_MS + BASE_MS <= nowMs; base += 1) inBase -= isAdmitted(base);
    for (; (sentMs[sent] as number) + SECOND_MS <= nowMs; sent += 1);
    const step = inSecond + 1 - (inBase * SECOND_MS) / BASE_MS;
    offeredMax = Math.max(offeredMax, row - sent + 1);
    if (code[row] === QUOTA_CODES.burst) {
      refusals += 1;
      refused = Math.min(refused, step);
    }
    if (code[row] !== QUOTA_CODES.admitted) continue;
    accepted = Math.max(accepted, step);
    inSecond += 1;
    admittedMax = Math.max(admittedMax, inSecond);
  }
  return { refusals, accepted, refused: refusals === 0 ? null : refused, offeredMax, admittedMax };
}
