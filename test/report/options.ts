import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ReportOptions } from '../../src/model/reporter.ts';

const DIST = dirname(createRequire(import.meta.url).resolve('uplot'));

/** The files a command hands to the reporters. */
const UPLOT_ASSETS = {
  'uPlot.js': readFileSync(join(DIST, 'uPlot.iife.min.js'), 'utf8'),
  'uPlot.css': readFileSync(join(DIST, 'uPlot.min.css'), 'utf8'),
};

export const OPTIONS: ReportOptions = { generatedAt: '2026-07-01T12:10:00Z', assets: UPLOT_ASSETS };

/** Stands for uPlot where only the page around it matters. */
export const SMALL_OPTIONS: ReportOptions = {
  generatedAt: '2026-07-01T12:10:00Z',
  assets: { 'uPlot.js': 'var uPlot = function () {};', 'uPlot.css': '.uplot{}' },
};

export function fileOf(
  files: readonly { readonly name: string; readonly bytes: string | Uint8Array }[],
  name: string,
): string {
  const file = files.find((entry) => entry.name === name);
  if (file === undefined) throw new Error(`no file ${name}`);
  return typeof file.bytes === 'string' ? file.bytes : new TextDecoder().decode(file.bytes);
}
