import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messageOf, normaliseMessage } from '../../src/outcomes/message.ts';
import { redact } from '../../src/outcomes/redact.ts';
import { corpus, exchangeOf } from './reading.ts';

const KEY = 'sk-7fQ2canarykey9Zx81LmTT04';

describe('redaction', () => {
  test.each([
    [`Incorrect API key provided: ${KEY}.`, '7fQ2canary'],
    ['Incorrect API key provided: sk-7fQ2***************TT04.', '7fQ2'],
    ['authorization: Bearer 7fQ2canary.key_9Zx81', '7fQ2canary'],
    ['Your account org-5a1b2c3d4e<ak-f9canary01> request reached', 'org-5a1b2c3d4e'],
    ['Your account org-5a1b2c3d4e<ak-f9canary01> request reached', 'f9canary01'],
    ['in organization org-canary12345 on tokens per min', 'canary12345'],
    ['rate limit for your organization (31d27466-b454-403d-987f-ed9550b80869) of 40,000', '31d27466-b454'],
    ['"user_id":"user_2canary99"', '2canary99'],
    ['proj_canary123abc', 'canary123abc'],
    ['contact jane.canary@example.com now', 'jane.canary'],
    ['Rate limit exceeded for api_key: 3ae031977bf6a71438a268f0688ed62828abd6fb. Limit type', '3ae031977b'],
    ['?api_key=canary12345678&x=1', 'canary12345678'],
    ['AIzaSyCanary0123456789abcdef', 'SyCanary'],
  ])('%s', (text, canary) => {
    const hidden = redact(text);
    expect(hidden).not.toContain(canary);
    expect(redact(hidden)).toBe(hidden);
  });

  test('a known key is hidden whole, in part and unprefixed', () => {
    const secret = 'plainsecretcanary42';
    for (const text of [secret, `x ${secret.slice(0, 9)}... y`, `ends in ${secret.slice(-7)}`]) {
      const hidden = redact(text, [secret]);
      expect(hidden).toContain('[key]');
      expect(hidden).not.toContain(secret.slice(0, 6));
      expect(hidden).not.toContain(secret.slice(-6));
    }
  });

  test('request ids and words of limits stay', () => {
    const text =
      '{"error":{"code":"limit_requests","message":"You exceeded your current requests list."},"request_id":"20db6050-1111-9abc-8def-000000000000"}';
    expect(redact(text)).toBe(text);
  });

  test('ids in damaged JSON are hidden at once', () => {
    expect(redact('"user_id":"us}},"user_id":"user_x"}')).toBe('"user_id":"[id]"user_id":"[id]"}');
  });

  test('is idempotent on anything', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom(...corpus.map((row) => row.body))),
        fc.array(fc.string({ minLength: 4, maxLength: 20 }), { maxLength: 2 }),
        (text, secrets) => {
          const once = redact(
            text,
            secrets.filter(
              (secret) => !'[key][email][id][user][organization][project][workspace]'.includes(secret.slice(0, 6)),
            ),
          );
          expect(redact(once)).toBe(redact(redact(once)));
        },
      ),
      { numRuns: 500, seed: 5 },
    );
  });
});

describe('normalised messages', () => {
  test.each([
    [
      'Rate limit reached for gpt-4.1 in organization org-abc on tokens per min (TPM): Limit 30000, Used 18928, Requested 11159. Please try again in 174ms.',
      'Rate limit reached for gpt-4.1 in organization org-xyz on tokens per min (TPM): Limit 30000, Used 2, Requested 3. Please try again in 9ms.',
    ],
    [
      '当前分组上游负载已饱和，请稍后再试 (request id: 2024052310260941388718971918754)',
      '当前分组上游负载已饱和，请稍后再试 (request id: 20260417184526466319226osoXKVRn)',
    ],
    ['您的限额将在 2026-09-07 18:01:51 重置', '您的限额将在 2026-10-01 00:00:00 重置'],
    ['Limit resets at: 2026-05-29 13:15:17 UTC', 'Limit resets at: 2026-06-30 01:00:00 UTC'],
    ['Upstream 20db6050-1111-9abc-8def-000000000000 failed', 'Upstream 31d27466-b454-403d-987f-ed9550b80869 failed'],
    ['TPM(10680324/10000000)', 'TPM(11/10)'],
  ])('groups %s', (left, right) => {
    expect(normaliseMessage(left)).toBe(normaliseMessage(right));
  });
  test('keeps what tells messages apart', () => {
    expect(normaliseMessage('request reached max RPM: 3')).not.toBe(normaliseMessage('request reached max TPM: 3'));
    expect(normaliseMessage('month allocated quota exceeded')).not.toBe(
      normaliseMessage('week allocated quota exceeded'),
    );
  });
  test('takes code and innermost message from a body', () => {
    const text =
      '{"error":{"code":"limit_requests","message":"You exceeded your current requests list."},"request_id":"1"}';
    expect(messageOf(exchangeOf({ status: 429, text }))).toBe(
      'limit_requests: You exceeded your current requests list.',
    );
  });
});
