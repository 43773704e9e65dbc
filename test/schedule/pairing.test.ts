import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Arrival } from '../../src/model/arrival.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import type { Phase } from '../../src/model/scenario.ts';
import { pairedSource, switchbackPlan } from '../../src/schedule/pairing.ts';
import { planSchedule } from '../../src/schedule/plan.ts';
import { withTurns } from '../../src/schedule/turns.ts';
import { burst, closed, hold, pause, ramp, takeAll } from './phases.ts';

const OK: Outcome = { kind: 'ok' };

const openPhase: fc.Arbitrary<Phase> = fc.oneof(
  fc.integer({ min: 1, max: 6 }).map((requests) => burst(requests)),
  fc.integer({ min: 1, max: 20 }).map((rate) => hold(rate, 1000)),
  fc.integer({ min: 1, max: 20 }).map((rate) => hold(rate, 1000, { kind: 'poisson' })),
  fc.integer({ min: 1, max: 20 }).map((rate) => ramp(1, rate, 1500)),
  fc.constant(pause(400)),
);
const openTraffic = fc.array(openPhase, { minLength: 1, maxLength: 4 });

const copies = (traffic: readonly Phase[], count: number, seed = 1) => {
  const schedule = planSchedule(traffic, { seed });
  return Array.from({ length: count }, () => schedule.source());
};
const groupBy = <Key>(arrivals: readonly Arrival[], key: (arrival: Arrival) => Key): Map<Key, Arrival[]> => {
  const groups = new Map<Key, Arrival[]>();
  for (const arrival of arrivals) groups.set(key(arrival), [...(groups.get(key(arrival)) ?? []), arrival]);
  return groups;
};

test('every planned arrival goes to every variant exactly once, at its own time, under fresh increasing numbers', () => {
  fc.assert(
    fc.property(openTraffic, fc.integer({ min: 1, max: 4 }), fc.nat(99), (traffic, variants, seed) => {
      const plain = takeAll(planSchedule(traffic, { seed }).source());
      const arrivals = takeAll(pairedSource(copies(traffic, variants, seed)));
      expect(arrivals.map((arrival) => arrival.seq)).toEqual(arrivals.map((_, index) => index));
      const times = arrivals.map((arrival) => arrival.scheduledMs);
      expect(times).toEqual([...times].sort((left, right) => left - right));
      for (let variantIndex = 0; variantIndex < variants; variantIndex++) {
        const own = arrivals.filter((arrival) => arrival.variantIndex === variantIndex);
        expect(own.map((arrival) => ({ ...arrival, seq: arrival.pairSeq, variantIndex: 0 }))).toEqual(plain);
      }
    }),
    { numRuns: 60 },
  );
});

test('a burst leaves pair by pair, not variant by variant', () => {
  const arrivals = takeAll(pairedSource(copies([burst(4)], 2)));
  expect(arrivals.map(({ pairSeq, variantIndex }) => `${pairSeq}${'AB'[variantIndex]}`).join(' ')).toBe(
    '0A 0B 1B 1A 2A 2B 3B 3A',
  );
});

