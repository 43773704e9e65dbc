import type { Analysis } from '../model/analysis.ts';
import type { Manifest, ManifestVariant } from '../model/manifest.ts';

/** A run shorter than this has seen one part of one day. */
const DAY_MS = 24 * 3_600_000;

/** What a reader has to know before believing the figures, one sentence each. */
export function caveats(
  manifest: Manifest,
  analysis: Pick<Analysis, 'stop' | 'durationMs' | 'cost' | 'unreadableLines'>,
): readonly string[] {
  const { scenario, variants, kind } = manifest;
  const real = variants.filter((variant) => !variant.isSimulator && kind === 'run');
  const found: string[] = [];
  if (kind === 'forecast') {
    const limiter = manifest.forecastLimiter === null ? '' : ` (limiter: ${manifest.forecastLimiter})`;
    found.push(
      `A forecast: nothing was sent. The published numbers leave the algorithm open, and latencies are assumed${limiter}.`,
    );
  }
  const simulated = variants.filter(({ isSimulator }) => isSimulator);
  if (kind === 'run' && simulated.length > 0) {
    found.push(
      `${simulated.map(({ name }) => name).join(', ')}: measured on the embedded simulator; it says nothing about a real account.`,
    );
  }
  if (real.length > 0 && scenario.account.exclusive !== 'yes') {
    found.push(
      'Other traffic on the account is not excluded: the quota is shared by all keys and workspaces of the account, and limits are measured under the traffic present.',
    );
  }
  if (real.length > 0) {
    found.push('Dynamic limits may let more through while capacity is free, and less at another time.');
    if (analysis.durationMs < DAY_MS) found.push('Valid for the time of day and the date of the run only.');
  }
  if (scenario.workload.cache === 'allow') {
    found.push('Prompts were allowed to repeat: cached answers are faster and cheaper, and may count differently.');
  }
  for (const variant of variants) {
    if (variant.waitTimeoutMs !== null) {
      found.push(
        `${variant.name}: the server was asked to queue burst refusals for up to ${variant.waitTimeoutMs / 1000} s, so they show up as latency.`,
      );
    }
    const marked = driverCaveat(variant.driver);
    if (marked !== null) found.push(`${variant.name}: ${marked}`);
    const retried = retriesCaveat(variant);
    if (retried !== null) found.push(`${variant.name}: ${retried}`);
  }
  for (const { variant, estimatedAttempts, totalUsd } of analysis.cost) {
    if (estimatedAttempts > 0)
      found.push(`${variant}: ${estimatedAttempts} attempts reported no usage; their tokens are estimated.`);
    if (totalUsd === null) found.push(`${variant}: the price is unknown, and so is the cost.`);
  }
  if (analysis.stop.kind === 'killed') found.push('The process was killed: what was in flight is counted as lost.');
  if (analysis.stop.kind === 'interrupted') found.push('The run was interrupted: later phases were not measured.');
  if (analysis.stop.kind === 'safety')
    found.push(`A safety limit ended the run early: ${analysis.stop.rule} (${analysis.stop.detail}).`);
  if (analysis.unreadableLines > 0) found.push(`${analysis.unreadableLines} lines of the journal could not be read.`);
  return found;
}

/** What figures of another driver than the default one mean. */
function driverCaveat(driver: ManifestVariant['driver']): string | null {
  switch (driver) {
    case 'openai':
      return 'sent through the OpenAI SDK: tokens are stamped where an application gets them, so first-token and inter-token times contain the work of the SDK.';
    case 'autocannon':
      return 'sent by autocannon in a closed loop: completed + unanswered = sent, no first-token times. It opens its sockets itself when a phase begins, so none is warm: the set-up of a connection is in the response time of its first request, is counted apart as handshake, and is not in the service time.';
    case 'undici':
    case 'simulated':
      return null;
    default:
      return driver satisfies never;
  }
}

/** Figures of a client that retries by itself are figures of the client too. */
function retriesCaveat({ driver, sdkRetries = 0 }: ManifestVariant): string | null {
  if (sdkRetries === 0) return null;
  const most = `up to ${sdkRetries} ${sdkRetries === 1 ? 'retry' : 'retries'} a request`;
  const waits = 'after 0.5 s, doubled each time up to 8 s, or what Retry-After says';
  return driver === 'simulated'
    ? `the OpenAI SDK's own retries (${most}, ${waits}) are modelled after its source; each is an attempt of its own.`
    : `figures are those of the OpenAI SDK with its own retries (${most}, ${waits}): each is an attempt of its own here, the plan does not hold them, and no tactic decides on them.`;
}
