import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { METRICS } from '../../src/catalog/metrics.ts';
import { QUOTA_RESULTS } from '../../src/model/finding.ts';
import { LIMIT_KINDS } from '../../src/model/outcome.ts';
import type { Threshold } from '../../src/model/threshold.ts';
import { formatThreshold, parseRule, parseThreshold } from '../../src/scenario/threshold.ts';

const at = { file: 'f.yaml', line: 3, column: 5 };

function read(text: string) {
  const checked = parseThreshold(text, at);
  if (!checked.ok) throw new Error(checked.problems[0]?.message);
  const { metric, aggregate, tags, overMs, operator, value, unit } = checked.value;
  return { metric, aggregate, tags, overMs, operator, value, unit };
}

describe('what is understood', () => {
  const plain = { tags: {}, overMs: null };
  test.each([
    [
      'limited.burst.count == 0',
      { ...plain, metric: 'limited.burst', aggregate: 'count', operator: '==', value: 0, unit: 'count' },
    ],
    [
      'limited.share < 1%',
      { ...plain, metric: 'limited', aggregate: 'share', operator: '<', value: 0.01, unit: 'share' },
    ],
    ['ttft.p95 < 2s', { ...plain, metric: 'ttft', aggregate: 'p95', operator: '<', value: 2000, unit: 'ms' }],
    [
      'service.p99.9 <= 300ms',
      { ...plain, metric: 'service', aggregate: 'p99.9', operator: '<=', value: 300, unit: 'ms' },
    ],
    ['cost <= $1.50', { ...plain, metric: 'cost', aggregate: 'total', operator: '<=', value: 1.5, unit: 'usd' }],
    ['cost.perMonth<$40', { ...plain, metric: 'cost', aggregate: 'perMonth', operator: '<', value: 40, unit: 'usd' }],
    [
      'availability >= 99.9%',
      { ...plain, metric: 'availability', aggregate: 'share', operator: '>=', value: 0.999, unit: 'share' },
    ],
    [
      'tokens.total.count < 500k',
      { ...plain, metric: 'tokens.total', aggregate: 'count', operator: '<', value: 500_000, unit: 'count' },
    ],
    [
      'quota.rpm == as_documented',
      { ...plain, metric: 'quota.rpm', aggregate: null, operator: '==', value: 'as_documented', unit: 'verdict' },
    ],
    [
      'quota.tpm != lower',
      { ...plain, metric: 'quota.tpm', aggregate: null, operator: '!=', value: 'lower', unit: 'verdict' },
    ],
    [
      'recovery.requests.max <= 75s',
      { ...plain, metric: 'recovery.requests', aggregate: 'max', operator: '<=', value: 75_000, unit: 'ms' },
    ],
    [
      'attempts_per_request < 1.2',
      { ...plain, metric: 'attempts_per_request', aggregate: 'mean', operator: '<', value: 1.2, unit: 'count' },
    ],
    [
      'goodput.rate{phase="hold", variant="relay"} over 60s >= 540/min',
      {
        metric: 'goodput',
        aggregate: 'rate',
        tags: { phase: 'hold', variant: 'relay' },
        overMs: 60_000,
        operator: '>=',
        value: 9,
        unit: 'perSecond',
      },
    ],
  ])('%s', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });
});

