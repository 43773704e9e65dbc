import type { Analysis } from '../../model/analysis.ts';
import type { ManifestVariant } from '../../model/manifest.ts';
import type { TacticSpec } from '../../model/scenario.ts';
import { formatMs, formatNumber, formatUsd, formatUtc } from '../format.ts';
import { METRIC_ORDER, METRIC_WORDS } from '../words.ts';
import { type Block, code, facts, heading, type Section, text } from './blocks.ts';

const EXCLUSIVE_WORDS = {
  yes: 'declared exclusive',
  no: 'declared shared: verdicts hold under the traffic present',
  unknown: 'unknown: verdicts hold under the traffic present',
} as const;

function tacticsText(tactics: readonly TacticSpec[], sdkRetries: number): string {
  if (tactics.length > 0) return tactics.map((tactic) => tactic.kind).join(', then ');
  return sdkRetries > 0 ? 'none' : 'none: every attempt is a request of its own';
}

function quotaText({ quota }: ManifestVariant): string {
  const entries: readonly (readonly [string, number | null])[] = [
    ['RPS', quota.rps],
    ['RPM', quota.rpm],
    ['TPS', quota.tps],
    ['TPM', quota.tpm],
    ['concurrency', quota.concurrency],
    ['free tokens', quota.freeTokens],
  ];
  const stated = entries.flatMap(([name, value]) => (value === null ? [] : [`${name} ${formatNumber(value)}`]));
  const seen = quota.seenOn === null ? '' : `, seen ${quota.seenOn}`;
  return stated.length === 0 ? 'none stated' : `${stated.join(', ')} (${quota.source}${seen})`;
}

function priceText({ price }: ManifestVariant): string {
  if (price === null) return 'unknown';
  const seen = price.seenOn === null ? '' : `, seen ${price.seenOn}`;
  return `${formatUsd(price.inputUsdPerMillion)} in, ${formatUsd(price.outputUsdPerMillion)} out per million tokens (${price.source}${seen})`;
}

function variantFacts(analysis: Analysis, variant: ManifestVariant): Block[] {
  const summary = analysis.variants.find((entry) => entry.variant === variant.name);
  const ratio = summary?.promptTokenRatio ?? null;
  const { sdkRetries = 0 } = variant;
  const models = Object.keys(summary?.modelsAnswered ?? {}).sort();
  const relay = Object.entries(summary?.relayFacts ?? {}).sort(([left], [right]) => (left < right ? -1 : 1));
  return [
    ...(analysis.manifest.variants.length > 1 ? [heading(variant.name)] : []),
    facts([
      [
        'Target',
        `${variant.targetName}${variant.isSimulator && variant.targetName !== 'simulator' ? ' (simulator)' : ''}`,
      ],
      ['Base URL', variant.baseUrl === null ? null : code(variant.baseUrl)],
      ['Model', models.length === 0 ? variant.model : `${variant.model}; answered as ${models.join(', ')}`],
      ['Dialect, driver', `${variant.dialect}, ${variant.driver} over ${variant.protocol}`],
      ['Keys', variant.keyAliases.length === 0 ? 'none needed' : variant.keyAliases.join(', ')],
      ['Extra headers', variant.headerNames.length === 0 ? null : variant.headerNames.join(', ')],
      [
        'X-DashScope-Wait-Timeout',
        variant.waitTimeoutMs === null
          ? null
          : `${formatMs(variant.waitTimeoutMs)}: burst refusals become waiting time`,
      ],
      ['Tactic', tacticsText(variant.tactics, sdkRetries)],
      [
        'Retries by the SDK itself',
        sdkRetries === 0 ? null : `up to ${formatNumber(sdkRetries)} a request, each an attempt of its own`,
      ],
      ['Documented quota', quotaText(variant)],
      ['Price', priceText(variant)],
      ['Tokens reported ÷ estimated', ratio === null ? null : formatNumber(ratio, 3)],
      [
        'Told by the relay',
        relay.length === 0 ? null : relay.map(([name, value]) => `${name} ${formatNumber(value, 2)}`).join(', '),
      ],
    ]),
  ];
}

