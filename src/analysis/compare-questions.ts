import type { QuestionId } from '../model/comparison.ts';
import { FLAG } from './compare-columns.ts';
import { kindsLost, kindsSeen } from './compare-kinds.ts';
import { retrySign, usualTtft } from './compare-retries.ts';
import { type QuestionSpec, SHARE, type Shared, share } from './compare-spec.ts';
import type { RequestTable, ValueOf } from './compare-table.ts';
import { unpricedText } from './cost.ts';

/** A gap between two pieces of a stream that a reader notices as a standstill. */
export const STALL_MS = 1000;

const flag =
  (bit: number, among: number): ValueOf =>
  ({ words }, row) => {
    const flags = words.flags[row] as number;
    return (flags & among) === 0 ? Number.NaN : (flags & bit) === 0 ? 0 : 1;
  };
const attempted = (bit: number) => flag(bit, FLAG.attempted);
const planned: ValueOf = ({ words }, row) => ((words.flags[row] as number) & FLAG.answered ? 1 : 0);

const quantileOf = (p: number): Shared => ({ unit: 'ms', measure: { kind: 'quantile', share: p }, unaskable: null });

const SHARES: readonly QuestionSpec[] = [
  {
    ...SHARE,
    id: 'availability',
    question: 'Which answers more of the requests that were sent?',
    figure: 'share answered',
    better: 'higher',
    value: attempted(FLAG.answered),
    margin: share(0.005),
  },
  {
    ...SHARE,
    id: 'limited',
    question: 'Which meets fewer rate limits?',
    figure: 'share of requests that met a limit',
    better: 'lower',
    value: ({ words, bytes }, row) =>
      (words.flags[row] as number) & FLAG.attempted ? ((bytes.kinds[row] as number) !== 0 ? 1 : 0) : Number.NaN,
    margin: share(0.005),
  },
  {
    ...SHARE,
    id: 'errors',
    question: 'Which fails less for other reasons than limits?',
    figure: 'share that ended in an error',
    better: 'lower',
    value: ({ words }, row) => {
      const flags = words.flags[row] as number;
      if ((flags & FLAG.attempted) === 0) return Number.NaN;
      return (flags & FLAG.error) !== 0 && (flags & FLAG.truncated) === 0 ? 1 : 0;
    },
    margin: share(0.005),
  },
  {
    ...SHARE,
    id: 'truncated',
    question: 'Which cuts fewer streams?',
    figure: 'share of accepted streams without a finish reason',
    better: 'lower',
    value: flag(FLAG.truncated, FLAG.admitted | FLAG.truncated),
    margin: share(0.005),
  },
  {
    ...SHARE,
    id: 'stalls',
    question: 'Which stream stands still less often?',
    figure: `share of streams with a standstill over ${STALL_MS / 1000} s`,
    better: 'lower',
    value: ({ floats }, row) => {
      const longestMs = floats.stallMs[row] as number;
      return Number.isNaN(longestMs) ? Number.NaN : longestMs > STALL_MS ? 1 : 0;
    },
    margin: share(0.01),
  },
  {
    ...SHARE,
    id: 'model_identity',
    question: 'Which answers more often with the model that was asked?',
    figure: 'share of answers that name another model',
    better: 'lower',
    value: flag(FLAG.wrongModel, FLAG.namedModel),
    margin: share(0.005),
  },
];

const DURATIONS: readonly QuestionSpec[] = [
  {
    ...quantileOf(0.5),
    id: 'ttft_median',
    question: 'Which starts to answer sooner?',
    figure: 'median time to the first token',
    better: 'lower',
    value: ({ floats }, row) => floats.ttftMs[row] as number,
    margin: { absolute: 20, relative: 0.1 },
  },
  {
    ...quantileOf(0.95),
    id: 'ttft_p95',
    question: 'Which has the shorter slow starts?',
    figure: 'p95 of the time to the first token',
    better: 'lower',
    value: ({ floats }, row) => floats.ttftMs[row] as number,
    margin: { absolute: 20, relative: 0.1 },
  },
  {
    ...quantileOf(0.5),
    id: 'total_time',
    question: 'Which is done sooner, waiting of our own included?',
    figure: 'median time from the planned instant to the end',
    better: 'lower',
    value: ({ floats }, row) => floats.responseMs[row] as number,
    margin: { absolute: 20, relative: 0.1 },
  },
  {
    ...quantileOf(0.25),
    id: 'overhead',
    question: 'Which adds fewer milliseconds to every answer?',
    figure: 'lower quartile of the time to the first token, where the model itself adds least',
    better: 'lower',
    value: ({ floats }, row) => floats.ttftMs[row] as number,
    margin: { absolute: 20, relative: 0 },
  },
];

