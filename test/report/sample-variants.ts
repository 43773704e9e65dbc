import type { Analysis, ForecastMember } from '../../src/model/analysis.ts';
import { sampleAnalysis } from './sample.ts';

/** Two columns: the same account directly and through a relay that rewords refusals and costs less. */
export function comparisonAnalysis(): Analysis {
  const base = sampleAnalysis();
  const [first] = base.manifest.variants;
  const relay = <T extends { readonly variant: string }>(rows: readonly T[], change: (row: T) => Partial<T>): T[] =>
    rows.flatMap((row) => [
      { ...row, variant: 'direct' },
      { ...row, variant: 'relay', ...change(row) },
    ]);
  return {
    ...base,
    manifest: {
      ...base.manifest,
      variants: [
        { ...first, name: 'direct', quotaGroup: 'direct' },
        { ...first, name: 'relay', quotaGroup: 'relay', targetName: 'apiyi', isSimulator: false, simulator: null },
      ],
    },
    limits: relay(base.limits, (row) => ({ count: row.count * 2, share: row.share * 2 })),
    quota: relay(base.quota, () => ({})),
    recovery: relay(base.recovery, () => ({})),
    errors: relay(base.errors, () => ({ count: 3 })),
    phases: relay(base.phases, () => ({})),
    variants: relay(base.variants, (row) => ({
      answered: 1610,
      availability: { value: 0.838, low: 0.82, high: 0.855, unit: 'share' },
      goodputPerSecond: 8.88,
      attemptsPerRequest: 1,
      modelsAnswered: { 'qwen3-max': 1590, 'qwen-plus': 20 },
      wrongModel: 20,
      relayFacts: { rewritten: 282, kindLost: 8 },
      requests: row.requests,
    })),
    headerFacts: relay(base.headerFacts, () => ({ serverTime: null, networkTime: null, statedTooLong: 0 })),
    series: base.series.flatMap((series) => [series, series]),
    windows: base.windows.flatMap(({ peaks }) => [
      { variant: 'direct', peaks },
      { variant: 'relay', peaks },
    ]),
    histograms: relay(base.histograms, (row) => ({
      percentiles: { ...row.percentiles, p50: (row.percentiles.p50 ?? 0) * 1.3, p95: (row.percentiles.p95 ?? 0) * 1.4 },
    })),
    cost: relay(base.cost, () => ({ totalUsd: 3.1, perThousandAnswersUsd: 1.93 })),
  };
}

const member = (limiter: string, okShare: number, tokens: number): ForecastMember => ({
  limiter,
  seed: 1,
  okShare,
  limitedShare: { tokens, requests: 1 - okShare - tokens },
});

/** The same scenario, simulated against four limiters. */
export function forecastAnalysis(): Analysis {
  const base = sampleAnalysis();
  const members = [
    member('sliding log, 600 per 60 s', 0.918, 0.05),
    member('fixed window (clock), 600 per 60 s', 0.961, 0.02),
    member('sliding counter, 600 per 60 s', 0.924, 0.044),
    member('bucket, 10 credits per 1 s', 0.853, 0.061),
  ] as const;
  return {
    ...base,
    manifest: { ...base.manifest, kind: 'forecast' },
    recovery: [],
    forecast: {
      members,
      range: {
        ok: { low: 0.853, high: 0.961 },
        'limited.tokens': { low: 0.02, high: 0.061 },
        'limited.requests': { low: 0.019, high: 0.086 },
      },
      worst: members[3],
      best: members[1],
    },
  };
}

/** Everything an attacker, a broken relay or a model could put into a text. */
export const HOSTILE =
  '</script><script>alert(1)</script><img src=x onerror=alert(2)>"\'`|*_[x](javascript:alert(3))]]>&amp;&#60;\u2028\u2029\u0000\u001b[2J\u009b31m\u202e\ud800 --> {{x}} =1+1 ,;\r\n# head\n| a | b |\n```\n~~~';

/** Fields whose values are words of the vocabulary or numbers in disguise: no text from outside reaches them. */
const CLOSED = new Set(
  [
    'schemaVersion kind verdict result metric group limit maskedBy origin heals unit aggregate operator language cache role',
    'pairing record exclusive dialect protocol driver window accounting refusals wording rewrites scope resource jitter',
    'policy preset phase createdAt hdr design better',
  ]
    .join(' ')
    .split(' '),
);

/** Replaces every text that is not part of the closed vocabulary, names of records included. */
function poison(value: unknown, key: string): unknown {
  if (typeof value === 'string') return CLOSED.has(key) ? value : HOSTILE;
  if (Array.isArray(value)) return value.map((item) => poison(item, key));
  if (value === null || typeof value !== 'object') return value;
  const open = ['byOutcome', 'notSent', 'modelsAnswered', 'relayFacts', 'range', 'headers', 'limitedShare', 'limited'];
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [open.includes(key) ? `${name}${HOSTILE}` : name, poison(item, name)]),
  );
}

export function hostileAnalysis(base: Analysis = sampleAnalysis()): Analysis {
  const poisoned = poison(base, '') as Analysis;
  return { ...poisoned, manifest: { ...poisoned.manifest, tool: base.manifest.tool } };
}
