import { describe, expect, test } from 'vitest';
import { perMonth } from '../../src/analysis/cost.ts';
import { channelUsd, monthlyCost, priceChannels } from '../../src/analysis/size-cost.ts';
import { priceFor } from '../../src/catalog/prices.ts';

const LIST = { inputUsdPerMillion: 1.2, outputUsdPerMillion: 6, source: 'list', seenOn: '2026-11-21' };
const DAY_MS = 24 * 3_600_000;

const channels = priceChannels({ own: { name: 'direct', price: LIST }, list: LIST, others: [] });
const channel = (name: string) => {
  const found = channels.find((each) => each.name.startsWith(name));
  if (found === undefined) throw new Error(`no channel ${name}`);
  return found;
};

/** A month of 10 million tokens, half of them input: the example of the articles that compare remedies. */
const EXAMPLE = {
  promptTokens: 5_000_000,
  completionTokens: 5_000_000,
  refusedPromptTokens: 0,
  answered: 10_000,
  durationMs: 30 * DAY_MS,
  otherModel: false,
};

describe('the published example', () => {
  test('10 million tokens, half input, at 1.20 and 6.00 $ are 36.00 $ direct', () => {
    expect(monthlyCost(channel('direct'), EXAMPLE).usd).toBeCloseTo(36, 10);
  });

  test('and 31.68 $ through the relay at 12 % off', () => {
    expect(monthlyCost(channel('apiyi'), EXAMPLE).usd).toBeCloseTo(31.68, 10);
  });

  test('the dated list price of the model is the one of the example', () => {
    expect(
      channelUsd({ price: priceFor('dashscope-intl', 'qwen3-max'), factor: 1 }, { prompt: 5e6, completion: 5e6 }),
    ).toBeCloseTo(36, 10);
  });
});

describe('a month of measured traffic', () => {
  test('an hour of traffic counts 720 times', () => {
    const cost = monthlyCost(channel('direct'), { ...EXAMPLE, durationMs: 3_600_000 });
    expect(cost.usd).toBeCloseTo(36 * 720, 6);
    expect(cost.promptTokens).toBe(5_000_000 * 720);
    expect(perMonth(1, 3_600_000)).toBe(720);
  });

  test('retries that were worked on raise the bill by their tokens', () => {
    const retried = { ...EXAMPLE, promptTokens: 6_000_000 };
    expect(monthlyCost(channel('direct'), retried).usd).toBeCloseTo(37.2, 10);
  });

  test('refused prompts are free, and what they would add stands beside', () => {
    const cost = monthlyCost(channel('direct'), { ...EXAMPLE, refusedPromptTokens: 1_000_000 });
    expect(cost.usd).toBeCloseTo(36, 10);
    expect(cost.usdIfRefusedBilled).toBeCloseTo(37.2, 10);
  });

  test('per thousand answers', () => {
    expect(monthlyCost(channel('direct'), EXAMPLE).perThousandAnswersUsd).toBeCloseTo(3.6, 10);
    expect(monthlyCost(channel('direct'), { ...EXAMPLE, answered: 0 }).perThousandAnswersUsd).toBeNull();
  });
});

describe('what is not known stays unknown', () => {
  test('without a list price neither the target nor a relay has one', () => {
    const unknown = priceChannels({ own: { name: 'direct', price: null }, list: null, others: [] });
    expect(unknown.map((each) => monthlyCost(each, EXAMPLE).usd)).toEqual([null, null]);
  });

  test('a fallback model that answered a part has no known price', () => {
    const cost = monthlyCost(channel('direct'), { ...EXAMPLE, otherModel: true });
    expect([cost.usd, cost.usdIfRefusedBilled, cost.perThousandAnswersUsd]).toEqual([null, null, null]);
  });
});

test('a variant with a price of its own is a channel, one with the same price is not', () => {
  const others = [
    { name: 'twin', price: { ...LIST } },
    { name: 'cheap', price: { ...LIST, inputUsdPerMillion: 1 } },
  ];
  const named = priceChannels({ own: { name: 'direct', price: LIST }, list: LIST, others }).map(({ name }) => name);
  expect(named).toEqual(['direct', 'cheap', 'apiyi (relay)']);
});
