import { expect, test } from 'vitest';
import type { Judged } from '../../src/analysis/judged.ts';
import { pairing } from '../../src/analysis/pairing.ts';
import { stalls } from '../../src/analysis/stalls.ts';
import { end, sent } from './records.ts';

function setUp() {
  const found: Judged[] = [];
  const interruptions = stalls();
  const pairs = pairing({
    stalls: interruptions,
    judge: ({ outcome }) => outcome,
    onJudged: (each) => found.push(each),
  });
  const seen = () => found.map(({ sent: { requestId }, label }) => `${requestId} ${label}`);
  return { pairs, interruptions, found, seen };
}

const one = { seq: 1, sentMs: 0, finishedMs: 900 };
const two = { seq: 2, sentMs: 100, finishedMs: 200 };

test('attempts come out in the order they were sent, not in the order they ended', () => {
  const { pairs, seen } = setUp();
  pairs.sent(sent(one));
  pairs.sent(sent(two));
  pairs.end(end(two));
  pairs.end(end(one));
  pairs.reached(10_000);
  expect(seen()).toEqual(['r-1 ok', 'r-2 ok']);
});

test('an attempt is held back until the journal is a second past its end', () => {
  const { pairs, seen } = setUp();
  pairs.sent(sent(two));
  pairs.end(end(two));
  pairs.reached(1199);
  expect(seen()).toEqual([]);
  pairs.reached(1200);
  expect(seen()).toEqual(['r-2 ok']);
});

test('a stall written after the end of an attempt still marks it', () => {
  const { pairs, interruptions, found } = setUp();
  pairs.sent(sent(two));
  pairs.end(end(two));
  interruptions.add({ fromMs: 150, toMs: 400 });
  pairs.reached(2000);
  expect(found.map(({ stalled }) => stalled)).toEqual([true]);
});

test.each([
  [0, 99, false],
  [0, 100, true],
  [200, 300, true],
  [201, 300, false],
])('a stall from %i to %i and an attempt from 100 to 200: overlap is %s', (fromMs, toMs, overlaps) => {
  const interruptions = stalls();
  interruptions.add({ fromMs, toMs });
  expect(interruptions.overlaps(100, 200)).toBe(overlaps);
});

test('stalls that overlap each other count apart and mark as one', () => {
  const interruptions = stalls();
  interruptions.add({ fromMs: 0, toMs: 1000 });
  interruptions.add({ fromMs: 500, toMs: 600 });
  interruptions.add({ fromMs: 5000, toMs: 5100 });
  expect(interruptions.count()).toBe(3);
  expect(interruptions.overlaps(900, 950)).toBe(true);
  expect(interruptions.overlaps(1001, 4999)).toBe(false);
});

test('what has no end is lost, in its place', () => {
  const { pairs, seen } = setUp();
  pairs.sent(sent(one));
  pairs.sent(sent(two));
  pairs.end(end(two));
  pairs.flush();
  expect(seen()).toEqual(['r-1 lost', 'r-2 ok']);
});

test('a retry pairs with its own end', () => {
  const { pairs, found } = setUp();
  const retry = { ...two, seq: 1, attemptNo: 2 };
  pairs.sent(sent(one));
  pairs.sent(sent(retry));
  pairs.end(end(one));
  pairs.end(end(retry));
  pairs.flush();
  expect(found.map(({ sent: { attemptNo }, finishedMs }) => [attemptNo, finishedMs])).toEqual([
    [1, 900],
    [2, 200],
  ]);
});

test('an end without its sent record is refused', () => {
  const { pairs } = setUp();
  expect(pairs.end(end(one))).toBe(false);
  pairs.sent(sent(one));
  expect(pairs.end(end({ ...one, attemptNo: 2 }))).toBe(false);
  expect(pairs.end(end(one))).toBe(true);
  expect(pairs.end(end(one))).toBe(false);
});

test('one hung attempt does not hold back more than 65,536 others, and is counted when it ends', () => {
  const { pairs, found } = setUp();
  pairs.sent(sent({ seq: 0, sentMs: 0 }));
  for (let seq = 1; seq <= 66_000; seq += 1) {
    const shot = { seq, sentMs: seq, finishedMs: seq + 1 };
    pairs.sent(sent(shot));
    pairs.end(end(shot));
  }
  expect(found.length).toBeGreaterThan(60_000);
  expect(found.some(({ straggler }) => straggler)).toBe(false);
  pairs.end(end({ seq: 0, sentMs: 0, finishedMs: 66_500 }));
  expect(found.at(-1)).toMatchObject({ straggler: true, finishedMs: 66_500, label: 'ok' });
  pairs.flush();
  expect(found).toHaveLength(66_001);
});