describe('what is refused, at the column of the part that is wrong', () => {
  // Column 5 is where the text starts.
  test.each([
    ['', 5, 'threshold-syntax', 'write for example: ttft.p95 < 2s'],
    ['ttfft.p95 < 2s', 5, 'unknown-metric', 'did you mean "ttft"?'],
    [
      '  latency < 2s',
      7,
      'unknown-metric',
      'allowed: service, response, ttft, answer_ttft, itl, tpot, lag, queued, handshake, limited, errors, truncated, not_sent, lost, stalled, availability, goodput, throughput, offered, admitted, tokens, cost, attempts_per_request, added_delay, recovery, quota',
    ],
    ['ttft.p59 < 2s', 10, 'unknown-aggregate', 'did you mean "p50"?'],
    ['limited.reqests.count == 0', 13, 'unknown-aggregate', 'did you mean "requests"?'],
    ['ttft < 2s', 9, 'missing-aggregate', 'write .min, .mean, .p50, .p90, .p95, .p99, .p99.9, .max'],
    ['limited.burst > 3', 18, 'missing-aggregate', 'write .count, .share, .rate'],
    ['limited.share{phse="x"} < 1%', 19, 'unknown-tag', 'did you mean "phase"?'],
    ['limited.share{limit="reqests"} < 1%', 26, 'unknown-tag-value', 'did you mean "requests"?'],
    ['limited.share{origin="proxy"} < 1%', 27, 'unknown-tag-value', 'allowed: provider, relay, edge, unknown'],
    ['limited.share{phase="a", phase="b"} < 1%', 30, 'threshold-syntax', 'keep one of them'],
    ['limited.share{phase=a} < 1%', 19, 'threshold-syntax', 'write {phase="hold"}'],
    ['limited.share{phase="a" < 1%', 29, 'threshold-syntax', 'put , between tags and } at the end'],
    ['goodput.rate over 60 >= 3/s', 23, 'bad-unit', 'write 500ms, 30s, 10min or 1h'],
    ['goodput.rate over 0s >= 3/s', 23, 'out-of-range', 'write over 60s'],
    ['ttft.p95 = 2s', 14, 'threshold-syntax', 'write =='],
    ['ttft.p95', 13, 'threshold-syntax', 'allowed: <, <=, ==, >=, >, != (after an optional "over 60s")'],
    ['ttft.p95 <', 15, 'threshold-syntax', 'write a duration: 500ms or 2s'],
    ['ttft.p95 < 2', 16, 'bad-unit', 'write a duration: 500ms or 2s'],
    ['availability >= 99.9', 21, 'bad-unit', 'write a share: 1%'],
    ['limited.rate < 3', 20, 'bad-unit', 'write a rate: 10/s or 580/min'],
    ['quota.rpm < lower', 15, 'threshold-syntax', 'write quota.rpm == as_documented'],
    ['quota.rpm == lwer', 18, 'unknown-verdict', 'did you mean "lower"?'],
    ['quota.rpm.p95 == lower', 15, 'unknown-aggregate', 'write quota.rpm == as_documented'],
  ])('%s', (text, column, code, hint) => {
    const checked = parseThreshold(text, at);
    expect(checked.ok ? [] : checked.problems).toMatchObject([{ code, hint, where: { ...at, column } }]);
  });

  test('a relative value belongs to claims only', () => {
    expect(parseThreshold('cost <= 88% of direct', at).ok).toBe(false);
    const claim = parseRule({ text: 'cost <= 88% of direct', location: at, allowRelative: true });
    expect(claim).toMatchObject({
      ok: true,
      value: {
        relativeTo: 'direct',
        relativeOffset: 15,
        threshold: { value: 0.88, unit: 'share', aggregate: 'total' },
      },
    });
  });
});

const tagValue = fc.stringMatching(/^[a-z0-9 _.-]{1,12}$/);
const tags = fc.record(
  {
    phase: tagValue,
    variant: tagValue,
    model: tagValue,
    limit: fc.constantFrom(...LIMIT_KINDS),
    origin: fc.constantFrom('provider', 'relay', 'edge', 'unknown'),
  },
  { requiredKeys: [] },
);
const amount = fc.oneof(fc.integer({ min: 0, max: 1_000_000 }), fc.double({ min: 0, max: 1e6, noNaN: true }));
type Rule = Omit<Threshold, 'text' | 'where'>;
const threshold = fc.constantFrom(...METRICS).chain((metric): fc.Arbitrary<Rule> => {
  const aggregates = Object.keys(metric.aggregates);
  const common = { tags, overMs: fc.option(fc.integer({ min: 1, max: 1e7 })) };
  if (aggregates.length === 0) {
    return fc.record({
      ...common,
      metric: fc.constant(metric.name),
      aggregate: fc.constant(null),
      operator: fc.constantFrom('==' as const, '!=' as const),
      unit: fc.constant('verdict' as const),
      value: fc.constantFrom(...QUOTA_RESULTS),
    });
  }
  return fc.constantFrom(...aggregates).chain((aggregate) =>
    fc.record({
      ...common,
      metric: fc.constant(metric.name),
      aggregate: fc.constant(aggregate),
      operator: fc.constantFrom('<' as const, '<=' as const, '==' as const, '>=' as const, '>' as const),
      unit: fc.constant(metric.aggregates[aggregate] ?? ('count' as const)),
      value: amount,
    }),
  );
});

test('a formatted threshold reads back as itself', () => {
  fc.assert(
    fc.property(threshold, (rule) => {
      const text = formatThreshold({ ...rule, text: '', where: null });
      const back = read(text);
      const { value, ...rest } = back;
      const { value: expected, ...same } = rule;
      expect(rest).toEqual(same);
      if (typeof expected === 'number') expect(value).toBeCloseTo(expected, 6);
      else expect(value).toBe(expected);
    }),
    { numRuns: 500 },
  );
});

test('no text makes the grammar throw', () => {
  const words = fc.constantFrom(
    'ttft',
    '.p95',
    'limited',
    '{',
    '}',
    'phase="x"',
    ',',
    ' over ',
    '60s',
    '<',
    '==',
    '2s',
    '1%',
    ' ',
    '"',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(words).map((parts) => parts.join('')),
      ),
      (text) => {
        const checked = parseThreshold(text, at);
        if (!checked.ok) expect(checked.problems[0]?.where?.column).toBeGreaterThanOrEqual(5);
      },
    ),
  );
});
