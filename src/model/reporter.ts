import type { Analysis } from './analysis.ts';

export interface ReportOptions {
  /** ISO date-time printed as the report's date: an input, so that equal input gives equal bytes. */
  readonly generatedAt: string;
  /** Contents of files to inline: `uPlot.js`, `uPlot.css`. */
  readonly assets: Readonly<Record<string, string>>;
}

export interface ReportFile {
  readonly name: string;
  readonly bytes: string | Uint8Array;
}

/** Analysis in, bytes out; no I/O, no clock. */
export type Reporter = (analysis: Analysis, options: ReportOptions) => { readonly files: readonly ReportFile[] };