const USAGE: QuestionSpec = {
  id: 'usage',
  question: 'Which reports fewer prompt tokens for the same prompts?',
  figure: 'reported prompt tokens over the estimate, mean',
  unit: 'share',
  better: 'lower',
  measure: { kind: 'mean' },
  // Later turns carry the answers before them, which differ.
  value: ({ floats, words }, row) =>
    (words.turn[row] as number) === 0 ? (floats.promptRatio[row] as number) : Number.NaN,
  margin: { absolute: 0, relative: 0.01 },
  unaskable: null,
};

/** A question that takes the same from every variant, whoever it is held against. */
export function plainQuestion(id: QuestionId): QuestionSpec {
  const found = [...SHARES, ...DURATIONS].find((each) => each.id === id);
  if (found === undefined) throw new Error(`${id} is no plain question`);
  return found;
}

/** Everything that can be asked of two variants, in the order of the report. */
export function questionsFor(a: RequestTable, b: RequestTable): readonly QuestionSpec[] {
  const [availability, ...others] = SHARES as readonly [QuestionSpec, ...QuestionSpec[]];
  return [
    availability,
    goodput([a, b]),
    ...others,
    kindsLost([a, b]),
    ...kindsSeen([a, b]),
    ...DURATIONS,
    late(a, b),
    USAGE,
    cost(a, b),
  ];
}

/** Planned requests per second of the run: what all of them answered would come to. */
const plannedPerSecond = ({ count, durationMs }: RequestTable): number => count / (Math.max(1, durationMs) / 1000);

function goodput(tables: readonly RequestTable[]): QuestionSpec {
  return {
    id: 'goodput',
    question: 'Which gives more useful answers per time at the same schedule?',
    figure: 'useful answers per second of the run',
    unit: 'perSecond',
    better: 'higher',
    // One rate for both: the schedule is the same, and a longer tail of answers is no slower goodput.
    measure: { kind: 'ratio', per: () => 1, scale: Math.max(...tables.map(plannedPerSecond)) },
    value: planned,
    own: { scale: plannedPerSecond },
    margin: { absolute: 0, relative: 0.01 },
    unaskable: null,
  };
}

/**
 * Lateness is read twice. Against each variant's own usual start and spread, so that a slower relay is not taken for one
 * that retries; and against what is usual for both together, which knows nothing of the sides: estimating the usual per
 * side adds an error that is the same in every block, and blocks cannot show it.
 */
function late(a: RequestTable, b: RequestTable): QuestionSpec {
  const usual = [usualTtft(a), usualTtft(b)] as const;
  const together = usualTtft(a, b);
  const spreads = usual.map((each) => each?.spreadMs ?? 0);
  const middle = Math.sqrt((spreads[0] ?? 0) * (spreads[1] ?? 0));
  const signs = usual.map((each, side) => {
    const spread = spreads[side] ?? 0;
    return each === null ? null : retrySign(each, spread > 0 && middle > 0 ? middle / spread : 1);
  });
  const ownSigns = usual.map((each) => (each === null ? null : retrySign(each, 1)));
  return {
    ...SHARE,
    id: 'hidden_retries',
    question: 'Which shows fewer signs of retries behind our back?',
    figure: 'share of answers 0.7-1.5 s or 2.5-4 s later than usual for the variant, or said to be retried',
    better: 'lower',
    value: (table, row) => signs[table === a ? 0 : 1]?.(table, row) ?? Number.NaN,
    own: { value: (table, row) => ownSigns[table === a ? 0 : 1]?.(table, row) ?? Number.NaN },
    ...(together === null ? {} : { mustAgree: retrySign(together, 1) }),
    margin: share(0.01),
    unaskable: usual.includes(null) ? 'no answer was streamed' : null,
  };
}

function cost(a: RequestTable, b: RequestTable): QuestionSpec {
  const unpriced = [a, b].filter(({ cost: { totalUsd } }) => totalUsd === null);
  return {
    id: 'cost',
    question: 'Which costs less per thousand useful answers?',
    figure: 'US dollars per thousand useful answers',
    unit: 'usd',
    better: 'lower',
    measure: { kind: 'ratio', per: planned, scale: 1000 },
    value: ({ doubles }, row) => doubles.usd[row] as number,
    margin: { absolute: 0, relative: 0.02 },
    unaskable: unpriced.length === 0 ? null : unpriced.map((table) => unpricedText(table.cost)).join('; '),
  };
}