test.each([2, 3, 4])(
  'each order of %i variants occurs equally often, and each variant goes first equally often',
  (n) => {
    const orders = [0, 1, 2, 6, 24][n] as number;
    const arrivals = takeAll(pairedSource(copies([hold(orders, 3000)], n)));
    const seen = new Map<string, number>();
    for (const pair of groupBy(arrivals, (arrival) => arrival.pairSeq).values()) {
      const order = pair.map((arrival) => arrival.variantIndex).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect([...seen.values()]).toEqual(Array.from({ length: orders }, () => 3));
  },
);

test('a closed phase of one variant is driven by its own answers only', () => {
  const source = pairedSource(copies([closed(1, 1000)], 2));
  const first = takeAll(source);
  expect(first.map((arrival) => [arrival.variantIndex, arrival.scheduledMs])).toEqual([
    [0, 0],
    [1, 0],
  ]);
  source.onFinished(first[1] as Arrival, OK, 120);
  expect(takeAll(source)).toMatchObject([{ seq: 2, pairSeq: 1, variantIndex: 1, scheduledMs: 120 }]);
  source.onFinished(first[0] as Arrival, OK, 500);
  expect(takeAll(source)).toMatchObject([{ seq: 3, pairSeq: 1, variantIndex: 0, scheduledMs: 500 }]);
});

test('conversations go on per variant: the pair of a turn is (pairSeq, turn)', () => {
  const source = pairedSource(copies([burst(1)], 2).map((inner) => withTurns(inner, { count: 2, thinkMs: 100 })));
  const [a, b] = takeAll(source) as [Arrival, Arrival];
  source.onFinished(b, OK, 50);
  source.onFinished(a, OK, 80);
  expect(
    takeAll(source).map(({ variantIndex, pairSeq, turn, scheduledMs }) => [variantIndex, pairSeq, turn, scheduledMs]),
  ).toEqual([
    [1, 0, 1, 150],
    [0, 0, 1, 180],
  ]);
});

test('take() without a due arrival throws', () => {
  expect(() => pairedSource(copies([pause(10)], 2)).take()).toThrow(/due/);
});

const plan = (change: Partial<Parameters<typeof switchbackPlan>[0]> = {}) =>
  switchbackPlan({
    variants: 2,
    traffic: [burst(2), hold(4, 1000)],
    blocksPerVariant: 3,
    restMs: 500,
    seed: 1,
    ...change,
  });

test('lays the whole traffic out per block, separated by rests, none after the last', () => {
  const { phases, blocks, blockOfPhase, endMs, traffic } = plan({ blocksPerVariant: 1 });
  expect(phases.map(({ index, label, startMs, endMs: end }) => [index, label, startMs, end])).toEqual([
    [0, 'burst', 0, 0],
    [1, 'hold', 0, 1000],
    [2, 'rest', 1000, 1500],
    [3, 'burst', 1500, 1500],
    [4, 'hold', 1500, 2500],
  ]);
  expect(traffic.map((phase) => phase.kind)).toEqual(phases.map((phase) => phase.kind));
  expect(blockOfPhase).toEqual([0, 0, null, 1, 1]);
  expect(blocks.map((block) => [block.startMs, block.endMs])).toEqual([
    [0, 1000],
    [1500, 2500],
  ]);
  expect(endMs).toBe(2500);
});

test('every arrival lies in a block of its variant and in its phase, and no rest has any', () => {
  fc.assert(
    fc.property(openTraffic, fc.integer({ min: 1, max: 3 }), fc.nat(99), (traffic, variants, seed) => {
      const laid = plan({ traffic, variants, seed, blocksPerVariant: 2 });
      const counts = laid.phases.map(() => 0);
      for (const arrival of takeAll(laid.source())) {
        const phase = laid.phases[arrival.phaseIndex];
        const block = laid.blocks[laid.blockOfPhase[arrival.phaseIndex] ?? -1];
        expect(block?.variantIndex).toBe(arrival.variantIndex);
        expect(arrival.scheduledMs).toBeGreaterThanOrEqual(phase?.startMs ?? Number.NaN);
        expect(arrival.scheduledMs).toBeLessThanOrEqual(phase?.endMs ?? Number.NaN);
        counts[arrival.phaseIndex] = (counts[arrival.phaseIndex] ?? 0) + 1;
      }
      expect(counts).toEqual(laid.phases.map((phase) => phase.plannedArrivals));
    }),
    { numRuns: 40 },
  );
});

test('within a round every variant meets the same instants and content; another round draws its own', () => {
  const laid = plan({ variants: 3, traffic: [hold(20, 2000, { kind: 'poisson' })], blocksPerVariant: 2 });
  const arrivals = takeAll(laid.source());
  const perBlock = laid.blocks.map((block) =>
    arrivals
      .filter((arrival) => laid.blockOfPhase[arrival.phaseIndex] === block.index)
      .map((arrival) => [arrival.pairSeq, Math.round((arrival.scheduledMs - block.startMs) * 1000)]),
  );
  expect(perBlock[0]?.length).toBeGreaterThan(20);
  expect(perBlock[1]).toEqual(perBlock[0]);
  expect(perBlock[2]).toEqual(perBlock[0]);
  expect(perBlock[4]).toEqual(perBlock[3]);
  expect(perBlock[3]?.map(([, at]) => at)).not.toEqual(perBlock[0]?.map(([, at]) => at));
  const pairs = groupBy(arrivals, (arrival) => arrival.pairSeq);
  expect([...pairs.values()].every((pair) => new Set(pair.map((each) => each.variantIndex)).size === 3)).toBe(true);
});

test('every round holds every variant once, and over seeds each order comes up about equally often', () => {
  const orders = new Map<string, number>();
  for (let seed = 0; seed < 600; seed++) {
    const { blocks } = plan({ variants: 3, traffic: [burst(1)], blocksPerVariant: 2, seed });
    for (const round of [0, 1]) {
      const order = blocks.filter((block) => block.round === round).map((block) => block.variantIndex);
      expect([...order].sort()).toEqual([0, 1, 2]);
      orders.set(order.join(''), (orders.get(order.join('')) ?? 0) + 1);
    }
  }
  // 1200 draws over 6 orders: 200 each with a deviation of 13; five deviations either way.
  expect(orders.size).toBe(6);
  for (const count of orders.values()) expect(Math.abs(count - 200)).toBeLessThan(65);
});

test('a closed phase in a block hears of its own requests and stops at the end of its block', () => {
  const laid = plan({ traffic: [closed(1, 1000)], blocksPerVariant: 1 });
  const source = laid.source();
  const first = source.take();
  expect(source.nextDueMs()).toBe(1500);
  source.onFinished(first, OK, 300);
  const second = source.take();
  expect(second).toMatchObject({ scheduledMs: 300, phaseIndex: 0, variantIndex: first.variantIndex });
  source.onFinished(second, OK, 1000);
  const other = source.take();
  expect(other).toMatchObject({ scheduledMs: 1500, phaseIndex: 2, pairSeq: first.pairSeq });
  source.onFinished(other, OK, 1700);
  expect(source.take()).toMatchObject({ scheduledMs: 1700, variantIndex: other.variantIndex });
});

test('the same seed gives the same blocks, another seed another order somewhere', () => {
  const order = (seed: number) => plan({ seed, blocksPerVariant: 20 }).blocks.map((block) => block.variantIndex);
  expect(order(5)).toEqual(order(5));
  expect(order(6)).not.toEqual(order(5));
});

test.each([
  ['variants', { variants: 0 }],
  ['blocksPerVariant', { blocksPerVariant: 1.5 }],
  ['restMs', { restMs: -1 }],
] as const)('refuses %s that no comparison can hold', (name, change) => {
  expect(() => plan(change)).toThrow(new RegExp(name));
});
