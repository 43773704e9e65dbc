import { METRICS, type Metric, metricFor } from '../catalog/metrics.ts';
import { QUOTA_RESULTS } from '../model/finding.ts';
import { LIMIT_KINDS } from '../model/outcome.ts';
import {
  type Operator,
  THRESHOLD_TAGS,
  type Threshold,
  type ThresholdTag,
  type ThresholdUnit,
} from '../model/threshold.ts';
import { suggestion } from './spelling.ts';
import { type Reading, readDuration, readMoney, readNumber, readRate, readShare } from './units.ts';

const OPERATORS: readonly Operator[] = ['<=', '>=', '==', '!=', '<', '>'];
const ORIGINS = ['provider', 'relay', 'edge', 'unknown'];

export interface Failure {
  readonly code: string;
  readonly offset: number;
  readonly message: string;
  readonly hint: string;
}

/** Where reading stands. Readers return null after they have noted the first failure. */
export interface Cursor {
  readonly text: string;
  position: number;
  failure: Failure | null;
}

function fail(cursor: Cursor, failure: Failure): null {
  cursor.failure ??= failure;
  return null;
}

type Tags = Threshold['tags'];

export function skipSpace(cursor: Cursor): void {
  while (/\s/.test(cursor.text[cursor.position] ?? '')) cursor.position++;
}

export interface Name {
  readonly metric: Metric;
  readonly aggregate: string | null;
  readonly aggregateOffset: number;
}

/** The longest known metric that the dotted name starts with; what follows it is the aggregate. */
export function readMetric(cursor: Cursor): Name | null {
  skipSpace(cursor);
  const nameOffset = cursor.position;
  const name = /^[A-Za-z_][\w.]*/.exec(cursor.text.slice(nameOffset))?.[0] ?? '';
  if (name === '') {
    const hint = 'write for example: ttft.p95 < 2s';
    return fail(cursor, { code: 'threshold-syntax', offset: nameOffset, message: 'a metric is missing', hint });
  }
  cursor.position += name.length;
  const parts = name.split('.');
  for (let length = parts.length; length > 0; length--) {
    const metric = metricFor(parts.slice(0, length).join('.'));
    if (metric === null) continue;
    const aggregate = length === parts.length ? null : parts.slice(length).join('.');
    const aggregateOffset = nameOffset + metric.name.length + 1;
    if (aggregate !== null && !Object.hasOwn(metric.aggregates, aggregate)) {
      return fail(cursor, unknownAggregate(metric, aggregate, aggregateOffset));
    }
    return { metric, aggregate, aggregateOffset };
  }
  return fail(cursor, unknownMetric(parts, nameOffset));
}

function unknownMetric(parts: readonly string[], offset: number): Failure {
  const names = METRICS.map((metric) => metric.name);
  const roots = [...new Set(names.map((name) => name.split('.')[0] ?? name))];
  const whole = parts.join('.');
  // "ttfft.p95": the aggregate is right and the metric is not, so compare without the last part too.
  const hints = [whole, parts.slice(0, -1).join('.'), parts[0] ?? ''].map((name) => suggestion(name, names));
  const hint = hints.find((entry) => entry.startsWith('did')) ?? `allowed: ${roots.join(', ')}`;
  return { code: 'unknown-metric', offset, message: `unknown metric "${whole}"`, hint };
}

function unknownAggregate(metric: Metric, aggregate: string, offset: number): Failure {
  const family = METRICS.filter((entry) => entry.name.startsWith(`${metric.name}.`)).map((entry) =>
    entry.name.slice(metric.name.length + 1),
  );
  const known = [...Object.keys(metric.aggregates), ...family];
  const message = `"${metric.name}" has no "${aggregate}"`;
  // "limited.reqests.count": the last part is right and the middle is not.
  const hints = [aggregate, aggregate.split('.')[0] ?? ''].map((part) => suggestion(part, known));
  const near = hints.find((entry) => entry.startsWith('did')) ?? `allowed: ${known.join(', ')}`;
  const hint = known.length === 0 ? `write ${metric.name} == as_documented` : near;
  return { code: 'unknown-aggregate', offset, message, hint };
}

export function readTags(cursor: Cursor): Tags | null {
  skipSpace(cursor);
  if (cursor.text[cursor.position] !== '{') return {};
  cursor.position++;
  const tags: Partial<Record<ThresholdTag, string>> = {};
  for (;;) {
    skipSpace(cursor);
    const offset = cursor.position;
    const rest = cursor.text.slice(offset);
    const match = /^([A-Za-z_]\w*)\s*=\s*"([^"]*)"\s*/.exec(rest);
    if (match === null) {
      return fail(cursor, {
        code: 'threshold-syntax',
        offset,
        message: 'a tag looks like name="value"',
        hint: 'write {phase="hold"}',
      });
    }
    const [whole, name = '', value = ''] = match;
    const tag = checkTag(cursor, { name, value, offset, valueOffset: offset + whole.indexOf('"') + 1, seen: tags });
    if (tag === null) return null;
    tags[tag] = value;
    cursor.position += whole.length;
    const next = cursor.text[cursor.position];
    cursor.position++;
    if (next === '}') return tags;
    if (next !== ',') {
      return fail(cursor, {
        code: 'threshold-syntax',
        offset: cursor.position - 1,
        message: 'the list of tags is not closed',
        hint: 'put , between tags and } at the end',
      });
    }
  }
}

