import { ANALYSIS_SCHEMA_VERSION, type Analysis } from '../model/analysis.ts';
import type { Reporter } from '../model/reporter.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a person who opens the file should meet first; everything else follows in alphabetical order. */
const FIRST = ['schemaVersion', 'verdict', 'exitCode', 'stop', 'durationMs', 'conservation', 'findings', 'quota'];

function orderedKeys(value: object, depth: number): string[] {
  const keys = Object.keys(value)
    .filter((key) => (value as Record<string, unknown>)[key] !== undefined)
    .sort();
  if (depth > 0) return keys;
  return [...FIRST.filter((key) => keys.includes(key)), ...keys.filter((key) => !FIRST.includes(key))];
}

const isPrimitive = (value: unknown): boolean => value === null || typeof value !== 'object';

function write(value: unknown, depth: number): string {
  if (isPrimitive(value)) return JSON.stringify(value) ?? 'null';
  const inner = '  '.repeat(depth + 1);
  const outer = '  '.repeat(depth);
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    if (value.every(isPrimitive)) return `[${value.map((item) => write(item, depth)).join(', ')}]`;
    return `[\n${value.map((item) => inner + write(item, depth + 1)).join(',\n')}\n${outer}]`;
  }
  const record = value as Readonly<Record<string, Json>>;
  const keys = orderedKeys(record, depth);
  if (keys.length === 0) return '{}';
  const rows = keys.map((key) => `${inner}${JSON.stringify(key)}: ${write(record[key], depth + 1)}`);
  return `{\n${rows.join(',\n')}\n${outer}}`;
}

/** The document as text: keys in a fixed order, number series on one line, so that two runs compare by `diff`. */
export function analysisJson(analysis: Analysis): string {
  if (analysis.schemaVersion !== ANALYSIS_SCHEMA_VERSION) {
    throw new Error(`findings.json is written in schema ${ANALYSIS_SCHEMA_VERSION}, not ${analysis.schemaVersion}`);
  }
  return `${write(analysis, 0)}\n`;
}

export const jsonReporter: Reporter = (analysis) => ({
  files: [{ name: 'findings.json', bytes: analysisJson(analysis) }],
});
