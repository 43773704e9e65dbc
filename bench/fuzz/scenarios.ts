import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseScenario, referencedFiles } from '../../src/scenario/parse.ts';
import { type Chance, mutated } from './chance.ts';
import { type Finding, type FuzzTarget, withoutThrow } from './target.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'scenarios');
const CPU_MS_MAX = 5000;

const VALUES: readonly string[] = [
  '-1',
  '0',
  '1e9/s',
  '1e400',
  'NaN',
  '.inf',
  '0x10',
  'null',
  '~',
  'yes',
  '[]',
  '{}',
  '[[[[]]]]',
  '*none',
  '&a [*a]',
  '!!js/function x',
  '!!binary aGk=',
  '"',
  "'",
  '|',
  '>-',
  '- -',
  '? a',
  '<<: *a',
  '99999999h',
  '1ms',
  '100%',
  '101%',
  '$-1',
  '限流',
  '\u0000',
  '\t',
  '{ hold: { rate: 1e6/s, for: 24h } }',
  '{ burst: 1e12 }',
  'ttft.p95{phase="a"} over 1ms < 2s',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as a scenario writes it
  '${HOME}',
  '__proto__',
  'constructor',
];

function mutatedText(text: string, others: readonly string[], chance: Chance): string {
  const lines = text.split('\n');
  for (let left = 1 + chance.below(4); left > 0; left--) {
    const at = chance.below(lines.length);
    const line = lines[at] ?? '';
    switch (chance.below(9)) {
      case 0:
        lines.splice(at, 1);
        break;
      case 1:
        lines.splice(at, 0, line);
        break;
      case 2:
        lines[at] = line.replace(/:\s.*$/, `: ${chance.pick(VALUES)}`);
        break;
      case 3:
        lines[at] = ' '.repeat(chance.below(4)) + line;
        break;
      case 4:
        lines[at] = line.replace(/\b(\d+)/, () => chance.pick(VALUES));
        break;
      case 5:
        lines[at] = line.replace(
          /^(\s*-?\s*)(\w+):/,
          (_, indent, key) => `${indent}${key.slice(1)}${chance.pick(['', 'x', '__proto__'])}:`,
        );
        break;
      case 6: {
        const other = chance.pick(others).split('\n');
        lines.splice(at, 0, ...other.slice(chance.below(other.length)).slice(0, 3));
        break;
      }
      case 7:
        lines[at] = line + chance.pick(VALUES);
        break;
      default:
        return mutated(Buffer.from(lines.join('\n')), chance).toString('utf8');
    }
  }
  return lines.join('\n');
}

/** Null when the text is read, or refused with problems that point into it. */
export function checkScenario(text: string): Finding | null {
  return withoutThrow(text, () => {
    const before = process.cpuUsage();
    referencedFiles(text);
    const parsed = parseScenario(text, { file: 'fuzzed.yaml', env: {} });
    const used = process.cpuUsage(before);
    if ((used.user + used.system) / 1000 > CPU_MS_MAX) return `it took ${(used.user + used.system) / 1000} ms of CPU`;
    const problems = parsed.ok ? parsed.warnings : parsed.problems;
    if (!parsed.ok && !problems.some(({ severity }) => severity === 'error')) return 'refused without an error';
    const lines = text.split(/\r\n|\r|\n/);
    for (const { message, where, code } of problems) {
      if (message === '') return `a problem without words: ${code}`;
      if (where === null) return `a problem without a place: ${code} ${message}`;
      const inside = where.line >= 1 && where.column >= 1 && where.line <= lines.length;
      if (!inside) return `a place outside of the text: ${code} ${where.line}:${where.column} of ${lines.length} lines`;
    }
    return null;
  });
}

export function scenariosTarget(): FuzzTarget {
  const texts = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readFileSync(join(FOLDER, name), 'utf8'));
  return {
    name: 'scenarios',
    about: 'text of scenarios: read, or refused with problems that point into it',
    async round(chance) {
      const findings: Finding[] = [];
      for (let left = 20; left > 0; left--) {
        const finding = checkScenario(mutatedText(chance.pick(texts), texts, chance));
        if (finding !== null) findings.push(finding);
      }
      return { cases: 20, findings };
    },
    async close() {},
  };
}
