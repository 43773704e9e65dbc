import type { VariantSummary } from '../model/analysis.ts';
import type { Exchange } from '../model/exchange.ts';
import type { ManifestVariant } from '../model/manifest.ts';
import { serverTimes } from '../outcomes/server-times.ts';
import { DurationHistogram } from './histogram.ts';
import { isOwnFailure, type Judged } from './judged.ts';
import { isSameModel } from './same-model.ts';
import { runShare } from './share.ts';

export interface VariantFold {
  /** A request whose first attempt was planned and never left. */
  notSent(attemptNo: number): void;
  add(attempt: Judged): void;
  sent(): number;
  answered(): number;
  finish(durationMs: number): VariantSummary;
}

/** Answers that came after retries of the relay itself carry one of these; read only then, most answers have neither. */
const RETRY_HEADERS = ['x-portkey-retry-attempt-count', 'x-litellm-attempted-retries'];

const increment = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
const perSecond = (count: number, durationMs: number) => (durationMs <= 0 ? 0 : count / (durationMs / 1000));
const sorted = (counts: Map<string, number>) =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));

/** One variant over the whole run, per request as well as per attempt. */
export function variantFold(variant: ManifestVariant): VariantFold {
  const keys = variant.keyAliases.map((alias) => ({ alias, sent: 0, limited: 0 }));
  const models = new Map<string, number>();
  const facts = new Map<string, number>();
  const addedDelay = new DurationHistogram();
  const answered = runShare();
  const firstTry = runShare();
  let requests = 0;
  let attempted = 0;
  let attempts = 0;
  let admitted = 0;
  let truncated = 0;
  let wrongModel = 0;
  let estimatedPrompt = 0;
  let reportedPrompt = 0;

  const addStated = (headers: Exchange['headers']) => {
    if (RETRY_HEADERS.some((name) => name in headers) && (serverTimes(headers).hiddenRetries ?? 0) !== 0) {
      increment(facts, 'hiddenRetries');
    }
  };
  const addFacts = ({ outcome, exchange }: Judged) => {
    if (exchange !== null) addStated(exchange.headers);
    if (outcome.kind !== 'limited') return;
    if (outcome.retryAfterMs !== null) increment(facts, 'retryAfter');
    if (outcome.origin === 'relay') increment(facts, 'refusedByRelay');
    if (outcome.rewrittenBy !== null) increment(facts, 'rewritten');
    if (outcome.rewrittenBy !== null && outcome.limit === 'unknown') increment(facts, 'kindLost');
    if (outcome.hops !== null) increment(facts, `hops.${outcome.hops}`);
  };
  const addAnswer = ({ exchange, sent }: Judged) => {
    if (exchange === null) return;
    if (exchange.reportedModel !== null) {
      increment(models, exchange.reportedModel);
      if (!isSameModel(sent.model, exchange.reportedModel)) wrongModel += 1;
    }
    if (exchange.usage !== null && sent.promptTokens > 0) {
      estimatedPrompt += sent.promptTokens;
      reportedPrompt += exchange.usage.promptTokens;
    }
  };

  return {
    notSent(attemptNo) {
      if (attemptNo === 1) requests += 1;
    },
    sent: () => attempts,
    answered: () => answered.count(),
    add(attempt) {
      const { outcome, sent } = attempt;
      const ok = outcome.kind === 'ok';
      attempts += 1;
      if (attempt.admitted) admitted += 1;
      if (outcome.kind === 'truncated') truncated += 1;
      if (sent.attemptNo === 1) {
        requests += 1;
        attempted += 1;
        if (!isOwnFailure(outcome)) firstTry.add(ok);
      }
      if (attempt.final && !isOwnFailure(outcome)) answered.add(ok);
      if (ok && attempt.final) addedDelay.record(Math.max(0, attempt.sentMs - sent.arrival.scheduledMs));
      const key = keys[sent.keyIndex];
      if (key !== undefined) {
        key.sent += 1;
        if (outcome.kind === 'limited') key.limited += 1;
      }
      addFacts(attempt);
      addAnswer(attempt);
    },
    finish: (durationMs) => ({
      variant: variant.name,
      requests,
      attempts,
      answered: answered.count(),
      availability: answered.estimate(),
      offeredPerSecond: perSecond(attempts, durationMs),
      admittedPerSecond: perSecond(admitted, durationMs),
      goodputPerSecond: perSecond(answered.count(), durationMs),
      firstTrySuccess: firstTry.estimate(),
      attemptsPerRequest: attempted === 0 ? null : attempts / attempted,
      addedDelayMs: addedDelay.percentiles(),
      truncated,
      wrongModel,
      modelsAnswered: sorted(models),
      keyAttempts: keys,
      promptTokenRatio: estimatedPrompt === 0 ? null : reportedPrompt / estimatedPrompt,
      relayFacts: sorted(facts),
    }),
  };
}
