import { accessSync, constants, existsSync, mkdirSync, rmdirSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Checked, Problem } from '../model/problem.ts';

export interface RunFolderOptions {
  readonly path: string;
  /** Where the name is taken, try `-2`, `-3` ...: two runs may start in the same second. */
  readonly numbered?: boolean;
  /** Free space the run will need; 0 = not checked. */
  readonly needBytes?: number;
  /** Asks the disk; replaced in tests. */
  readonly freeBytes?: FreeBytes;
}

/** Bytes that can still be written beside a path; null when the platform does not say. */
export type FreeBytes = (path: string) => number | null;

/** Names tried before giving up. */
const NUMBERS_MAX = 100;

/**
 * Creates the folder of one run, readable by its owner only (prompts and refusals are nobody else's business), and the
 * folders above it. Gives the path that was created. An existing folder is never written into, and one whose disk has too
 * little room does not stay.
 */
export function createRunFolder(options: RunFolderOptions): Checked<string> {
  const path = resolve(options.path);
  const names = options.numbered ? NUMBERS_MAX : 1;
  try {
    makeParents(dirname(path));
    for (let number = 1; number <= names; number++) {
      const candidate = number === 1 ? path : `${path}-${number}`;
      if (!makeFolder(candidate)) continue;
      accessSync(candidate, constants.W_OK);
      const space = spaceProblem(candidate, options);
      if (space === null) return { ok: true, value: candidate, warnings: [] };
      rmdirSync(candidate);
      return failure(space);
    }
    return failure(problem('run-folder-exists', `${path} exists already.`, 'Name another folder with --out.'));
  } catch (error) {
    return failure(folderProblem(path, error));
  }
}

export function freeBytes(path: string): number | null {
  try {
    const stats = statfsSync(path);
    return stats.bavail * stats.bsize;
  } catch {
    return null;
  }
}

/**
 * Not `mkdir` with `recursive`: where a file system answers ENOENT below a folder that exists (as /proc does), Node
 * 24.21 tries again for ever.
 */
function makeParents(path: string): void {
  if (existsSync(path)) return;
  makeParents(dirname(path));
  makeFolder(path, 0o777);
}

/** False when the name is taken. */
function makeFolder(path: string, mode = 0o700): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function spaceProblem(path: string, options: RunFolderOptions): Problem | null {
  const { needBytes = 0 } = options;
  const free = needBytes > 0 ? (options.freeBytes ?? freeBytes)(path) : null;
  if (free === null || free >= needBytes) return null;
  return problem(
    'disk-full',
    `${path} has ${megabytes(free)} MB free; the journal may need ${megabytes(needBytes)} MB.`,
    'Free some space, name a folder on another disk with --out, or let the run stop at safety.maxJournalBytes.',
  );
}

function folderProblem(path: string, error: unknown): Problem {
  const code = codeOf(error);
  const message = `The run folder ${path} cannot be created (${code ?? String(error)}).`;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return problem('disk-full', message, 'The disk is full: free some space, or name another folder with --out.');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return problem('run-folder-unwritable', message, 'Name a folder you may write to with --out.');
    case 'EEXIST':
    case 'ENOTDIR':
      return problem('run-folder-unwritable', message, 'A file stands where a folder is needed: name another --out.');
    default:
      return problem('run-folder-unwritable', message, 'Name another folder with --out.');
  }
}

function problem(code: string, message: string, hint: string): Problem {
  return { code, severity: 'error', message, hint, where: null };
}

function failure(found: Problem): { readonly ok: false; readonly problems: readonly Problem[] } {
  return { ok: false, problems: [found] };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0);
}
