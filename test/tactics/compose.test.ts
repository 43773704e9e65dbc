import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TacticSpec } from '../../src/model/scenario.ts';
import { noTactic } from '../../src/tactics/none.ts';
import { tacticFor } from '../../src/tactics/tactic-for.ts';
import { adaptive, backoff, even, fallback, keys, runLab, smooth } from './lab.ts';

const plain = backoff({ jitter: 'none', attempts: 3 });
const models = fallback(['plus', 'turbo']);

/** `time key model` of every attempt of one request that is always refused for `requests`; answers take 100 ms. */
function story(tactics: readonly TacticSpec[], options: { keyCount?: number; retryAfterMs?: number } = {}) {
  const lab = runLab({ arrivals: [0], tactics, keyCount: 1, answer: () => 'requests', ...options });
  return lab.sent.map((record) => `${record.sentMs} ${record.keyIndex} ${record.model}`);
}

test('an empty list is no tactic', () => {
  expect(tacticFor([], { seed: 1, keyCount: 1 })).toBe(noTactic);
});

test('[backoff, fallback]: the whole chain, then a wait, then the chain from its start', () => {
  expect(story([plain, models])).toEqual([
    '0 0 qwen3-max',
    '100 0 plus',
    '200 0 turbo',
    // Three attempts are all that the back-off allows, and the chain has used them.
  ]);
  expect(story([{ ...plain, attempts: 4 }, models])).toEqual([
    '0 0 qwen3-max',
    '100 0 plus',
    '200 0 turbo',
    '1300 0 qwen3-max',
    '1400 0 plus',
    '1500 0 turbo',
  ]);
});

test('[fallback, backoff]: waits on one model until the back-off gives up, then the next model', () => {
  expect(story([models, plain])).toEqual([
    '0 0 qwen3-max',
    '1100 0 qwen3-max',
    '3200 0 qwen3-max',
    '3300 0 plus',
    '3400 0 turbo',
  ]);
});

test('[keys, fallback]: every model with one key, then every model with the next', () => {
  expect(story([keys(2), models], { keyCount: 2, retryAfterMs: 50 })).toEqual([
    '0 0 qwen3-max',
    '100 0 plus',
    '200 0 turbo',
    '300 1 qwen3-max',
    '400 1 plus',
    '500 1 turbo',
  ]);
});

test('[fallback, keys]: every key with one model, then every key with the next', () => {
  expect(story([models, keys(2)], { keyCount: 2, retryAfterMs: 50 })).toEqual([
    '0 0 qwen3-max',
    '100 1 qwen3-max',
    '200 0 plus',
    '300 1 plus',
    '400 0 turbo',
    '500 1 turbo',
  ]);
});

test('[smooth, backoff, keys, fallback]: the decisions are the same, each attempt passes the queue', () => {
  const inside = [{ ...plain, attempts: 7 }, keys(2), models];
  const options = { keyCount: 2, retryAfterMs: 50 };
  const free = story(inside, options);
  expect(free).toEqual([
    '0 0 qwen3-max',
    '100 0 plus',
    '200 0 turbo',
    '300 1 qwen3-max',
    '400 1 plus',
    '500 1 turbo',
    '1600 0 qwen3-max',
    '1700 0 plus',
    '1800 0 turbo',
    '1900 1 qwen3-max',
    '2000 1 plus',
    '2100 1 turbo',
  ]);
  const paced = story([smooth({ perSecond: 4 }), ...inside], options);
  expect(paced.map((line) => line.slice(line.indexOf(' ')))).toEqual(free.map((line) => line.slice(line.indexOf(' '))));
  expect(paced.map((line) => Number.parseFloat(line))).toEqual([
    ...even(6, 250),
    ...even(6, 250).map((at) => 2350 + at),
  ]);
});

test('the place of a pace in the list changes nothing: one queue in front of the wire', () => {
  const inside = [plain, keys(2), models];
  const options = { keyCount: 2, retryAfterMs: 50 };
  const outermost = story([smooth({ perSecond: 4 }), ...inside], options);
  expect(story([...inside, smooth({ perSecond: 4 })], options)).toEqual(outermost);
  expect(story([plain, smooth({ perSecond: 4 }), keys(2), models], options)).toEqual(outermost);
});

