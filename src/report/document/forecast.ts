import type { Analysis } from '../../model/analysis.ts';
import { formatNumber, formatShare, NONE } from '../format.ts';
import { limiterWords, outcomeWords } from '../words.ts';
import { type Cell, left, right, type Section, table, text } from './blocks.ts';
import { layerOrder } from './charts.ts';

export function forecastSection(analysis: Analysis): Section {
  const { forecast, manifest } = analysis;
  if (forecast === null) return { id: 'forecast', title: 'Forecast', blocks: [] };
  const range = Object.entries(forecast.range)
    .sort(([left], [right]) => layerOrder(left) - layerOrder(right) || (left < right ? -1 : 1))
    .map(([label, { low, high }]): Cell[] => [{ kind: 'outcome', label }, formatShare(low), formatShare(high)]);
  const members = forecast.members.map((member): Cell[] => [
    limiterWords(member.limiter),
    formatNumber(member.seed),
    formatShare(member.okShare),
    Object.entries(member.limitedShare)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([kind, share]) => `${outcomeWords(kind.includes('.') ? kind : `limited.${kind}`)} ${formatShare(share)}`)
      .join(', ') || NONE,
  ]);
  const scope =
    manifest.forecastLimiter === null
      ? 'The algorithm behind the published numbers is unknown, so the same traffic was run against the whole family of limiters they allow.'
      : `One limiter was assumed: ${limiterWords(manifest.forecastLimiter)}.`;
  return {
    id: 'forecast',
    title: 'Forecast',
    blocks: [
      text(
        `${scope} Worst: ${limiterWords(forecast.worst.limiter)}, ${formatShare(forecast.worst.okShare)} answered. Best: ${limiterWords(forecast.best.limiter)}, ${formatShare(forecast.best.okShare)} answered.`,
      ),
      ...table([left('Outcome'), right('At least'), right('At most')], range, 'Range over the family'),
      {
        kind: 'details',
        summary: `All ${formatNumber(members.length)} members of the family`,
        blocks: table([left('Limiter'), right('Seed'), right('Answered'), left('Limited')], members),
      },
    ],
  };
}
