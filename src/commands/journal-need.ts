import { journalBytes } from '../model/journal-size.ts';
import type { Scenario } from '../model/scenario.ts';
import { workloadBounds } from '../workload/bounds.ts';
import { plannedCount, trafficOf } from './traffic.ts';

/**
 * Bytes that the journal of this plan may take: every planned request once, no more than the caps allow. Closed phases
 * count for nothing, because how often they ask follows from the answers.
 */
export function journalNeedBytes(scenario: Scenario): number {
  const { safety, workload, record } = scenario;
  const traffic = trafficOf(scenario);
  const planned = plannedCount(traffic) * (workload.turns?.count ?? 1);
  const bounds = workloadBounds(workload, { promptTokens: null, maxTokens: null });
  const need = journalBytes({
    attempts: Math.min(planned, safety.maxRequests ?? planned),
    durationMs: Math.min(traffic.endMs, safety.maxDurationMs ?? traffic.endMs),
    answerTokens: bounds.maxTokens?.mean ?? null,
    record,
    stream: workload.stream,
  });
  return Math.min(need, safety.maxJournalBytes ?? need);
}
