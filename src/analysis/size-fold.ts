import type { GeneratorHealth } from '../model/analysis.ts';
import type { Finding } from '../model/finding.ts';
import type { JournalRecord } from '../model/journal.ts';
import type { Manifest } from '../model/manifest.ts';
import { enoughForQuantile, quantile, sortedCopy } from '../stats/quantiles.ts';
import { cost, isBilled } from './cost.ts';
import { dueOrder } from './due-order.ts';
import { isOwnFault } from './health.ts';
import { NO_SAMPLES } from './histogram.ts';
import type { Judged } from './judged.ts';
import { pairing, writtenAtMs } from './pairing.ts';
import { stalls } from './stalls.ts';
import { thresholds } from './thresholds.ts';

/** What sizing asks of one simulated run: the scenario's rules, and what the traffic took. One variant. */
export interface Trial {
  readonly rules: readonly Finding[];
  readonly requests: number;
  readonly answered: number;
  readonly attempts: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly refusedPromptTokens: number;
  readonly otherModel: boolean;
  /** Null with fewer than 100 answers. */
  readonly addedDelayP95Ms: number | null;
}

export interface TrialFold {
  add(record: JournalRecord): void;
  finish(): Trial;
}

export interface TrialOptions {
  readonly manifest: Manifest;
  /** Called for every attempt in the order of sending. */
  readonly onAttempt?: (attempt: Judged) => void;
}

/**
 * The part of the analysis that sizing needs, over and over: the thresholds, without histograms, series and quota
 * verification. Rules about those (`quota.*`, `recovery`) come out inconclusive: a simulated limit cannot verify a real one.
 */
export function trialFold({ manifest, onAttempt }: TrialOptions): TrialFold {
  const rules = thresholds(manifest);
  const spent = cost(manifest.variants[0]);
  const { model } = manifest.variants[0];
  const sums = { requests: 0, answered: 0, attempts: 0, prompt: 0, completion: 0, refusedPrompt: 0, notSent: 0 };
  const delays: number[] = [];
  let otherModel = false;
  let endMs = 0;

  const due = dueOrder((each, atMs) => rules.planned(each, atMs));
  const take = (attempt: Judged) => {
    rules.add(attempt);
    spent.add(attempt);
    onAttempt?.(attempt);
    if (attempt.finishedMs !== null && attempt.finishedMs > endMs) endMs = attempt.finishedMs;
    sums.attempts += 1;
    if (isBilled(attempt)) {
      sums.prompt += attempt.promptTokens;
      sums.completion += attempt.completionTokens;
      if (attempt.sent.model !== model) otherModel = true;
    } else if (attempt.outcome.kind === 'limited') sums.refusedPrompt += attempt.promptTokens;
    if (!attempt.final) return;
    sums.requests += 1;
    if (attempt.outcome.kind !== 'ok') return;
    sums.answered += 1;
    delays.push(Math.max(0, attempt.sentMs - attempt.sent.arrival.scheduledMs));
  };
  const pairs = pairing({ stalls: stalls(), judge: (end) => end.outcome, onJudged: take });
  const planned = (arrival: { readonly variantIndex: number; readonly phaseIndex: number }, dueMs: number) => ({
    dueMs,
    variant: arrival.variantIndex,
    phase: arrival.phaseIndex,
    promptTokens: 0,
    maxTokens: 0,
  });

  return {
    add(record) {
      if (record.type === 'sent') {
        due.add({ ...planned(record.arrival, record.dueMs), sent: true, skipped: false });
        pairs.sent(record);
      } else if (record.type === 'end') pairs.end(record);
      else if (record.type === 'not_sent') {
        if (record.attemptNo === 1) sums.notSent += 1;
        due.add({ ...planned(record.arrival, record.dueMs), sent: false, skipped: isOwnFault(record.reason) });
      }
      const atMs = writtenAtMs(record);
      if (atMs === null) return;
      if (atMs > endMs) endMs = atMs;
      pairs.reached(atMs);
      due.reached(atMs);
    },
    finish() {
      pairs.flush();
      due.flush();
      const { answered } = sums;
      const costs = [spent.finish({ durationMs: endMs, answered })];
      return {
        rules: rules.finish({ endMs, health: VIRTUAL_HEALTH, recovery: [], quota: [], cost: costs }),
        requests: sums.requests + sums.notSent,
        answered,
        attempts: sums.attempts,
        promptTokens: sums.prompt,
        completionTokens: sums.completion,
        refusedPromptTokens: sums.refusedPrompt,
        otherModel,
        addedDelayP95Ms: enoughForQuantile(answered, 0.95) ? quantile(sortedCopy(delays), 0.95) : null,
      };
    },
  };
}

/** Virtual time neither lags nor stalls. What the in-flight cap left out, the rules see for themselves. */
const VIRTUAL_HEALTH: GeneratorHealth = {
  verdict: 'valid',
  reasons: [],
  lag: NO_SAMPLES,
  skippedLate: 0,
  skippedInFlightCap: 0,
  inFlightMax: 0,
  loopDelayMaxMs: 0,
  cpuShareMean: 0,
  cpuShareMax: 0,
  gcPauseMaxMs: 0,
  rssMaxBytes: 0,
  socketsOpened: 0,
  socketsReusedShare: null,
  stalls: 0,
  stalledAttempts: 0,
  wallClockDriftMs: null,
  wallClockSteps: 0,
};
