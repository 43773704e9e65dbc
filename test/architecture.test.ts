import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

/** Who may import whom. `pure` rooms take time as a number and chance as a seed, and touch nothing outside. */
const ROOMS: Record<string, { pure: boolean; imports: readonly string[] }> = {
  model: { pure: true, imports: [] },
  stats: { pure: true, imports: ['model'] },
  catalog: { pure: true, imports: ['model'] },
  scenario: { pure: true, imports: ['model', 'catalog'] },
  schedule: { pure: true, imports: ['model', 'stats'] },
  workload: { pure: true, imports: ['model', 'stats', 'catalog'] },
  limiters: { pure: true, imports: ['model'] },
  outcomes: { pure: true, imports: ['model'] },
  targets: { pure: true, imports: ['model', 'catalog'] },
  tactics: { pure: true, imports: ['model', 'stats'] },
  runner: { pure: true, imports: ['model', 'targets', 'outcomes', 'tactics'] },
  drivers: { pure: false, imports: ['model', 'simulator'] },
  journal: { pure: false, imports: ['model'] },
  analysis: { pure: true, imports: ['model', 'stats', 'catalog', 'outcomes', 'limiters'] },
  report: { pure: true, imports: ['model'] },
  simulator: { pure: false, imports: ['model', 'stats', 'catalog', 'limiters'] },
  commands: {
    pure: false,
    imports: [
      'model',
      'stats',
      'catalog',
      'scenario',
      'schedule',
      'workload',
      'limiters',
      'outcomes',
      'targets',
      'tactics',
      'runner',
      'drivers',
      'journal',
      'analysis',
      'report',
      'simulator',
    ],
  },
  cli: { pure: false, imports: ['commands', 'model', 'scenario', 'report'] },
};

/** Packages a pure room may use: no I/O in any of them. */
const PURE_PACKAGES = ['yaml', 'zod', 'eventsource-parser', 'hdr-histogram-js'];

/** What pure rooms must not even mention. `node:` imports are checked apart. */
const IMPURE =
  /\bDate\b|\bperformance\b|\bprocess\.|\bMath\.random\b|\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|\bconsole\.|\bcrypto\b|\bfetch\(|\bglobalThis\b/;

const SRC = join(import.meta.dirname, '..', 'src');
const files = globSync('**/*.ts', { cwd: SRC }).map((path) => ({ path, text: readFileSync(join(SRC, path), 'utf8') }));

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] as string);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');
}

const roomOf = (path: string) => path.split('/')[0] as string;

test('every folder of src is a room of the table', () => {
  const rooms = new Set(files.filter((file) => file.path.includes('/')).map((file) => roomOf(file.path)));
  expect([...rooms].filter((room) => !(room in ROOMS))).toEqual([]);
});

test('rooms import only the rooms the table allows', () => {
  const broken: string[] = [];
  for (const file of files) {
    const room = roomOf(file.path);
    if (!(room in ROOMS)) continue;
    for (const specifier of importsOf(file.text).filter((name) => name.startsWith('.'))) {
      const target = roomOf(relative(SRC, join(SRC, dirname(file.path), specifier)));
      if (target !== room && !ROOMS[room]?.imports.includes(target)) broken.push(`${file.path} imports ${specifier}`);
    }
  }
  expect(broken).toEqual([]);
});

test('pure rooms use no node module, no package with I/O, no clock and no chance', () => {
  const broken: string[] = [];
  for (const file of files.filter((entry) => ROOMS[roomOf(entry.path)]?.pure)) {
    for (const specifier of importsOf(file.text).filter((name) => !name.startsWith('.'))) {
      if (!PURE_PACKAGES.includes(specifier)) broken.push(`${file.path} imports ${specifier}`);
    }
    const mention = withoutComments(file.text).match(IMPURE);
    if (mention) broken.push(`${file.path} mentions ${mention[0]}`);
  }
  expect(broken).toEqual([]);
});

test('the simulator knows nothing of the classifier or the dialects it is tested with', () => {
  const room = ROOMS.simulator?.imports ?? [];
  expect(room).not.toContain('outcomes');
  expect(room).not.toContain('targets');
});

test('the table has no cycles', () => {
  const visit = (room: string, path: readonly string[]): string[] =>
    path.includes(room)
      ? [[...path, room].join(' -> ')]
      : (ROOMS[room]?.imports ?? []).flatMap((next) => visit(next, [...path, room]));
  expect(Object.keys(ROOMS).flatMap((room) => visit(room, []))).toEqual([]);
});

test('files stay under 300 lines', () => {
  const long = files
    .map(({ path, text }) => [path, text.split('\n').length] as const)
    .filter(([, lines]) => lines > 300);
  expect(long).toEqual([]);
});

test('no default exports, no drawers', () => {
  const named = files
    .filter(({ path }) => /(^|\/)(utils?|helpers?|misc|common)\.ts$/.test(path))
    .map(({ path }) => path);
  const defaults = files.filter(({ text }) => /^export default/m.test(text)).map(({ path }) => path);
  expect([...named, ...defaults]).toEqual([]);
});