function checkTag(
  cursor: Cursor,
  tag: {
    readonly name: string;
    readonly value: string;
    readonly offset: number;
    readonly valueOffset: number;
    readonly seen: Tags;
  },
): ThresholdTag | null {
  const known = THRESHOLD_TAGS.find((entry) => entry === tag.name);
  if (known === undefined) {
    const hint = suggestion(tag.name, THRESHOLD_TAGS);
    return fail(cursor, { code: 'unknown-tag', offset: tag.offset, message: `unknown tag "${tag.name}"`, hint });
  }
  if (tag.seen[known] !== undefined) {
    const message = `the tag "${known}" is given twice`;
    return fail(cursor, { code: 'threshold-syntax', offset: tag.offset, message, hint: 'keep one of them' });
  }
  const values = known === 'limit' ? LIMIT_KINDS : known === 'origin' ? ORIGINS : null;
  if (values !== null && !(values as readonly string[]).includes(tag.value)) {
    return fail(cursor, {
      code: 'unknown-tag-value',
      offset: tag.valueOffset,
      message: `unknown ${known} "${tag.value}"`,
      hint: suggestion(tag.value, values),
    });
  }
  return known;
}

export function readWindow(cursor: Cursor): { readonly overMs: number | null } | null {
  skipSpace(cursor);
  const match = /^over\b\s*/.exec(cursor.text.slice(cursor.position));
  if (match === null) return { overMs: null };
  cursor.position += match[0].length;
  const offset = cursor.position;
  const written = /^[^\s<>=!]*/.exec(cursor.text.slice(offset))?.[0] ?? '';
  const reading = readDuration(written);
  if (!reading.ok) return fail(cursor, { code: reading.code, offset, message: reading.message, hint: reading.hint });
  if (reading.value <= 0) {
    return fail(cursor, {
      code: 'out-of-range',
      offset,
      message: 'a window must be longer than 0',
      hint: 'write over 60s',
    });
  }
  cursor.position += written.length;
  return { overMs: reading.value };
}

export function readOperator(cursor: Cursor, metric: Metric): Operator | null {
  skipSpace(cursor);
  const offset = cursor.position;
  const operator = OPERATORS.find((entry) => cursor.text.startsWith(entry, offset));
  if (operator === undefined) {
    const found = cursor.text.slice(offset).split(/\s/)[0] ?? '';
    const message = found === '' ? 'the comparison is missing' : `expected a comparison, found "${found}"`;
    const hint = found === '=' ? 'write ==' : 'allowed: <, <=, ==, >=, >, != (after an optional "over 60s")';
    return fail(cursor, { code: 'threshold-syntax', offset, message, hint });
  }
  if (metric.name.startsWith('quota.') && operator !== '==' && operator !== '!=') {
    const message = `"${metric.name}" is a verdict: it is compared with == or !=`;
    return fail(cursor, { code: 'threshold-syntax', offset, message, hint: `write ${metric.name} == as_documented` });
  }
  cursor.position += operator.length;
  return operator;
}

const UNIT_HINT: Readonly<Record<ThresholdUnit, string>> = {
  ms: 'a duration: 500ms or 2s',
  share: 'a share: 1%',
  perSecond: 'a rate: 10/s or 580/min',
  usd: 'an amount of money: $1.50',
  count: 'a number: 3 or 500k',
  verdict: `a verdict: ${QUOTA_RESULTS.join(', ')}`,
};

function valueHint(metric: Metric): string {
  const units = [...new Set(Object.values(metric.aggregates))];
  return `write ${units.length === 0 ? UNIT_HINT.verdict : units.map((unit) => UNIT_HINT[unit]).join(', or ')}`;
}

export function unitOf(cursor: Cursor, name: Name): ThresholdUnit | null {
  const { metric, aggregate } = name;
  const names = Object.keys(metric.aggregates);
  if (names.length === 0) return 'verdict';
  const unit = metric.aggregates[aggregate ?? metric.defaultAggregate ?? ''];
  if (unit !== undefined) return unit;
  return fail(cursor, {
    code: 'missing-aggregate',
    offset: name.aggregateOffset - 1,
    message: `"${metric.name}" needs an aggregate`,
    hint: `write ${names.map((name) => `.${name}`).join(', ')}`,
  });
}

export function readValue(
  cursor: Cursor,
  options: {
    readonly written: string;
    readonly unit: ThresholdUnit;
    readonly metric: Metric;
    readonly offset: number;
  },
): number | string | null {
  const { written, unit, offset } = options;
  if (written === '') {
    const hint = valueHint(options.metric);
    return fail(cursor, { code: 'threshold-syntax', offset, message: 'the value is missing', hint });
  }
  if (unit === 'verdict') {
    if ((QUOTA_RESULTS as readonly string[]).includes(written)) return written;
    return fail(cursor, {
      code: 'unknown-verdict',
      offset,
      message: `unknown verdict "${written}"`,
      hint: suggestion(written, QUOTA_RESULTS),
    });
  }
  const reading = READERS[unit](written);
  if (reading.ok) return reading.value;
  return fail(cursor, { code: reading.code, offset, message: reading.message, hint: `write ${UNIT_HINT[unit]}` });
}

const READERS: Readonly<Record<Exclude<ThresholdUnit, 'verdict'>, (text: string) => Reading>> = {
  ms: readDuration,
  share: readShare,
  perSecond: readRate,
  usd: readMoney,
  count: readNumber,
};