test('a retry joins the end of the queue when its wait is over', () => {
  const lab = runLab({
    arrivals: [0, 0, 0, 0],
    tactics: [smooth({ perSecond: 1 }), backoff({ jitter: 'none', baseMs: 500 })],
    answer: (outgoing) => (outgoing.request.requestId === 'r0' && outgoing.attemptNo === 1 ? 'requests' : 'ok'),
  });
  expect(lab.sent.map((record) => `${record.requestId}.${record.attemptNo} ${record.dueMs} ${record.sentMs}`)).toEqual([
    'r0.1 0 0',
    'r1.1 1000 1000',
    'r2.1 2000 2000',
    'r3.1 3000 3000',
    'r0.2 4000 4000',
  ]);
});

test('a retry is not turned away by a full queue', () => {
  const lab = runLab({
    arrivals: even(8, 400),
    tactics: [smooth({ perSecond: 1, queue: 1 }), backoff({ jitter: 'none', baseMs: 100 })],
    answer: (outgoing) => (outgoing.attemptNo === 1 ? 'requests' : 'ok'),
  });
  expect(lab.notSent.every((record) => record.attemptNo === 1 && record.reason === 'tactic')).toBe(true);
  expect(lab.finished.filter(([, kind]) => kind === 'limited')).toEqual([]);
  expect(lab.answered).toBe(8 - lab.notSent.length);
});

test('the key is chosen when the request leaves the queue: a key that began to cool down meanwhile is passed over', () => {
  // r0 takes key 0 and is refused after 100 ms; r1 and r2 leave at 1000 and 2000 ms with the other one.
  const lab = runLab({
    arrivals: [0, 0, 0],
    tactics: [smooth({ perSecond: 1 }), keys(2)],
    keyCount: 2,
    answer: (outgoing) => (outgoing.keyIndex === 0 ? 'requests' : 'ok'),
  });
  expect(lab.sent.map((record) => `${record.requestId} ${record.keyIndex}`)).toEqual(['r0 0', 'r1 1', 'r2 1', 'r0 1']);
});

const pieces: readonly TacticSpec[] = [
  smooth({ perSecond: 20, concurrency: 3, queue: 6 }),
  adaptive(15, 2, 0.5),
  backoff({ baseMs: 50, maxMs: 400, attempts: 4 }),
  keys(3, 'least_limited'),
  fallback(['plus', 'turbo'], ['requests', 'server_error']),
];
const composition = fc.shuffledSubarray([...pieces], { minLength: 1 });
const outcomes = fc.array(fc.constantFrom('ok', 'requests', 'server_error', 'overload', 'auth', 'billing'), {
  minLength: 4,
  maxLength: 40,
});

test('any composition: every request ends once, attempts are bounded, time goes forward, the same seed plans the same', () => {
  fc.assert(
    fc.property(composition, outcomes, fc.nat(50), (tactics, answers, seed) => {
      const run = () => {
        let at = 0;
        return runLab({
          arrivals: even(15, 30),
          tactics,
          keyCount: 3,
          seed,
          retryAfterMs: 120,
          answer: () => answers[at++ % answers.length] as 'ok',
        });
      };
      const lab = run();
      expect([...lab.finished].map(([seq]) => seq).sort((a, b) => a - b)).toEqual(even(15, 1));
      // Before its last round a request has fewer than `attempts` of the back-off; a round is every key with every model.
      const allowed = 4 - 1 + 3 * 3;
      for (let seq = 0; seq < 15; seq++) {
        const attempts = lab.attemptsOf(`r${seq}`);
        expect(attempts.length).toBeLessThanOrEqual(allowed);
        expect(attempts.map((attempt) => attempt.attemptNo)).toEqual(attempts.map((_, index) => index + 1));
        for (const attempt of attempts) {
          expect(attempt.dueMs).toBeGreaterThanOrEqual(attempt.arrival.scheduledMs);
          expect(attempt.keyIndex).toBeLessThan(3);
        }
      }
      const sentMs = lab.sent.map((record) => record.sentMs);
      expect(sentMs).toEqual([...sentMs].sort((a, b) => a - b));
      expect(run().records).toEqual(lab.records);
    }),
    { numRuns: 150 },
  );
});
