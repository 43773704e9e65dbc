import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadScenario } from '../../src/commands/load-scenario.ts';

import { JOURNAL_NAME, readManifest } from '../../src/journal/manifest-file.ts';
import { readJournal } from '../../src/journal/reader.ts';
import type { Analysis } from '../../src/model/analysis.ts';
import type { EndRecord, FinishRecord, JournalRecord, NotSentRecord, SentRecord } from '../../src/model/journal.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import { planSchedule } from '../../src/schedule/plan.ts';

export interface Workspace {
  readonly path: string;
  /** Writes a file into it and gives its path. */
  write(name: string, text: string): string;
  remove(): void;
}

export function createWorkspace(): Workspace {
  const path = mkdtempSync(join(tmpdir(), 'quotascope-test-'));
  return {
    path,
    write(name, text) {
      writeFileSync(join(path, name), text);
      return join(path, name);
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

export interface ReadRun {
  readonly manifest: Manifest;
  readonly sent: readonly SentRecord[];
  readonly ends: readonly EndRecord[];
  readonly notSent: readonly NotSentRecord[];
  readonly stalls: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly finish: FinishRecord | null;
  /** Null where no report was written. */
  readonly analysis: Analysis | null;
}

/** A run folder as it is on the disk. */
export function readRun(folder: string): ReadRun {
  const manifest = readManifest(folder);
  if (!manifest.ok) throw new Error(manifest.problems[0]?.message);
  const records: JournalRecord[] = [];
  readJournal(join(folder, JOURNAL_NAME), (record) => records.push(record));
  return {
    manifest: manifest.value,
    sent: records.filter((record) => record.type === 'sent'),
    ends: records.filter((record) => record.type === 'end'),
    notSent: records.filter((record) => record.type === 'not_sent'),
    stalls: records.filter((record) => record.type === 'stall'),
    finish: records.find((record) => record.type === 'finish') ?? null,
    analysis: readAnalysis(folder),
  };
}

function readAnalysis(folder: string): Analysis | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'findings.json'), 'utf8'));
  } catch {
    return null;
  }
}

/** The instants at which a scenario's requests should leave, ms since t0. */
export function plannedInstants(file: string): readonly number[] {
  const loaded = loadScenario({ file, env: {} });
  if (!loaded.ok) throw new Error(loaded.problems[0]?.message);
  const source = planSchedule(loaded.scenario.traffic, { seed: loaded.scenario.seed }).source();
  const instants: number[] = [];
  while (source.nextDueMs() !== null) instants.push(source.take().scheduledMs);
  return instants;
}