export function environmentSection(analysis: Analysis): Section {
  const { manifest } = analysis;
  const { account } = manifest.scenario;
  const { environment, tool } = manifest;
  return {
    id: 'environment',
    title: 'Environment',
    blocks: [
      facts([
        ['Run', code(manifest.runId)],
        ['Start, end (UTC)', `${formatUtc(manifest.t0WallMs)}, ${formatUtc(manifest.t0WallMs + analysis.durationMs)}`],
        ['Rest before start', manifest.scenario.restMs === 0 ? 'none' : formatMs(manifest.scenario.restMs)],
        ['Region, workspace', `${account.region}, ${account.workspace}`],
        ['Other traffic on the account', EXCLUSIVE_WORDS[account.exclusive]],
        ['Scenario', `${manifest.scenarioFile ?? manifest.scenario.name}, seed ${manifest.seed}`],
        ['Scenario SHA-256', code(manifest.scenarioHash)],
        ...(manifest.scenario.references ?? []).map(({ name, at, isSet, value }): [string, string] => [
          name,
          isSet ? `sets ${at}: ${value ?? 'a map, resolved below'}` : `not set: ${at} as the file says`,
        ]),
        ['Tool', `${tool.name} ${tool.version}${tool.git === null ? '' : `, git ${tool.git}`}`],
        ['Machine', `Node.js ${environment.node}, ${environment.platform}, ${formatNumber(environment.cpus)} CPUs`],
        ['Proxy', environment.proxy ?? 'none'],
        ['Late tolerance', formatMs(manifest.lateToleranceMs)],
      ]),
      ...manifest.variants.flatMap((variant) => variantFacts(analysis, variant)),
    ],
  };
}

export const caveatsSection = ({ caveats }: Analysis): Section => ({
  id: 'caveats',
  title: 'Caveats',
  blocks: caveats.length === 0 ? [] : [{ kind: 'list', items: caveats }],
});

/** Definitions of everything printed above that a reader could understand in two ways. */
const DEFINITIONS: readonly (readonly [string, string])[] = [
  ['Attempt', 'one exchange on the wire; a retry is a further attempt of the same request.'],
  ['Conservation', 'planned = sent + not sent; sent = finished + cancelled + lost (in flight when the process died).'],
  [
    'Limited',
    'refused because a limit was reached, whatever the HTTP status; also an error frame inside a 200 stream.',
  ],
  ['Share', 'count ÷ sent attempts of the variant; its interval respects that refusals come in runs.'],
  [
    'Rate at onset',
    'sends and prompt tokens in the 1, 10, 60 s before the first refusal of an episode; median over episodes.',
  ],
  [
    'Recovery',
    'first refusal of an episode to the first admission that no refusal of that kind follows for one window; only in rest-and-poll stretches.',
  ],
  ['Offered rate', 'sent attempts ÷ time.'],
  ['Admitted rate', 'attempts not refused by a limit ÷ time.'],
  ['Goodput', 'answered requests ÷ time, counted over all attempted requests.'],
  ['Availability', 'answered requests ÷ attempted requests.'],
  [
    'Most in any window',
    'the largest count in any sliding window of that length, by the time bytes were handed to the socket.',
  ],
  ['Headroom', 'measured limit ÷ the most planned in its window; below 1 the plan does not fit.'],
  ['Masked', 'another limit refused first, so this one could not show itself.'],
  ['Not reached', 'admitted throughout, but never offered enough to decide.'],
  ['Within plan', 'sent ≤ planned + what the late tolerance allows: the generator never exceeded its own plan.'],
];

export function methodSection(analysis: Analysis): Section {
  const retriesAlone = analysis.manifest.variants.some(({ sdkRetries = 0 }) => sdkRetries > 0);
  const used = METRIC_ORDER.filter((metric) => analysis.histograms.some((entry) => entry.metric === metric));
  return {
    id: 'method',
    title: 'Method',
    blocks: [
      text(
        `Arrivals follow the plan whatever the answers take (open model) unless a phase says closed; an arrival later than the tolerance is skipped and counted, never caught up. Nothing retries unless a tactic says so${retriesAlone ? ', or the OpenAI SDK where its own retries are on' : ''}. Intervals are 95 %.`,
      ),
      facts([
        ...used.map((metric): [string, string] => [METRIC_WORDS[metric].name, METRIC_WORDS[metric].definition]),
        ...DEFINITIONS,
      ]),
    ],
  };
}

/** A word a POSIX shell takes as it is, else quoted. */
const shellWord = (word: string): string =>
  /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

export function repeatSection({ manifest, comparison }: Analysis): Section {
  const tables = comparison === null ? 'series.csv and limits.csv' : 'series.csv, limits.csv and comparison.csv';
  const file = shellWord(manifest.scenarioFile ?? 'scenario.yaml');
  const variables = [...new Map((manifest.scenario.references ?? []).map((each) => [each.name, each])).values()]
    .filter(({ isSet }) => isSet)
    .map(({ name, value }) => `${name}=${value === null ? "'{ … }'" : shellWord(value)} `)
    .join('');
  const limiter = manifest.forecastLimiter === null ? '' : ` --limiter ${shellWord(manifest.forecastLimiter)}`;
  return {
    id: 'repeat',
    title: 'How to repeat',
    blocks: [
      { kind: 'code', text: `${variables}quotascope ${manifest.kind} ${file} --seed ${manifest.seed}${limiter}` },
      text(
        `The same scenario and seed give the same arrivals and requests, byte for byte. findings.json holds every figure of this report, ${tables} the tables, latency.hlog the histograms, journal.ndjson every attempt.`,
        'note',
      ),
    ],
  };
}
