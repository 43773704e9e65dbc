import { LIMIT_KINDS, type LimitKind } from '../model/outcome.ts';
import { FLAG } from './compare-columns.ts';
import { type QuestionSpec, SHARE, share } from './compare-spec.ts';
import type { RequestTable } from './compare-table.ts';

/** Asked of refused requests alone: partners are seldom refused together. */
export function kindsLost(tables: readonly RequestTable[]): QuestionSpec {
  const never = tables
    .filter(({ bytes, count }) => bytes.refused.subarray(0, count).every((refused) => refused === 0))
    .map(({ variant }) => variant.name);
  return {
    ...SHARE,
    id: 'kinds_lost',
    question: 'Which still tells what kind of limit refused?',
    figure: 'share of refused requests whose kind is hidden by the words',
    better: 'lower',
    value: ({ words, bytes }, row) =>
      (bytes.refused[row] as number) === 0 ? Number.NaN : (words.flags[row] as number) & FLAG.kindLost ? 1 : 0,
    eachSide: true,
    margin: share(0.05),
    unaskable:
      never.length === 0 ? null : `${never.join(' and ')} ${never.length === 1 ? 'was' : 'were'} never refused`,
  };
}

const KIND_WORDS: Readonly<Record<LimitKind, string>> = {
  requests: 'request limits',
  tokens: 'token limits',
  burst: 'burst limits',
  concurrency: 'concurrency limits',
  free_quota: 'the end of a free quota',
  billing: 'billing refusals',
  overload: 'overload refusals',
  unknown: 'refusals of unknown kind',
};

/** Which kinds occur is no news about who meets them: both sides are looked at together. */
export function kindsSeen(tables: readonly RequestTable[]): readonly QuestionSpec[] {
  let seen = 0;
  for (const { count, bytes } of tables) for (let row = 0; row < count; row++) seen |= bytes.kinds[row] as number;
  // One kind alone is what the question about all limits asks.
  if ((seen & (seen - 1)) === 0) return [];
  return LIMIT_KINDS.flatMap((kind, index): QuestionSpec[] => {
    if ((seen & (1 << index)) === 0) return [];
    return [
      {
        ...SHARE,
        id: `limited.${kind}`,
        question: `Which meets fewer ${KIND_WORDS[kind]}?`,
        figure: `share of requests that met ${KIND_WORDS[kind]}`,
        better: 'lower',
        value: ({ words, bytes }, row) =>
          (words.flags[row] as number) & FLAG.attempted ? ((bytes.kinds[row] as number) >> index) & 1 : Number.NaN,
        margin: share(0.005),
      },
    ];
  });
}
