import type { LatencyHistogram } from '../model/analysis.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Manifest } from '../model/manifest.ts';
import { DurationHistogram, recordGaps } from './histogram.ts';
import type { Judged, LatencyGroup } from './judged.ts';

type Metric = LatencyHistogram['metric'];

/** What is kept per group of outcomes. Lag is the generator's own and is kept over all attempts. */
const METRICS = [
  'service',
  'response',
  'ttft',
  'answer_ttft',
  'itl',
  'tpot',
  'queued',
  'handshake',
  'headers',
] as const;
/** What is also kept per phase: the metrics a reader compares between phases. */
const PHASE_METRICS = ['service', 'ttft'] as const;
const GROUPS = ['admitted', 'refused', 'failed'] as const satisfies readonly LatencyGroup[];

type MetricSet = Record<(typeof METRICS)[number], DurationHistogram>;
type PhaseSet = Record<(typeof PHASE_METRICS)[number], DurationHistogram>;

/** (finished - first token) / (N - 1), as vLLM's serve.py defines it; null below two tokens or without usage. */
export function tpotMs(exchange: Exchange): number | null {
  const { usage, firstTokenMs, finishedMs } = exchange;
  if (usage === null || firstTokenMs === null || usage.completionTokens < 2) return null;
  return (finishedMs - firstTokenMs) / (usage.completionTokens - 1);
}

export interface LatencyFold {
  add(attempt: Judged): void;
  /** Lag of every attempt of every variant. */
  lag(): DurationHistogram;
  finish(): readonly LatencyHistogram[];
}

/** Latency of admitted, refused and failed attempts, never mixed. Stalled attempts measure us, not the endpoint. */
export function latency(manifest: Manifest): LatencyFold {
  const labels = [...new Set(manifest.phases.map((phase) => phase.label))];
  const labelOfPhase = manifest.phases.map((phase) => labels.indexOf(phase.label));
  const lags = manifest.variants.map(() => new DurationHistogram());
  const whole: (MetricSet | undefined)[] = [];
  const perPhase: (PhaseSet | undefined)[] = [];

  const wholeSet = (index: number): MetricSet => {
    const set = Object.fromEntries(METRICS.map((metric) => [metric, new DurationHistogram()])) as MetricSet;
    whole[index] = set;
    return set;
  };
  const phaseSet = (index: number): PhaseSet => {
    const set = { service: new DurationHistogram(), ttft: new DurationHistogram() };
    perPhase[index] = set;
    return set;
  };
  const phaseHistograms = (variant: string, index: number, group: LatencyHistogram['group']) =>
    labels.flatMap((phase, label) =>
      PHASE_METRICS.flatMap((metric): LatencyHistogram[] => {
        const histogram = perPhase[index * labels.length + label]?.[metric];
        if (histogram === undefined || histogram.count === 0) return [];
        return [{ metric, group, variant, phase, percentiles: histogram.percentiles(), curve: [], hdr: null }];
      }),
    );

  return {
    add(attempt) {
      const { exchange, sentMs, sent } = attempt;
      lags[attempt.variant]?.record(Math.max(0, sentMs - sent.dueMs));
      if (attempt.stalled || exchange === null || attempt.group === 'none') return;
      const index = attempt.variant * GROUPS.length + GROUPS.indexOf(attempt.group);
      const phaseIndex = index * labels.length + (labelOfPhase[attempt.phase] ?? 0);
      recordWhole(whole[index] ?? wholeSet(index), exchange, sentMs, sent.arrival.scheduledMs);
      const part = perPhase[phaseIndex] ?? phaseSet(phaseIndex);
      part.service.record(exchange.finishedMs - sentMs);
      if (exchange.firstTokenMs !== null) part.ttft.record(exchange.firstTokenMs - sentMs);
    },
    lag() {
      const all = new DurationHistogram();
      for (const each of lags) all.merge(each);
      return all;
    },
    finish: () =>
      manifest.variants.flatMap(({ name }, variant) => {
        const own = lags[variant];
        const lag = own === undefined || own.count === 0 ? [] : [wholeRun('lag', 'all', name, own)];
        const groups = GROUPS.flatMap((group, groupIndex) => {
          const index = variant * GROUPS.length + groupIndex;
          const set = whole[index];
          if (set === undefined) return [];
          const found = METRICS.filter((metric) => set[metric].count > 0);
          return [
            ...found.map((metric) => wholeRun(metric, group, name, set[metric])),
            ...phaseHistograms(name, index, group),
          ];
        });
        return [...groups, ...lag];
      }),
  };
}

function recordWhole(set: MetricSet, exchange: Exchange, sentMs: number, scheduledMs: number): void {
  set.service.record(exchange.finishedMs - sentMs);
  set.response.record(exchange.finishedMs - scheduledMs);
  set.queued.record(exchange.queuedMs);
  if (exchange.headersMs !== null) set.headers.record(exchange.headersMs - sentMs);
  const handshakeMs = exchange.connection === null ? null : exchange.connection.handshakeMs;
  if (handshakeMs !== null) set.handshake.record(handshakeMs);
  if (exchange.firstTokenMs !== null) set.ttft.record(exchange.firstTokenMs - sentMs);
  if (exchange.firstAnswerTokenMs !== null) set.answer_ttft.record(exchange.firstAnswerTokenMs - sentMs);
  if (exchange.gaps !== null && exchange.gaps.count > 0) recordGaps(set.itl, exchange.gaps);
  const perTokenMs = tpotMs(exchange);
  if (perTokenMs !== null) set.tpot.record(perTokenMs);
}

function wholeRun(
  metric: Metric,
  group: LatencyHistogram['group'],
  variant: string,
  histogram: DurationHistogram,
): LatencyHistogram {
  return {
    metric,
    group,
    variant,
    phase: null,
    percentiles: histogram.percentiles(),
    curve: histogram.curve(),
    hdr: histogram.toHdr(),
  };
}
