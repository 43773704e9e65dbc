import type { Checked, Location } from '../model/problem.ts';
import type { Threshold } from '../model/threshold.ts';
import {
  type Cursor,
  type Failure,
  readMetric,
  readOperator,
  readTags,
  readValue,
  readWindow,
  skipSpace,
  unitOf,
} from './threshold-parts.ts';

/** A rule and, for claims, the variant its value is a share of. */
export interface Rule {
  readonly threshold: Threshold;
  readonly relativeTo: string | null;
  /** Offset of `relativeTo` in the text. */
  readonly relativeOffset: number;
}

/**
 * `metric[.aggregate][{tags}] [over WINDOW] OP VALUE`; values come out in base units. A problem points at the column
 * of the part that is wrong, counted from `location`.
 */
export function parseThreshold(text: string, location: Location | null): Checked<Threshold> {
  const rule = parseRule({ text, location, allowRelative: false });
  return rule.ok ? { ok: true, value: rule.value.threshold, warnings: [] } : rule;
}

/** As `parseThreshold`; with `allowRelative` also `... <= 88% of VARIANT`. */
export function parseRule(options: {
  readonly text: string;
  readonly location: Location | null;
  readonly allowRelative: boolean;
}): Checked<Rule> {
  const { text, location } = options;
  const cursor: Cursor = { text, position: 0, failure: null };
  const value = readRule(cursor, options);
  if (value !== null) return { ok: true, value, warnings: [] };
  const { code, message, hint, offset } = cursor.failure ?? UNREADABLE;
  const where = location === null ? null : { ...location, column: location.column + offset };
  return { ok: false, problems: [{ code, severity: 'error', message, hint, where }] };
}

const UNREADABLE: Failure = {
  code: 'threshold-syntax',
  offset: 0,
  message: 'not a threshold',
  hint: 'write for example: ttft.p95 < 2s',
};

function readRule(
  cursor: Cursor,
  options: { readonly location: Location | null; readonly allowRelative: boolean },
): Rule | null {
  const name = readMetric(cursor);
  const tags = name && readTags(cursor);
  const window = tags && readWindow(cursor);
  if (name === null || tags === null || window === null) return null;
  const operator = readOperator(cursor, name.metric);
  if (operator === null) return null;
  skipSpace(cursor);
  const offset = cursor.position;
  const rest = cursor.text.slice(offset);
  const relative = options.allowRelative ? /^(.*?)\s+of\s+(\S+)\s*$/.exec(rest) : null;
  const relativeTo = relative?.[2] ?? null;
  const unit = relativeTo === null ? unitOf(cursor, name) : 'share';
  if (unit === null) return null;
  const value = readValue(cursor, { written: (relative?.[1] ?? rest).trim(), unit, metric: name.metric, offset });
  if (value === null) return null;
  const threshold: Threshold = {
    text: cursor.text.trim(),
    metric: name.metric.name,
    aggregate: name.aggregate ?? name.metric.defaultAggregate,
    tags,
    overMs: window.overMs,
    operator,
    value,
    unit,
    where: options.location,
  };
  return {
    threshold,
    relativeTo,
    relativeOffset: relativeTo === null ? offset : offset + rest.lastIndexOf(relativeTo),
  };
}

/** The rule in its shortest form; reads back to the same rule. */
export function formatThreshold(threshold: Threshold): string {
  const name = threshold.aggregate === null ? threshold.metric : `${threshold.metric}.${threshold.aggregate}`;
  const tags = Object.entries(threshold.tags).map(([tag, value]) => `${tag}="${value}"`);
  const over = threshold.overMs === null ? '' : ` over ${threshold.overMs}ms`;
  return `${name}${tags.length > 0 ? `{${tags.join(', ')}}` : ''}${over} ${threshold.operator} ${formatValue(threshold)}`;
}

function formatValue({ value, unit }: Threshold): string {
  if (typeof value === 'string') return value;
  switch (unit) {
    case 'ms':
      return `${value}ms`;
    case 'share':
      return `${Number((value * 100).toPrecision(15))}%`;
    case 'perSecond':
      return `${value}/s`;
    case 'usd':
      return `$${value}`;
    case 'count':
    case 'verdict':
      return String(value);
  }
}
