import OpenAI, { RateLimitError } from 'openai';
import { afterEach, expect, test } from 'vitest';
import { type RunningSimulator, startSimulator } from '../../src/simulator/server/serve.ts';
import { settingsWith } from '../simulator/settings.ts';

/*
 * Why nothing here may retry unasked: with its defaults the SDK that most applications use sends a refused call three
 * times and reports one error.
 */

let simulator: RunningSimulator | null = null;
afterEach(() => simulator?.stop());

async function refusedCall(options: { readonly maxRetries?: number }): Promise<{ error: unknown; hits: number }> {
  simulator = await startSimulator(
    settingsWith({ faults: [{ fromMs: 0, toMs: 1e9, answer: 'limit_requests', share: 1 }] }),
  );
  const client = new OpenAI({ apiKey: 'sk-test', baseURL: `${simulator.baseUrl}/v1`, ...options });
  const messages = [{ role: 'user', content: 'How many requests fit?' }] as const;
  const error = await client.chat.completions.create({ model: 'qwen3-max', messages: [...messages] }).then(
    () => null,
    (reason: unknown) => reason,
  );
  return { error, hits: simulator.stats().requests };
}

test('one refused call is three on the wire by default', async () => {
  const { error, hits } = await refusedCall({});
  expect(error).toBeInstanceOf(RateLimitError);
  expect(hits).toBe(3);
});

test('and one with maxRetries 0', async () => {
  const { error, hits } = await refusedCall({ maxRetries: 0 });
  expect(error).toBeInstanceOf(RateLimitError);
  expect(hits).toBe(1);
});
