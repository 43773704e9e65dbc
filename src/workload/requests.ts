import type { Arrival } from '../model/arrival.ts';
import type { Message, Request } from '../model/request.ts';
import type { Workload, WorkloadContent } from '../model/scenario.ts';
import { randomFor } from '../stats/random.ts';
import { measure, type OwnPrompt, ownPromptsOf, withNonce } from './prompts.ts';
import { type LimitTo, type Sizes, sizesOf } from './sizes.ts';
import { fillText, NONCE_CHARACTERS, NONCE_TOKENS, NONCE_UNITS, nonceOf } from './text.ts';
import { extraTokensBound, generatedBound, ownTextBound } from './token-bounds.ts';
import { tokensOfUnits, UNITS_PER_TOKEN, unitsOf } from './tokens.ts';

export interface RequestOptions {
  readonly workload: Workload;
  readonly seed: number;
  /** Upper bounds on the sizes drawn in a phase. */
  readonly limitToOf: (phaseIndex: number) => LimitTo;
  readonly model: string;
}

/** What differs between generated and own content. */
type Prompt = Pick<Request, 'messages' | 'promptTokens' | 'promptTokensBound'>;

/**
 * Arrivals to requests. Sizes and text follow from (seed, pairSeq, turn), the nonce from (seed, seq); nothing depends on
 * the order of calls. For generated prompts no text is made until `messages()` is called.
 */
export function buildRequests(options: RequestOptions): (arrival: Arrival) => Request {
  const { workload, model } = options;
  const sizes = sizesOf(options);
  const promptOf = promptBuilder(options, sizes);
  const extraTokens = extraTokensBound(workload.extraBody);
  return (arrival) => {
    const prompt = promptOf(arrival);
    return {
      requestId: `r${arrival.seq}`,
      model,
      messages: prompt.messages,
      maxTokens: sizes.maxTokens(arrival, arrival.turn),
      stream: workload.stream,
      extraBody: workload.extraBody,
      promptTokens: prompt.promptTokens,
      promptTokensBound: prompt.promptTokensBound + extraTokens,
    };
  };
}

function promptBuilder(options: RequestOptions, sizes: Sizes): (arrival: Arrival) => Prompt {
  const { content } = options.workload;
  return content.kind === 'prompt_tokens' ? generatedPrompts(options, sizes) : ownPrompts(options, sizes, content);
}

/** With `cache: allow` text belongs to the seed alone, so that prompts of one size are one prompt. */
function textStream(options: RequestOptions, arrival: Arrival, part: string, turn: number) {
  return options.workload.cache === 'allow'
    ? randomFor(options.seed, part, turn)
    : randomFor(options.seed, part, turn, arrival.pairSeq);
}

function generatedPrompts(options: RequestOptions, sizes: Sizes): (arrival: Arrival) => Prompt {
  const { language, cache } = options.workload;
  const smallest = cache === 'avoid' ? NONCE_TOKENS : 1;
  const firstTokens = (arrival: Arrival) => Math.max(smallest, sizes.promptTokens(arrival, 0));

  const totalTokens = (arrival: Arrival) => {
    let total = firstTokens(arrival);
    for (let turn = 1; turn <= arrival.turn; turn++) {
      total += sizes.replyTokens(arrival, turn - 1) + sizes.promptTokens(arrival, turn);
    }
    return total;
  };
  const build = (arrival: Arrival): readonly Message[] => {
    const nonce = cache === 'avoid' ? nonceOf(options.seed, arrival.seq) : '';
    const history = historyWriter(options, arrival);
    history.add('user', 0, firstTokens(arrival), nonce);
    for (let turn = 1; turn <= arrival.turn; turn++) {
      history.add('assistant', turn - 1, sizes.replyTokens(arrival, turn - 1), '');
      history.add('user', turn, sizes.promptTokens(arrival, turn), '');
    }
    return history.messages;
  };
  return (arrival) => {
    const promptTokens = totalTokens(arrival);
    return {
      messages: () => build(arrival),
      promptTokens,
      promptTokensBound: generatedBound({ language, tokens: promptTokens, messages: 2 * arrival.turn + 1 }),
    };
  };
}

/**
 * Writes messages one behind the other so that the *sum* estimates to the sum of their tokens: what one message lacks by
 * rounding, the next one makes up for.
 */
function historyWriter(options: RequestOptions, arrival: Arrival) {
  const { language } = options.workload;
  const messages: Message[] = [];
  let units = 0;
  let tokens = 0;
  return {
    messages,
    add(role: 'user' | 'assistant', turn: number, size: number, nonce: string) {
      tokens += size;
      const room = tokens * UNITS_PER_TOKEN - units - unitsOf(nonce);
      const content = nonce + fillText({ language, units: room }, textStream(options, arrival, role, turn));
      units += unitsOf(content);
      messages.push({ role, content });
    },
  };
}

function ownPrompts(
  options: RequestOptions,
  sizes: Sizes,
  content: Exclude<WorkloadContent, { kind: 'prompt_tokens' }>,
): (arrival: Arrival) => Prompt {
  const prompts = ownPromptsOf(content);
  const { cache, language } = options.workload;
  const nonceFor = (arrival: Arrival) => (cache === 'avoid' ? nonceOf(options.seed, arrival.seq) : '');
  const promptAt = (index: number) => prompts[index % prompts.length] as OwnPrompt;

  const conversation = (arrival: Arrival): Prompt => {
    const messages: Message[] = [...withNonce(promptAt(arrival.pairSeq).messages, nonceFor(arrival))];
    for (let turn = 1; turn <= arrival.turn; turn++) {
      const units = sizes.replyTokens(arrival, turn - 1) * UNITS_PER_TOKEN;
      const reply = fillText({ language, units }, textStream(options, arrival, 'assistant', turn - 1));
      messages.push({ role: 'assistant', content: reply });
      messages.push(...promptAt(arrival.pairSeq + turn).later);
    }
    const measured = measure(messages);
    return {
      messages: () => messages,
      promptTokens: tokensOfUnits(measured.units),
      promptTokensBound: ownTextBound(measured),
    };
  };
  return (arrival) => {
    if (arrival.turn > 0) return conversation(arrival);
    const prompt = promptAt(arrival.pairSeq);
    const nonce = cache === 'avoid' ? { units: NONCE_UNITS, bytes: NONCE_CHARACTERS } : { units: 0, bytes: 0 };
    return {
      messages: () => withNonce(prompt.messages, nonceFor(arrival)),
      promptTokens: tokensOfUnits(prompt.sizes.units + nonce.units),
      promptTokensBound: ownTextBound({ ...prompt.sizes, bytes: prompt.sizes.bytes + nonce.bytes }),
    };
  };
}
