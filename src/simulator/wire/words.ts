import { bits, PURPOSE } from '../core/chance.ts';
import type { AnswerPlanned } from '../core/plan.ts';

/** One token each for the purposes of the simulator. */
const WORDS = [
  'quota',
  'limit',
  'token',
  'minute',
  'window',
  'rate',
  'burst',
  'answer',
  'stream',
  'model',
  'prompt',
  'second',
  'retry',
  'bucket',
  'slot',
  'region',
] as const;

/** Text of `tokens` tokens from the `first` on: the same for every chunking of one answer. */
export function words(plan: AnswerPlanned, first: number, tokens: number): string {
  let text = '';
  for (let token = first; token < first + tokens; token += 1) {
    const word = WORDS[bits(plan.chance, (PURPOSE.words << 16) + token) & 15] ?? WORDS[0];
    text += token === 0 ? word : ` ${word}`;
  }
  return text;
}
