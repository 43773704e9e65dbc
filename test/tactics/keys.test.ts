import { expect, test } from 'vitest';
import type { Outcome } from '../../src/model/outcome.ts';
import { keysDecider } from '../../src/tactics/keys.ts';
import { backoff, even, keys, limited, OK, requestOf, runLab, slidingLimit } from './lab.ts';

const PLAN = { atMs: 0, keyIndex: 0, model: null };

function rotation(policy: 'round_robin' | 'least_limited' | 'sticky', keyCount = 3) {
  const decider = keysDecider({ policy, keyCount });
  const aim = (seq: number, nowMs = 0) => decider.aim?.(requestOf(seq), PLAN, nowMs).keyIndex;
  const end = (seq: number, keyIndex: number, outcome: Outcome, atMs: number) => {
    const ended = { request: requestOf(seq), attemptNo: 1, sent: { ...PLAN, keyIndex }, outcome, atMs };
    decider.seen?.(ended);
    return decider.again(ended);
  };
  return { decider, aim, end };
}

test('round robin takes each key in turn', () => {
  const { aim } = rotation('round_robin');
  expect([0, 1, 2, 3, 4].map((seq) => aim(seq))).toEqual([0, 1, 2, 0, 1]);
});

test('a refused request moves to the next key at once', () => {
  const { aim, end } = rotation('round_robin');
  expect(aim(0)).toBe(0);
  expect(end(0, 0, limited(), 100)).toEqual({ atMs: 100, keyIndex: 1, model: null });
});

test('one request never visits a key twice: with n keys it moves n - 1 times', () => {
  const { aim, end } = rotation('round_robin');
  expect(aim(0)).toBe(0);
  expect(end(0, 0, limited({ retryAfterMs: 0 }), 100)?.keyIndex).toBe(1);
  expect(end(0, 1, limited({ retryAfterMs: 0 }), 200)?.keyIndex).toBe(2);
  expect(end(0, 2, limited({ retryAfterMs: 0 }), 300)).toBeNull();
});

test('a refused key is passed over until the stated time, then taken again', () => {
  const { aim, end } = rotation('round_robin', 2);
  end(0, 0, limited({ retryAfterMs: 5000 }), 0);
  expect([aim(1, 4999), aim(2, 4999)]).toEqual([1, 1]);
  expect([aim(3, 5000), aim(4, 5000)]).toEqual([0, 1]);
});

test('without a stated time a refused key cools down for a window of 60 s', () => {
  const { aim, end } = rotation('round_robin', 2);
  end(0, 0, limited(), 1000);
  expect(aim(1, 60_999.9)).toBe(1);
  expect(aim(2, 61_000)).toBe(0);
});

test('when all keys cool down nobody moves, and a new request takes the key that is free first', () => {
  const { aim, end } = rotation('round_robin', 2);
  expect(end(0, 0, limited({ retryAfterMs: 9000 }), 0)?.keyIndex).toBe(1);
  expect(end(1, 1, limited({ retryAfterMs: 4000 }), 0)).toBeNull();
  expect(aim(2, 100)).toBe(1);
});

test('a key that is out of money is not used again while another works', () => {
  const { aim, end } = rotation('round_robin', 2);
  end(0, 0, limited({ limit: 'billing', heals: 'never' }), 0);
  expect([1, 2, 3].map((seq) => aim(seq, 86_400_000))).toEqual([1, 1, 1]);
});

test.each<readonly [string, Outcome]>([
  ['an overload of the model', limited({ limit: 'overload' })],
  ['a server error', { kind: 'server_error', status: 503, ruleId: null }],
  ['a wrong key', { kind: 'auth', status: 401, ruleId: null }],
  ['an answer', OK],
])('%s moves nobody and cools nothing', (_, outcome) => {
  const { aim, end } = rotation('round_robin', 2);
  aim(0);
  aim(1);
  expect(end(0, 0, outcome, 100)).toBeNull();
  expect(aim(2, 101)).toBe(0);
});

test('least limited prefers the key with the fewest recent refusals, and forgets old ones', () => {
  const { aim, end } = rotation('least_limited', 3);
  end(0, 0, limited({ retryAfterMs: 0 }), 0);
  end(1, 0, limited({ retryAfterMs: 0 }), 0);
  end(2, 1, limited({ retryAfterMs: 0 }), 0);
  expect([3, 4, 5].map((seq) => aim(seq, 10))).toEqual([2, 2, 2]);
  end(6, 2, limited({ retryAfterMs: 0 }), 100_000);
  // After 100 s the two old refusals of key 0 weigh 2 / e^(5/3) = 0.38, the one of key 1 0.19, the fresh one 1.
  expect(aim(7, 100_000)).toBe(1);
});

test('least limited shares ties out evenly', () => {
  const { aim } = rotation('least_limited', 3);
  expect([0, 1, 2, 3].map((seq) => aim(seq))).toEqual([0, 1, 2, 0]);
});

test('sticky keeps a conversation on its key until that key is refused, then on the new one', () => {
  const { decider, aim, end } = rotation('sticky', 3);
  expect([aim(4), aim(4), aim(5)]).toEqual([1, 1, 2]);
  expect(end(4, 1, limited(), 0)?.keyIndex).toBe(2);
  decider.forget?.('r4');
  expect(aim(4, 200_000)).toBe(2);
  expect(aim(7, 200_000)).toBe(1);
});

test('a retry by a tactic outside takes the next key, one by a tactic inside keeps it', () => {
  const keysSeen = (tactics: Parameters<typeof runLab>[0]['tactics']) =>
    runLab({
      arrivals: [0],
      tactics,
      keyCount: 3,
      answer: (outgoing) => (outgoing.attemptNo < 3 ? 'server_error' : 'ok'),
    }).sent.map((record) => record.keyIndex);
  expect(keysSeen([backoff(), keys(3)])).toEqual([0, 1, 2]);
  expect(keysSeen([keys(3), backoff()])).toEqual([0, 0, 0]);
});

/** Answers per second with `count` keys, over 60 s of 2.7 times the limit of one account. */
function throughput(count: number, accountOf: (keyIndex: number) => number): number {
  const accounts = even(count, 1).map(() => slidingLimit(10, 1000));
  const lab = runLab({
    arrivals: even(1620, 1000 / 27),
    tactics: [keys(count)],
    keyCount: count,
    retryAfterMs: 1000,
    answer: (outgoing, nowMs) => (accounts[accountOf(outgoing.keyIndex)]?.(nowMs) ? 'ok' : 'requests'),
  });
  return lab.answered / 60;
}

test('three keys of one account carry no more than one key; three accounts carry it all', () => {
  const one = throughput(1, () => 0);
  expect(one).toBeGreaterThan(9.5);
  expect(one).toBeLessThan(10.5);
  expect(throughput(3, () => 0)).toBeLessThan(one * 1.02);
  expect(throughput(3, (keyIndex) => keyIndex)).toBeCloseTo(27, 6);
});
