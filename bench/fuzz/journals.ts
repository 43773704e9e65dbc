import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forecast } from '../../src/commands/forecast.ts';
import { loadScenario } from '../../src/commands/load-scenario.ts';
import { analyseFolder, reportFolder } from '../../src/commands/report.ts';
import { readJournal } from '../../src/journal/reader.ts';
import type { Analysis } from '../../src/model/analysis.ts';
import { type Chance, mutated } from './chance.ts';
import { type Finding, type FuzzTarget, withoutThrow } from './target.ts';

/** CPU time of one report over some hundred lines. */
const CPU_MS_MAX = 4000;
const REPORT_ONE_IN = 25;

const SCENARIO = `
name: fuzzed
target: simulator
model: qwen3-max
workload: { promptTokens: 40, maxTokens: 12, stream: true }
traffic:
  - { burst: 12 }
  - { pause: 3s }
  - { hold: { rate: 12/s, for: 5s } }
tactic: { backoff: { base: 300ms, attempts: 3 } }
thresholds: [ 'ttft.p95 < 2s', 'limited.share over 2s < 5%', 'availability >= 99%' ]
safety: { maxInFlight: 8, stopOn: [] }
simulator:
  limits: { rps: { limit: 8 }, rpm: { limit: 60 } }
  faults:
    - { from: 4s, to: 5s, answer: reset, share: 50% }
    - { from: 5s, to: 6s, answer: html_502, share: 50% }
    - { from: 6s, to: 7s, answer: cut_stream, share: 50% }
`;

const NUMBERS = [
  '1e308',
  '-1e308',
  '1e15',
  '-1',
  '0',
  '4294967296',
  '9007199254740993',
  '0.1',
  'null',
  '"7"',
  '[]',
  '{}',
  'true',
];
const FOREIGN = [
  '{"t":"future","x":1}',
  '[]',
  'null',
  '{}',
  '7',
  '"text"',
  '{"t":"end"}',
  '{"t":"sent","id":"r0"}',
  '\u0000',
];

function lineMutated(line: string, chance: Chance): string {
  switch (chance.below(6)) {
    case 0:
      return line.slice(0, chance.below(line.length + 1));
    case 1:
    case 2: {
      const numbers = [...line.matchAll(/-?\d+(?:\.\d+)?/g)];
      if (numbers.length === 0) return line;
      const { index, 0: found } = chance.pick(numbers);
      return line.slice(0, index) + chance.pick(NUMBERS) + line.slice(index + found.length);
    }
    case 3: {
      const members = [...line.matchAll(/,"\w+":/g)];
      if (members.length === 0) return line;
      const { index, 0: found } = chance.pick(members);
      return `${line.slice(0, index)},"${chance.pick(['x', 's', 'e', 'o', 'b', 'h', 'te', 'at'])}":${line.slice(index + found.length)}`;
    }
    default:
      return mutated(Buffer.from(line), chance, 2).toString('latin1');
  }
}

function journalMutated(lines: readonly string[], chance: Chance): Buffer {
  const result = [...lines];
  for (let left = 1 + chance.below(6); left > 0; left--) {
    const at = chance.below(result.length);
    const line = result[at] ?? '';
    switch (chance.below(8)) {
      case 0:
        result.splice(at, 1 + chance.below(5));
        break;
      case 1:
        result.splice(at, 0, line);
        break;
      case 2:
        result.splice(chance.below(result.length), 0, ...result.splice(at, 1));
        break;
      case 3:
        result.splice(at, 0, chance.pick(FOREIGN));
        break;
      default:
        result[at] = lineMutated(line, chance);
    }
    if (result.length === 0) result.push('');
  }
  const bytes = Buffer.from(result.join('\n'), 'utf8');
  return chance.oneIn(4) ? bytes.subarray(0, chance.below(bytes.length + 1)) : bytes;
}

/** A path to a number that is none, anywhere in the document. */
function badNumber(value: unknown, path = ''): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : `${path} is ${value}`;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const found = badNumber(inner, `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

interface Counted {
  readonly sent: number;
  readonly notSent: number;
}

function contradiction({ conservation }: Analysis, counted: Counted): string | null {
  const { planned, sent, notSent, finished, cancelled, lost, holds } = conservation;
  const skipped = Object.values(notSent).reduce((sum, count) => sum + count, 0);
  if (holds !== (planned === sent + skipped && sent === finished + cancelled + lost)) return 'conservation misstated';
  if (!holds) return `conservation broken: ${JSON.stringify(conservation)}`;
  if (sent > counted.sent || skipped > counted.notSent) return `invented: ${sent} sent of ${counted.sent} records`;
  return null;
}

/** Null when the folder's journal is read and reported without a throw, a hang, or a figure that cannot be. */
export function checkJournal(folder: string, bytes: Buffer, withReport: boolean): Finding | null {
  return withoutThrow(bytes.toString('base64'), () => {
    const path = join(folder, 'journal.ndjson');
    writeFileSync(path, bytes);
    const before = process.cpuUsage();
    let [sent, notSent] = [0, 0];
    const read = readJournal(path, ({ type }) => {
      if (type === 'sent') sent += 1;
      else if (type === 'not_sent') notSent += 1;
    });
    const lines = bytes.toString('utf8').split('\n').length;
    if (read.records + read.unreadableLines > lines) return `${read.records} records of ${lines} lines`;
    const result = withReport
      ? reportFolder({ folder, generatedAt: new Date(0) })
      : analyseFolder({ folder, generatedAt: new Date(0) });
    const used = process.cpuUsage(before);
    if ((used.user + used.system) / 1000 > CPU_MS_MAX) return `it took ${(used.user + used.system) / 1000} ms of CPU`;
    if (!result.ok) return result.problems.length > 0 ? null : 'refused without a problem';
    return contradiction(result.analysis, { sent, notSent }) ?? badNumber(result.analysis);
  });
}

/** A folder with the journal of a simulated run that met refusals and faults. */
export function journalFolder(): { readonly folder: string; readonly lines: readonly string[]; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), 'quotascope-fuzz-'));
  mkdirSync(root, { recursive: true });
  const file = join(root, 'scenario.yaml');
  writeFileSync(file, SCENARIO);
  const loaded = loadScenario({ file, env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const folder = join(root, 'run');
  const made = forecast({ loaded, folder, limiter: 'sliding_log', journal: true, now: new Date(0) });
  if (!made.ok) throw new Error(JSON.stringify(made.problems));
  const lines = readFileSync(join(folder, 'journal.ndjson'), 'utf8').trimEnd().split('\n');
  return { folder, lines, remove: () => rmSync(root, { recursive: true, force: true }) };
}

export function journalsTarget(): FuzzTarget {
  let made: ReturnType<typeof journalFolder> | null = null;
  let round = 0;
  return {
    name: 'journals',
    about: 'lines of a journal: read and reported without a throw, conservation stated, no record invented',
    async round(chance) {
      made ??= journalFolder();
      const findings: Finding[] = [];
      for (let left = 5; left > 0; left--) {
        const finding = checkJournal(made.folder, journalMutated(made.lines, chance), ++round % REPORT_ONE_IN === 0);
        if (finding !== null) findings.push(finding);
      }
      return { cases: 5, findings };
    },
    async close() {
      made?.remove();
    },
  };
}
