import type { Comparison, MinuteSeries } from '../../model/comparison.ts';
import { formatMs } from '../format.ts';
import type { ChartLine, LineChart } from './charts.ts';
import { variantColour } from './variant-colour.ts';

/** Minutes of all variants on one axis, in seconds; each value stands in the middle of its stretch. */
interface Axis {
  readonly startsMs: readonly number[];
  readonly bucketMs: number;
  readonly x: LineChart['x'];
}

function axisOf({ stability }: Comparison): Axis | null {
  const bucketMs = Math.max(0, ...stability.map(({ minutes }) => minutes.bucketMs));
  const startsMs = [...new Set(stability.flatMap(({ minutes }) => minutes.startMs))].sort((a, b) => a - b);
  const last = startsMs.at(-1);
  if (startsMs.length < 2 || last === undefined) return null;
  return {
    startsMs,
    bucketMs,
    x: {
      label: 'time since start',
      scale: 'seconds',
      values: startsMs.map((startMs) => (startMs + bucketMs / 2) / 1000),
      range: [(startsMs[0] ?? 0) / 1000, (last + bucketMs) / 1000],
    },
  };
}

type ValueAt = (minutes: MinuteSeries, index: number) => number | null;

function linesOf(comparison: Comparison, axis: Axis, valueAt: ValueAt): ChartLine[] {
  return comparison.stability.map(({ variant, minutes }) => ({
    label: variant,
    colour: variantColour(comparison, variant),
    shape: 'dots' as const,
    values: axis.startsMs.map((startMs) => {
      const index = minutes.startMs.indexOf(startMs);
      return index < 0 ? null : valueAt(minutes, index);
    }),
  }));
}

const unanswered: ValueAt = ({ requests, answered }, index) => {
  const sent = requests[index] ?? 0;
  return sent === 0 ? null : 1 - (answered[index] ?? 0) / sent;
};

const shows = (lines: readonly ChartLine[]): boolean =>
  lines.some((line) => line.values.some((value) => value !== null && value > 0));

/** Unanswered share and time to first token, minute by minute, one line per variant. Empty for a short run. */
export function overlayCharts(comparison: Comparison): readonly LineChart[] {
  const axis = axisOf(comparison);
  if (axis === null) return [];
  const every = `in stretches of ${formatMs(axis.bucketMs)}, one line per variant`;
  const chart = (
    given: Pick<LineChart, 'id' | 'title' | 'description' | 'y'> & { readonly valueAt: ValueAt },
  ): LineChart[] => {
    const { valueAt, ...rest } = given;
    const lines = linesOf(comparison, axis, valueAt);
    return shows(lines) ? [{ kind: 'lines', ...rest, x: axis.x, lines }] : [];
  };
  return [
    ...chart({
      id: 'overlay-unanswered',
      title: 'Requests without an answer',
      description: `Share of the requests that ended without an answer, ${every}.`,
      y: { label: 'share without an answer', scale: 'linear', unit: 'share' },
      valueAt: unanswered,
    }),
    ...chart({
      id: 'overlay-ttft',
      title: 'Time to first token, median',
      description: `Median of the answers, ${every}.`,
      y: { label: 'time to first token', scale: 'linear', unit: 'ms' },
      valueAt: (minutes, index) => minutes.ttftP50Ms[index] ?? null,
    }),
  ];
}
