import type { Reporter, ReportFile } from '../model/reporter.ts';
import { csvReporter } from './csv.ts';
import { hlogReporter } from './hlog.ts';
import { htmlReporter } from './html/page.ts';
import { jsonReporter } from './json.ts';
import { junitReporter } from './junit.ts';
import { markdownReporter } from './markdown.ts';

/** By the name a person gives on the command line. */
export const REPORTERS = {
  html: htmlReporter,
  markdown: markdownReporter,
  json: jsonReporter,
  junit: junitReporter,
  csv: csvReporter,
  hlog: hlogReporter,
} as const satisfies Readonly<Record<string, Reporter>>;

/** Every file of a run folder that is derived from its analysis. */
export const allReporters: Reporter = (analysis, options) => ({
  files: Object.values(REPORTERS).flatMap((reporter): readonly ReportFile[] => reporter(analysis, options).files),
});
