import { join } from 'node:path';
import type { Analysis } from '../../src/model/analysis.ts';
import type { Exchange } from '../../src/model/exchange.ts';
import type { EndRecord } from '../../src/model/journal.ts';
import type { Limited } from '../../src/model/outcome.ts';
import { runCommand } from '../cli/command-line.ts';
import { type ReadRun, readRun, type Workspace } from './run-folder.ts';

/** Every key of these tests; the simulator takes any. */
export const KEY_ENV = 'THIRD_PARTY_KEY';

export interface LiveRun extends ReadRun {
  readonly analysis: Analysis;
  readonly folder: string;
  readonly exitCode: number | null;
}

/** Runs a scenario as a person would: the generator in a process of its own, the report read back from its folder. */
export async function runLive(space: Workspace, name: string, scenario: string): Promise<LiveRun> {
  const file = space.write(`${name}.yaml`, `name: ${name}\nmodel: qwen3-max\n${scenario}`);
  const folder = join(space.path, name);
  const command = await runCommand(['run', file, '--yes', '--quiet', '--out', folder], {
    env: { [KEY_ENV]: 'sk-third-party' },
  });
  if (![0, 1, 3, 4].includes(command.exitCode ?? -1)) throw new Error(command.stderr);
  const run = readRun(folder);
  if (run.analysis === null) throw new Error(`no report: ${command.stderr}`);
  return { ...run, folder, analysis: run.analysis, exitCode: command.exitCode };
}

export interface TargetOptions {
  readonly baseUrl: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A target in one line of YAML, which JSON is. */
export function targetYaml({ baseUrl, headers = {} }: TargetOptions): string {
  return JSON.stringify({ baseUrl, dialect: 'openai', apiKeyEnv: KEY_ENV, headers });
}

/** The ends of one variant's attempts, in the order of their arrivals; a plain scenario has only `default`. */
export function endsOf(run: ReadRun, variant = 'default'): readonly EndRecord[] {
  const index = run.manifest.variants.findIndex((one) => one.name === variant);
  const ends = new Map(run.ends.map((end) => [end.requestId, end]));
  return run.sent
    .filter(({ arrival }) => arrival.variantIndex === index)
    .toSorted((a, b) => a.arrival.seq - b.arrival.seq)
    .flatMap(({ requestId }) => ends.get(requestId) ?? []);
}

export const limitedOf = (ends: readonly EndRecord[]) => ends.filter(({ outcome }) => outcome.kind === 'limited');
export const answeredOf = (ends: readonly EndRecord[]) => ends.filter(({ outcome }) => outcome.kind === 'ok');

/** What refused, as the report groups it. */
export const groupsOf = (analysis: Analysis, variant = 'default') =>
  analysis.limits.filter((group) => group.variant === variant).map((group) => `${group.ruleId}: ${sayer(group)}`);

/** `requests provider dashscope through portkey`: kind, origin, name, and the relay that rewrote it. */
export function sayer(said: Pick<Limited, 'limit' | 'origin' | 'originName' | 'rewrittenBy'>): string {
  const { limit, origin, originName, rewrittenBy } = said;
  return `${limit} ${origin} ${originName}${rewrittenBy === null ? '' : ` through ${rewrittenBy}`}`;
}

/** The same of one end; the outcome's kind where it is no limit. */
export const saidBy = ({ outcome }: EndRecord): string => (outcome.kind === 'limited' ? sayer(outcome) : outcome.kind);

/** Retries of its own that a relay reports; -1, all used up, becomes `attempts`. */
export function retriesReported({ headers }: Exchange, attempts: number): number {
  const count = Number(headers['x-portkey-retry-attempt-count'] ?? Number.NaN);
  return count < 0 ? attempts : count;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
