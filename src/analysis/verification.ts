import type { QuotaVerdict } from '../model/finding.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Judged } from './judged.ts';
import { type QuotaTraceBuilder, quotaTraceBuilder } from './quota-trace.ts';
import { verifyQuota } from './quota-verify.ts';

export interface VerificationFold {
  add(attempt: Judged): void;
  finish(): readonly QuotaVerdict[];
}

/**
 * Attempts a verdict rests on: almost three hours at 600 a minute, in 4 MB. Limits are counted over a minute at most, and judging
 * takes 3 microseconds an attempt, so a day's forecast would be slower to judge than to simulate. What is left out is said.
 */
const TRACE_ROWS_MAX = 100_000;

/**
 * Holds the published limits against what was sent. A quota belongs to an account, so variants that share one are one
 * trace, judged under the name of the first of them. A fallback model has a quota of its own and stays out.
 */
export function quotaGroups(manifest: Manifest): VerificationFold {
  const { scenario, variants } = manifest;
  const traces = new Map<string, QuotaTraceBuilder>();
  for (const { quotaGroup } of variants)
    if (!traces.has(quotaGroup)) traces.set(quotaGroup, quotaTraceBuilder({ rowsMax: TRACE_ROWS_MAX }));
  const builders = variants.map(({ quotaGroup }) => traces.get(quotaGroup));
  const shared = scenario.account.exclusive !== 'yes' && variants.some(({ isSimulator }) => !isSimulator);
  return {
    add(attempt) {
      if (!attempt.left || attempt.sent.model !== variants[attempt.variant]?.model) return;
      const { sent, sentMs, exchange, outcome, stalled } = attempt;
      const { promptTokens, maxTokens } = sent;
      builders[attempt.variant]?.add({ sentMs, promptTokens, maxTokens, exchange, outcome, stalled });
    },
    finish: () =>
      [...traces].flatMap(([group, builder]) => {
        const first = variants.find(({ quotaGroup }) => quotaGroup === group) ?? variants[0];
        const trace = builder.finish({ restMs: scenario.restMs });
        const verdicts = verifyQuota(trace, { quota: first.quota, variant: first.name });
        return shared ? verdicts.map(underTraffic) : verdicts;
      }),
  };
}

/** Who else used the account at the same time is not known: a lower limit may be theirs. */
function underTraffic(verdict: QuotaVerdict): QuotaVerdict {
  return { ...verdict, why: `Under the traffic present: ${verdict.why}` };
}
