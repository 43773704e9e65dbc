import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);

/** The version in package.json, which stands two levels above this file in the source as in the build. */
export function toolVersion(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
  return manifest.version;
}

/** Commit of the checkout this runs from; null when installed as a package. */
export function gitCommit(): string | null {
  if (!existsSync(new URL('.git', ROOT))) return null;
  try {
    const args = ['rev-parse', '--short', 'HEAD'];
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}
