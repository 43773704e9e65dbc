import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, SCHEMA_VERSION } from '../model/manifest.ts';
import type { Checked, Problem } from '../model/problem.ts';
import { secretRemover } from './redaction.ts';

const MANIFEST_NAME = 'manifest.json';
export const JOURNAL_NAME = 'journal.ndjson';

/** Writes a file so that a reader sees the old one or the new one, never half of it. Throws what the disk throws. */
export function writeFileAtomic(path: string, bytes: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  try {
    const file = openSync(temporary, 'w', 0o600);
    try {
      let written = 0;
      while (written < buffer.length) written += writeSync(file, buffer, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Throws what the disk throws. `secrets` appear in no part of it, as in headers that a scenario states. */
export function writeManifest(folder: string, manifest: Manifest, secrets: readonly string[]): void {
  const redact = secretRemover(secrets);
  const text = JSON.stringify(manifest, (_, value: unknown) => (typeof value === 'string' ? redact(value) : value), 2);
  writeFileAtomic(join(folder, MANIFEST_NAME), `${text}\n`);
}

export function readManifest(folder: string): Checked<Manifest> {
  const path = join(folder, MANIFEST_NAME);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failure('manifest-unreadable', `${path} cannot be read: ${reason}.`, 'Name the folder of a run.');
  }
  const version = typeof value === 'object' && value !== null && 'schemaVersion' in value ? value.schemaVersion : null;
  if (version !== SCHEMA_VERSION) {
    return failure(
      'manifest-version',
      `${path} has schema version ${String(version)}; this version reads ${SCHEMA_VERSION}.`,
      'Read it with the version of quotascope that wrote it.',
    );
  }
  return { ok: true, value: value as Manifest, warnings: [] };
}

function failure(code: string, message: string, hint: string): { ok: false; problems: readonly Problem[] } {
  return { ok: false, problems: [{ code, severity: 'error', message, hint, where: null }] };
}
