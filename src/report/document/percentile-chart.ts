import type { Analysis, LatencyHistogram } from '../../model/analysis.ts';
import { GROUP_WORDS, METRIC_WORDS } from '../words.ts';
import type { LineChart } from './charts.ts';

/** A share on the axis, -log10(1 - share). The maximum of n samples stands half a sample before 1, which is infinitely far. */
const shareAxis = (share: number, count: number): number =>
  -Math.log10(1 - Math.min(share, 1 - 0.5 / Math.max(1, count)));

/** Straight between the two neighbours; null outside the curve. */
function valueAt(histogram: LatencyHistogram, x: number): number | null {
  const points = histogram.curve;
  const { count } = histogram.percentiles;
  const upper = points.findIndex((point) => shareAxis(point.share, count) >= x - 1e-9);
  const right = points[upper];
  if (right === undefined) return null;
  const left = points[upper - 1];
  const rightX = shareAxis(right.share, count);
  if (left === undefined || rightX - x < 1e-9) return rightX - x < 1e-9 ? right.valueMs : null;
  const leftX = shareAxis(left.share, count);
  return rightX === leftX
    ? right.valueMs
    : left.valueMs + ((x - leftX) / (rightX - leftX)) * (right.valueMs - left.valueMs);
}

const CURVE_METRICS: readonly LatencyHistogram['metric'][] = ['ttft', 'service', 'response'];
const CURVE_GROUPS: readonly LatencyHistogram['group'][] = ['admitted', 'refused'];
const CURVES_MAX = 6;

/** On a generator that keeps its schedule, response time is service time: a curve of its own would hide the other. */
const VISIBLE_SHARE = 0.02;

function hiddenBehindService(entry: LatencyHistogram, all: readonly LatencyHistogram[]): boolean {
  if (entry.metric !== 'response') return false;
  const service = all.find(
    (other) =>
      other.metric === 'service' &&
      other.phase === null &&
      other.group === entry.group &&
      other.variant === entry.variant,
  );
  const [own, other] = [entry.percentiles.max, service?.percentiles.max];
  const [median, otherMedian] = [entry.percentiles.p50, service?.percentiles.p50];
  const close = (left: number | null | undefined, right: number | null | undefined) =>
    left === right || (left != null && right != null && Math.abs(left - right) <= VISIBLE_SHARE * Math.abs(right));
  return close(own, other) && close(median, otherMedian);
}

/** Percentile curves of what a caller waits for, accepted and refused apart. */
export function percentileChart(analysis: Analysis): LineChart | null {
  const several = analysis.manifest.variants.length > 1;
  const metrics = several ? (['ttft', 'service'] as const) : CURVE_METRICS;
  const drawn = metrics
    .flatMap((metric) =>
      CURVE_GROUPS.flatMap((group) =>
        analysis.histograms.filter(
          (entry) =>
            entry.phase === null &&
            entry.metric === metric &&
            entry.group === group &&
            entry.curve.length > 1 &&
            !hiddenBehindService(entry, analysis.histograms),
        ),
      ),
    )
    .slice(0, CURVES_MAX);
  if (drawn.length === 0) return null;
  const values = [
    ...new Set(drawn.flatMap((entry) => entry.curve.map((point) => shareAxis(point.share, entry.percentiles.count)))),
  ].sort((a, b) => a - b);
  return {
    kind: 'lines',
    id: 'percentiles',
    title: 'Percentile curves',
    description: 'Latency by percentile; the axis widens the tail. Accepted and refused attempts are separate curves.',
    x: { label: 'percentile', scale: 'share', values, range: null },
    y: { label: 'latency', scale: 'log', unit: 'ms' },
    lines: drawn.map((entry, index) => ({
      label: `${several ? `${entry.variant}, ` : ''}${METRIC_WORDS[entry.metric].name}, ${GROUP_WORDS[entry.group]}`,
      colour: `curve-${index + 1}`,
      shape: 'line' as const,
      values: values.map((x) => valueAt(entry, x)).map((value) => (value !== null && value > 0 ? value : null)),
    })),
  };
}
