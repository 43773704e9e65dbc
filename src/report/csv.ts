import type { Analysis, LimitGroup, Series } from '../model/analysis.ts';
import type { ComparedQuestion, Comparison } from '../model/comparison.ts';
import type { Reporter } from '../model/reporter.ts';

type Field = string | number | null;

/** RFC 4180. A text that a spreadsheet would run as a formula gets a leading apostrophe (OWASP, "CSV Injection"). */
function field(value: Field): string {
  if (value === null) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const table = (rows: readonly (readonly Field[])[]): string =>
  rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');

function seriesRows(variant: string, series: Series, labels: readonly string[]): Field[][] {
  return series.startMs.map((startMs, index) => {
    const at = (values: readonly (number | null)[] | undefined): Field => values?.[index] ?? null;
    return [
      variant,
      startMs,
      series.bucketMs,
      at(series.planned),
      at(series.sent),
      at(series.ok),
      ...labels.map((label) => at(series.byOutcome[label]) ?? 0),
      at(series.promptTokens),
      at(series.completionTokens),
      at(series.inFlightMax),
      at(series.ttftP95Ms),
      at(series.serviceP95Ms),
    ];
  });
}

function seriesCsv(analysis: Analysis): string {
  const labels = [...new Set(analysis.series.flatMap((series) => Object.keys(series.byOutcome)))]
    .filter((label) => label !== 'ok')
    .sort();
  const head = ['variant', 'start_ms', 'bucket_ms', 'planned', 'sent', 'ok', ...labels];
  const tail = ['prompt_tokens', 'completion_tokens', 'in_flight_max', 'ttft_p95_ms', 'service_p95_ms'];
  const rows = analysis.series.flatMap((series, index) =>
    seriesRows(analysis.manifest.variants[index]?.name ?? String(index), series, labels),
  );
  return table([[...head, ...tail], ...rows]);
}

const LIMIT_COLUMNS: readonly (readonly [string, (group: LimitGroup) => Field])[] = [
  ['variant', (group) => group.variant],
  ['kind', (group) => group.limit],
  ['origin', (group) => group.origin],
  ['origin_name', (group) => group.originName],
  ['rewritten_by', (group) => group.rewrittenBy],
  ['rule', (group) => group.ruleId],
  ['count', (group) => group.count],
  ['share', (group) => group.share],
  ['share_low', (group) => group.shareLow],
  ['share_high', (group) => group.shareHigh],
  ['first_ms', (group) => group.firstMs],
  ['last_ms', (group) => group.lastMs],
  ['heals', (group) => group.heals],
  ['retry_after_min_ms', (group) => group.retryAfterMs?.min ?? null],
  ['retry_after_max_ms', (group) => group.retryAfterMs?.max ?? null],
  ['episodes', (group) => group.onset.episodes],
  ['onset_requests_1s', (group) => group.onset.requests.in1s],
  ['onset_requests_10s', (group) => group.onset.requests.in10s],
  ['onset_requests_60s', (group) => group.onset.requests.in60s],
  ['onset_tokens_1s', (group) => group.onset.tokens.in1s],
  ['onset_tokens_10s', (group) => group.onset.tokens.in10s],
  ['onset_tokens_60s', (group) => group.onset.tokens.in60s],
  ['status', (group) => group.sample.status],
  ['message', (group) => group.normalisedMessage],
];

const COMPARISON_COLUMNS: readonly (readonly [string, (question: ComparedQuestion) => Field])[] = [
  ['a', (question) => question.a],
  ['b', (question) => question.b],
  ['question', (question) => question.id],
  ['asked', (question) => question.question],
  ['unit', (question) => question.unit],
  ['better', (question) => question.better],
  ['a_value', (question) => question.figureA?.value ?? null],
  ['a_low', (question) => question.figureA?.low ?? null],
  ['a_high', (question) => question.figureA?.high ?? null],
  ['b_value', (question) => question.figureB?.value ?? null],
  ['b_low', (question) => question.figureB?.low ?? null],
  ['b_high', (question) => question.figureB?.high ?? null],
  // What the difference is of: of all requests, or of those that stand against each other.
  ['compared_a', (question) => question.compared?.a ?? question.figureA?.value ?? null],
  ['compared_b', (question) => question.compared?.b ?? question.figureB?.value ?? null],
  ['difference', (question) => question.difference?.value ?? null],
  ['difference_low', (question) => question.difference?.low ?? null],
  ['difference_high', (question) => question.difference?.high ?? null],
  ['margin', (question) => question.margin],
  ['detectable', (question) => question.detectable],
  ['p', (question) => question.p],
  ['adjusted_p', (question) => question.adjustedP],
  ['effect', (question) => question.effect?.name ?? null],
  ['effect_size', (question) => question.effect?.value ?? null],
  ['n', (question) => question.n],
  ['effective_n', (question) => question.effectiveN],
  ['blocks', (question) => question.blocks],
  ['verdict', (question) => question.verdict],
  ['why', (question) => question.why],
];

const comparisonCsv = ({ pairs }: Comparison): string =>
  table([
    COMPARISON_COLUMNS.map(([name]) => name),
    ...pairs.flatMap((pair) =>
      pair.questions.map((question) => COMPARISON_COLUMNS.map(([, value]) => value(question))),
    ),
  ]);

/**
 * `series.csv`: one row per time bucket and variant. `limits.csv`: one row per kind and origin of limit error.
 * `comparison.csv`, where variants were compared: one row per question of each pair.
 */
export const csvReporter: Reporter = (analysis) => ({
  files: [
    { name: 'series.csv', bytes: seriesCsv(analysis) },
    {
      name: 'limits.csv',
      bytes: table([
        LIMIT_COLUMNS.map(([name]) => name),
        ...analysis.limits.map((group) => LIMIT_COLUMNS.map(([, value]) => value(group))),
      ]),
    },
    ...(analysis.comparison === null ? [] : [{ name: 'comparison.csv', bytes: comparisonCsv(analysis.comparison) }]),
  ],
});
