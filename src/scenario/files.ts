import type { Message } from '../model/request.ts';
import type { ReplayRow } from '../model/scenario.ts';
import type { PhaseInput } from './schema-traffic.ts';
import { suggestion } from './spelling.ts';

/** What a file held, or the line of it that is wrong. */
export type FileReading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly hint: string };

type ReplayInput = NonNullable<PhaseInput['replay']>;

const broken = (message: string, hint: string): FileReading<never> => ({ ok: false, message, hint });

/** One prompt per line, or per row of a .jsonl file with `prompt` or `messages`. */
export function readPrompts(path: string, content: string): FileReading<readonly (readonly Message[])[]> {
  const lines = content.split(/\r?\n/);
  const prompts: (readonly Message[])[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    if (!/\.(jsonl|ndjson)$/i.test(path)) {
      prompts.push([{ role: 'user', content: line }]);
      continue;
    }
    const row = readPromptRow(line);
    if (row === null) {
      return broken(`${path}:${index + 1} holds no prompt`, 'each row needs "prompt" or "messages"');
    }
    prompts.push(row);
  }
  return prompts.length > 0 ? { ok: true, value: prompts } : broken(`${path} holds no prompt`, 'add one per line');
}

function readPromptRow(line: string): readonly Message[] | null {
  try {
    const row: unknown = JSON.parse(line);
    if (typeof row !== 'object' || row === null) return null;
    if ('prompt' in row && typeof row.prompt === 'string') return [{ role: 'user', content: row.prompt }];
    if (!('messages' in row) || !Array.isArray(row.messages) || row.messages.length === 0) return null;
    return row.messages.every(isMessage) ? row.messages.map(({ role, content }) => ({ role, content })) : null;
  } catch {
    return null;
  }
}

function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null || !('role' in value) || !('content' in value)) return false;
  return ['system', 'user', 'assistant'].includes(String(value.role)) && typeof value.content === 'string';
}

/** Rows of a trace, in order of time, counted from its first row. */
export function readReplay(replay: ReplayInput, content: string): FileReading<readonly ReplayRow[]> {
  const { file } = replay;
  const [header, ...lines] = content.replace(/^\uFEFF/, '').split(/\r?\n/);
  const names = splitCsv(header ?? '');
  const columns = {
    at: replay.columns?.at ?? 'at',
    promptTokens: replay.columns?.promptTokens ?? null,
    maxTokens: replay.columns?.maxTokens ?? null,
  };
  for (const name of Object.values(columns)) {
    if (name === null || names.includes(name)) continue;
    return broken(`${file} has no column "${name}"`, suggestion(name, names));
  }
  const rows: ReplayRow[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const cells = splitCsv(line);
    const cell = (name: string | null) => (name === null ? null : (cells[names.indexOf(name)] ?? ''));
    const atMs = readTime(cell(columns.at) ?? '', replay.time ?? null);
    const promptTokens = readSize(cell(columns.promptTokens));
    const maxTokens = readSize(cell(columns.maxTokens));
    if (atMs === null || promptTokens === 'bad' || maxTokens === 'bad') {
      return broken(`${file}:${index + 2} is not readable`, 'a time, and whole numbers of tokens, are expected');
    }
    rows.push({ atMs, promptTokens, maxTokens });
  }
  return rows.length > 0 ? { ok: true, value: fromFirst(rows) } : broken(`${file} has no rows`, 'check the file');
}

function fromFirst(rows: readonly ReplayRow[]): readonly ReplayRow[] {
  const sorted = rows.toSorted((a, b) => a.atMs - b.atMs);
  const start = sorted[0]?.atMs ?? 0;
  return sorted.map((row) => ({ ...row, atMs: row.atMs - start }));
}

/** Whole tokens; null where the column is not used or the cell is empty. At least one token. */
function readSize(cell: string | null): number | null | 'bad' {
  if (cell === null || cell === '') return null;
  const value = Number(cell);
  return Number.isFinite(value) && value >= 0 ? Math.max(1, Math.round(value)) : 'bad';
}

function readTime(cell: string, unit: 's' | 'ms' | 'datetime' | null): number | null {
  if (unit === 'datetime' || (unit === null && cell.includes(':'))) return readDatetime(cell);
  const value = cell === '' ? Number.NaN : Number(cell);
  if (!Number.isFinite(value)) return null;
  return unit === 'ms' ? value : value * 1000;
}

/** `2023-11-16 18:17:03.9799600`, as in the Azure traces; a zone is ignored, only differences count. */
function readDatetime(cell: string): number | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d(?:\.\d+)?)/.exec(cell);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map(Number);
  return (((daysFromCivil(year, month, day) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

/** Days since 1970-01-01: Howard Hinnant, chrono-compatible low-level date algorithms, `days_from_civil`. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Cells of one line; quotes may hold commas, a doubled quote is a quote (RFC 4180, without line breaks in cells). */
function splitCsv(line: string): readonly string[] {
  const cells = line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g) ?? [];
  const found = cells.map((cell) => cell.replace(/,$/, '').trim());
  if (!line.endsWith(',')) found.pop();
  return found.map((cell) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}
