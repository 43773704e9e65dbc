import type { Quota, QuotaSet } from '../model/quota.ts';

/** One published row: limits of one model in one region, per root account (all keys and workspaces add up). */
export interface PublishedQuota {
  readonly model: string;
  readonly region: string;
  readonly rpm: number;
  /** Input and output tokens together; null where the page's cell could not be attributed with certainty. */
  readonly tpm: number | null;
  readonly source: string;
  /** ISO date on which the page was read. */
  readonly seenOn: string;
  /** What else was read about this row, for people. */
  readonly note: string | null;
}

/**
 * English table of about March 2026. Merged cells are flattened in the copy that was read; cells that may belong to a
 * neighbouring row are left out here, not guessed.
 */
const TABLE = 'help.aliyun.com/zh/model-studio/rate-limit (English table of about March 2026)';
const SEEN = '2026-11-21';

type Cell = readonly [rpm: number, tpm: number | null];
type Row = { readonly [region in RegionKey]?: Cell } & { readonly model: string; readonly note?: string };
type RegionKey = 'beijing' | 'singapore' | 'global' | 'hongKong' | 'virginia' | 'frankfurt';

/** The page's column "Global (US/DE)" covers Virginia and Frankfurt. */
const REGIONS: Readonly<Record<RegionKey, readonly string[]>> = {
  beijing: ['cn-beijing'],
  singapore: ['ap-southeast-1'],
  global: ['us-east-1', 'eu-central-1'],
  virginia: ['us-east-1'],
  frankfurt: ['eu-central-1'],
  hongKong: ['cn-hongkong'],
};

const ROWS: readonly Row[] = [
  {
    model: 'qwen3-max',
    beijing: [30_000, 5_000_000],
    singapore: [600, 1_000_000],
    global: [600, 1_000_000],
    hongKong: [600, 1_000_000],
    note: 'Beijing was 600 / 1,000,000 in earlier copies of the page',
  },
  { model: 'qwen3-max-2026-01-23', beijing: [600, 1_000_000] },
  { model: 'qwen3-max-2025-09-23', beijing: [60, 100_000], singapore: [60, 100_000], global: [60, 100_000] },
  { model: 'qwen3-max-preview', beijing: [600, 1_000_000], singapore: [600, 1_000_000], global: [600, 1_000_000] },
  { model: 'qwen-max', beijing: [1_200, 1_000_000], singapore: [120, 100_000] },
  { model: 'qwen-max-latest', singapore: [600, 1_000_000] },
  { model: 'qwen-plus', beijing: [30_000, 5_000_000], singapore: [600, 1_000_000], global: [15_000, 5_000_000] },
  { model: 'qwen-plus-latest', beijing: [15_000, 1_200_000] },
  { model: 'qwen-plus-us', virginia: [600, 1_000_000] },
  {
    model: 'qwen3.5-plus',
    beijing: [30_000, 5_000_000],
    singapore: [15_000, 5_000_000],
    global: [30_000, 5_000_000],
  },
  { model: 'qwen-flash', beijing: [30_000, 10_000_000], singapore: [600, 5_000_000], global: [15_000, 10_000_000] },
  {
    model: 'qwen3.5-flash',
    beijing: [30_000, 10_000_000],
    singapore: [15_000, 5_000_000],
    global: [30_000, 10_000_000],
  },
  { model: 'qwen-turbo', beijing: [1_200, 5_000_000], singapore: [240, 100_000] },
  { model: 'qwen-turbo-latest', singapore: [600, 5_000_000] },
  { model: 'qwq-plus', beijing: [600, 1_000_000], singapore: [60, 100_000] },
  { model: 'qwen3-vl-plus', beijing: [3_000, 5_000_000], singapore: [1_200, 1_000_000], global: [1_200, 1_000_000] },
  { model: 'qwen3-vl-flash', beijing: [3_000, 5_000_000], singapore: [1_200, 1_000_000], global: [1_200, 1_000_000] },
  { model: 'qwen-vl-max', beijing: [1_200, 1_000_000], singapore: [1_200, 1_000_000] },
  { model: 'qwen-vl-plus', beijing: [1_200, 1_000_000], singapore: [1_200, 1_000_000] },
  {
    model: 'qwen3-coder-plus',
    beijing: [5_000, 5_000_000],
    singapore: [2_400, 2_000_000],
    global: [2_400, 2_000_000],
  },
  { model: 'qwen3-coder-plus-2025-09-23', beijing: [60, 1_000_000], singapore: [600, 1_000_000] },
  { model: 'qwen3-coder-flash', beijing: [5_000, 5_000_000], singapore: [600, 5_000_000], global: [1_200, null] },
  { model: 'qwen-long-latest', beijing: [1_200, 60_000] },
  { model: 'qwen-mt-flash', beijing: [60, 35_000], global: [60, 35_000] },
];

export const PUBLISHED_QUOTAS: readonly PublishedQuota[] = ROWS.flatMap((row) =>
  (Object.keys(REGIONS) as RegionKey[]).flatMap((key) => {
    const cell = row[key];
    if (cell === undefined) return [];
    return REGIONS[key].map((region) => ({
      model: row.model,
      region,
      rpm: cell[0],
      tpm: cell[1],
      source: TABLE,
      seenOn: SEEN,
      note: row.note ?? null,
    }));
  }),
);

/** Models with at least one published row. */
export const QUOTA_MODELS: readonly string[] = [...new Set(PUBLISHED_QUOTAS.map((row) => row.model))];

/** The published row of this model in this region, or null. */
function publishedRow(model: string, region: string): PublishedQuota | null {
  return PUBLISHED_QUOTAS.find((row) => row.model === model && row.region === region) ?? null;
}

/**
 * The numbers a scenario is held against: RPM and TPM as published, RPS = RPM / 60 and TPS = floor(TPM / 60) derived,
 * because the page says that limiting "may" also be applied per second
 * (help.aliyun.com/zh/model-studio/rate-limit, seen 2026-11-21). Null when nothing is published.
 */
export function quotaFor(model: string, region: string): QuotaSet | null {
  const row = publishedRow(model, region);
  if (row === null) return null;
  return {
    rps: row.rpm / 60,
    rpm: row.rpm,
    tps: row.tpm === null ? null : Math.floor(row.tpm / 60),
    tpm: row.tpm,
    concurrency: null,
    freeTokens: null,
    source: row.source,
    seenOn: row.seenOn,
  };
}

/** The same as a list with a source per number; derived ones say so in their source. Empty when nothing is published. */
export function publishedQuotas(model: string, region: string): readonly Quota[] {
  const row = publishedRow(model, region);
  const set = quotaFor(model, region);
  if (row === null || set === null) return [];
  const entry = (resource: 'requests' | 'tokens', limit: number | null, periodMs: number): Quota[] =>
    limit === null
      ? []
      : [
          {
            resource,
            limit,
            periodMs,
            scope: 'account',
            region,
            source: periodMs === 1000 ? `derived: a sixtieth of the minute quota of ${row.source}` : row.source,
            seenOn: row.seenOn,
          },
        ];
  return [
    ...entry('requests', set.rpm, 60_000),
    ...entry('requests', set.rps, 1000),
    ...entry('tokens', set.tpm, 60_000),
    ...entry('tokens', set.tps, 1000),
  ];
}
