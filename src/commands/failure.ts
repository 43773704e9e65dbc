import type { Problem } from '../model/problem.ts';
import { EXIT } from './exit-code.ts';

/** A command could not do its work: everything that was wrong, and the exit code that says whose fault it is. */
export interface Failure {
  readonly ok: false;
  readonly exitCode: typeof EXIT.usage | typeof EXIT.environment;
  readonly problems: readonly Problem[];
}

export type CommandResult<T> = ({ readonly ok: true } & T) | Failure;

export function usageFailure(...problems: readonly Problem[]): Failure {
  return { ok: false, exitCode: EXIT.usage, problems };
}

export function environmentFailure(code: string, message: string, hint: string | null = null): Failure {
  return { ok: false, exitCode: EXIT.environment, problems: [{ code, severity: 'error', message, hint, where: null }] };
}

/** `ENOENT: no such file or directory, open 'x'` says it well already; anything else as text. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What the disk or the network threw, as opposed to a broken invariant of ours. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'errno' in error;
}

/** Rethrows what the disk did not throw: that is a bug of ours. */
export function diskFailure(code: string, what: string, error: unknown): Failure {
  if (!isSystemError(error)) throw error;
  const hint =
    error.code === 'ENOSPC' || error.code === 'EDQUOT'
      ? 'the disk is full: free some space, or name a folder on another disk with --out'
      : 'name another folder with --out, and look at what stands in the way of this one';
  return environmentFailure(code, `${what}: ${error.message}`, hint);
}
