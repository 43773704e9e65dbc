import { join } from 'node:path';
import { JOURNAL_NAME, writeManifest } from '../journal/manifest-file.ts';
import { type JournalWriter, journalWriter } from '../journal/writer.ts';
import type { Clock } from '../model/clock.ts';
import type { Manifest } from '../model/manifest.ts';
import { type CommandResult, diskFailure, environmentFailure } from './failure.ts';

export interface RecordsOptions {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly secrets: readonly string[];
  /** Null in virtual time. */
  readonly clock: Clock | null;
  /** `safety.maxJournalBytes`; left out or null = no cap. */
  readonly maxBytes?: number | null;
}

/** Writes the manifest and begins the journal beside it. Fails on the disk alone. */
export function beginRecords(options: RecordsOptions): CommandResult<{ readonly journal: JournalWriter }> {
  const { folder, secrets, clock, maxBytes = null } = options;
  const written = recordManifest(options);
  if (!written.ok) return written;
  try {
    const path = join(folder, JOURNAL_NAME);
    return { ok: true, journal: journalWriter({ path, secrets, maxBytes, clock }) };
  } catch (error) {
    return diskFailure('journal', 'cannot begin the journal', error);
  }
}

/** The manifest alone, for a forecast that keeps no journal. */
export function recordManifest(
  options: Pick<RecordsOptions, 'folder' | 'manifest' | 'secrets'>,
): CommandResult<{ readonly journal: null }> {
  try {
    writeManifest(options.folder, options.manifest, options.secrets);
    return { ok: true, journal: null };
  } catch (error) {
    return diskFailure('manifest', 'cannot write the manifest', error);
  }
}

/** Closes a journal and says whether it is whole. */
export function endRecords(journal: JournalWriter, folder: string): CommandResult<object> {
  journal.close();
  const failure = journal.failed();
  if (failure === null) return { ok: true };
  const hint = `what was written until then stays: make room, then quotascope report ${folder}`;
  return environmentFailure('journal', `the journal broke off: ${failure.message}`, hint);
}
