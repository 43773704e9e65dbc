import type { LatencyHistogram } from '../model/analysis.ts';
import type { Reporter } from '../model/reporter.ts';
import { formatUtc } from './format.ts';

/** The tag may not hold what separates fields of the log. */
const tagOf = (histogram: LatencyHistogram, several: boolean): string =>
  [...(several ? [histogram.variant] : []), histogram.metric, histogram.group]
    .join('.')
    .replace(/[\s,=#"\p{Cc}]/gu, '_');

const line = (tag: string, durationMs: number, maxMs: number, hdr: string): string =>
  `Tag=${tag},0.000,${(durationMs / 1000).toFixed(3)},${maxMs.toFixed(3)},${hdr}`;

/**
 * `latency.hlog`: the interval log of HdrHistogram, format 1.3, one line per metric and group over the whole run. Values
 * are microseconds; the printed maximum is in milliseconds, the format's usual ratio. Written here and not by
 * HistogramLogWriter because that one prints the start time in the time zone of the machine.
 */
export const hlogReporter: Reporter = (analysis) => {
  const { t0WallMs, variants } = analysis.manifest;
  const rows = analysis.histograms.flatMap((histogram) =>
    histogram.hdr !== null && /^[A-Za-z0-9+/=]+$/.test(histogram.hdr)
      ? [
          line(
            tagOf(histogram, variants.length > 1),
            analysis.durationMs,
            histogram.percentiles.max ?? 0,
            histogram.hdr,
          ),
        ]
      : [],
  );
  const text = [
    '#[Logged by quotascope; values are microseconds]',
    '#[Histogram log format version 1.3]',
    `#[StartTime: ${(t0WallMs / 1000).toFixed(3)} (seconds since epoch), ${formatUtc(t0WallMs)}]`,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ...rows,
    '',
  ].join('\n');
  return { files: [{ name: 'latency.hlog', bytes: text }] };
};
