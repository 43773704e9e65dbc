import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventQueue } from '../../src/drivers/event-queue.ts';
import { monotonicClock, type Timebase } from '../../src/drivers/monotonic-clock.ts';
import { virtualClock } from '../../src/drivers/virtual-clock.ts';

/** A machine whose timers can fire early or late, and whose callbacks can take time. */
function machine(options: { earlyMs?: number } = {}) {
  let nowMs = 5000;
  let timer: { dueMs: number; callback: () => void } | null = null;
  let next: (() => void) | null = null;
  let wakeUps = 0;
  const timebase: Timebase = {
    monotonicMs: () => nowMs,
    wallMs: () => 1_800_000_000_000 + nowMs,
    setTimer(delayMs, callback) {
      expect(Number.isInteger(delayMs)).toBe(true);
      const mine = { dueMs: nowMs + delayMs - (options.earlyMs ?? 0), callback };
      timer = mine;
      return () => {
        if (timer === mine) timer = null;
      };
    },
    setNext(callback) {
      next = callback;
      return () => {
        if (next === callback) next = null;
      };
    },
  };
  return {
    timebase,
    wakeUps: () => wakeUps,
    armed: () => timer !== null || next !== null,
    /** The process is busy, or stopped. */
    pass(ms: number) {
      nowMs += ms;
    },
    /** Runs the event loop until `untilMs` of the machine's own time. */
    loop(untilMs: number) {
      for (;;) {
        const callback = next ?? (timer !== null && timer.dueMs <= untilMs ? timer.callback : null);
        if (callback === null) break;
        if (next !== null) next = null;
        else if (timer !== null) {
          nowMs = Math.max(nowMs, timer.dueMs);
          timer = null;
        }
        wakeUps++;
        callback();
      }
      nowMs = Math.max(nowMs, untilMs);
    },
  };
}

describe('event queue', () => {
  test('gives callbacks by time, first in first out for equal times, without the cancelled', () => {
    const entry = fc.record({ due: fc.integer({ min: -20, max: 20 }), cancel: fc.boolean() });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 300 }), (entries) => {
        const queue = eventQueue();
        const order: number[] = [];
        const cancels = entries.map(({ due }, index) => queue.push(due, () => order.push(index)));
        for (const [index, { cancel }] of entries.entries()) if (cancel) cancels[index]?.();
        const expected = entries
          .map(({ due, cancel }, index) => ({ due, cancel, index }))
          .filter(({ cancel }) => !cancel)
          .sort((a, b) => a.due - b.due || a.index - b.index);
        expect(queue.size()).toBe(expected.length);
        for (const { due } of expected) {
          expect(queue.nextDueMs()).toBe(due);
          queue.pop()?.();
        }
        expect(queue.pop()).toBeNull();
        expect(order).toEqual(expected.map(({ index }) => index));
      }),
      { seed: 3 },
    );
  });

  test('does not keep what was cancelled', () => {
    const queue = eventQueue();
    const held: number[] = [];
    for (let index = 0; index < 50_000; index++) {
      const cancel = queue.push(1_000_000 + index, () => held.push(index));
      if (index % 10 !== 0) cancel();
    }
    expect(queue.size()).toBe(5000);
    for (let callback = queue.pop(); callback !== null; callback = queue.pop()) callback();
    expect(held).toHaveLength(5000);
    expect(held[1]).toBe(10);
  });

  test('cancelling twice, or after it ran, does nothing', () => {
    const queue = eventQueue();
    const cancel = queue.push(1, () => {});
    const other = queue.push(2, () => {});
    queue.pop();
    cancel();
    cancel();
    expect(queue.size()).toBe(1);
    other();
    other();
    expect(queue.size()).toBe(0);
  });
});

describe('virtual clock', () => {
  test('jumps from event to event and runs those added on the way', () => {
    const clock = virtualClock({ t0WallMs: 1000, startMs: -50 });
    const seen: number[] = [];
    clock.at(10, () => {
      seen.push(clock.nowMs());
      clock.at(5, () => seen.push(clock.nowMs()));
      clock.at(20, () => seen.push(clock.nowMs()));
    });
    clock.at(-10, () => seen.push(clock.nowMs()));
    expect(clock.nowMs()).toBe(-50);
    expect(clock.run()).toBe(4);
    expect(seen).toEqual([-10, 10, 10, 20]);
    expect(clock.wallMs()).toBe(1020);
  });

  test('stops where it is told, events at that instant included', () => {
    const clock = virtualClock({ t0WallMs: 0 });
    const seen: number[] = [];
    for (const ms of [1, 2, 3]) clock.at(ms, () => seen.push(ms));
    expect(clock.runUntil(2)).toBe(2);
    expect(clock.nowMs()).toBe(2);
    clock.run();
    expect(seen).toEqual([1, 2, 3]);
  });

  test('refuses a due time that is no time', () => {
    const clock = virtualClock({ t0WallMs: 0 });
    expect(() => clock.at(Number.NaN, () => {})).toThrow(RangeError);
    expect(() => clock.at(Number.POSITIVE_INFINITY, () => {})).toThrow(RangeError);
  });
});

describe('monotonic clock', () => {
  test('counts from a zero that can be set', () => {
    const { timebase, pass } = machine();
    const clock = monotonicClock({ timebase });
    clock.zeroIn(200);
    expect(clock.nowMs()).toBe(-200);
    pass(250);
    expect(clock.nowMs()).toBe(50);
  });

  test('never runs a callback early, although timers fire early', () => {
    const host = machine({ earlyMs: 0.4 });
    const clock = monotonicClock({ timebase: host.timebase });
    const late: number[] = [];
    for (let due = 1; due < 200; due += 3.7) clock.at(due, () => late.push(clock.nowMs() - due));
    host.loop(5300);
    expect(late).toHaveLength(54);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...late)).toBeLessThanOrEqual(1);
  });

  test('keeps waiting callbacks at their time since t0 when the zero moves', () => {
    const host = machine();
    const clock = monotonicClock({ timebase: host.timebase });
    const seen: number[] = [];
    clock.at(5, () => seen.push(clock.nowMs()));
    clock.zeroIn(100);
    host.loop(5104);
    expect(seen).toEqual([]);
    host.loop(5106);
    expect(seen[0]).toBeGreaterThanOrEqual(5);
  });

  test('runs what is due at once, in order, but never inside the call', () => {
    const host = machine();
    const clock = monotonicClock({ timebase: host.timebase });
    const seen: string[] = [];
    clock.at(0, () => seen.push('first'));
    clock.at(-10, () => seen.push('earlier'));
    clock.at(0, () => seen.push('second'));
    expect(seen).toEqual([]);
    host.loop(5000);
    expect(seen).toEqual(['earlier', 'first', 'second']);
  });

  test('lets sockets have their turn during a burst of callbacks', () => {
    const host = machine();
    const clock = monotonicClock({ timebase: host.timebase });
    let count = 0;
    for (let index = 0; index < 20; index++) {
      clock.at(0, () => {
        count++;
        host.pass(1);
      });
    }
    host.loop(5000);
    expect(count).toBe(20);
    expect(host.wakeUps()).toBe(4);
  });

  test('lets sockets have their turn when a callback asks for more at once', () => {
    const host = machine();
    const clock = monotonicClock({ timebase: host.timebase });
    let count = 0;
    const again = () => {
      if (++count < 5) clock.at(0, again);
    };
    clock.at(0, again);
    host.loop(5000);
    expect(host.wakeUps()).toBe(5);
  });

  test('arms nothing while nothing waits', () => {
    const host = machine();
    const clock = monotonicClock({ timebase: host.timebase });
    expect(host.armed()).toBe(false);
    const cancel = clock.at(100, () => {});
    expect(host.armed()).toBe(true);
    cancel();
    host.loop(5200);
    expect(host.armed()).toBe(false);
    clock.at(300, () => {});
    clock.stop();
    expect(host.armed()).toBe(false);
  });

  test('reports a stall longer than 50 ms while something waits, with its interval', () => {
    const host = machine();
    const stalls: [number, number][] = [];
    const clock = monotonicClock({ timebase: host.timebase, onStall: (from, to) => stalls.push([from, to]) });
    clock.at(10_000, () => {});
    host.loop(5100);
    host.pass(2000);
    host.loop(7200);
    expect(stalls).toHaveLength(1);
    const [from, to] = stalls[0] as [number, number];
    expect(from).toBeGreaterThanOrEqual(100);
    expect(from).toBeLessThanOrEqual(110);
    expect(to).toBe(2100);
  });

  test('reports a delay just above 50 ms and not one of 50 ms', () => {
    const host = machine();
    const stalls: unknown[] = [];
    const clock = monotonicClock({ timebase: host.timebase, onStall: (...stall) => stalls.push(stall) });
    clock.at(10, () => {});
    host.pass(60);
    host.loop(5060);
    expect(stalls).toHaveLength(0);
    clock.at(70, () => {});
    host.pass(61);
    host.loop(5121);
    expect(stalls).toHaveLength(1);
  });

  test('reports a callback that blocks the process', () => {
    const host = machine();
    const stalls: [number, number][] = [];
    const clock = monotonicClock({ timebase: host.timebase, onStall: (from, to) => stalls.push([from, to]) });
    clock.at(5, () => host.pass(51));
    host.loop(5100);
    expect(stalls).toEqual([[5, 56]]);
  });

  test('goes on after a callback that throws', () => {
    const host = machine();
    const clock = monotonicClock({ timebase: host.timebase });
    let ran = false;
    clock.at(1, () => {
      throw new Error('boom');
    });
    clock.at(2, () => {
      ran = true;
    });
    expect(() => host.loop(5001)).toThrow('boom');
    host.loop(5010);
    expect(ran).toBe(true);
  });

  test('real time: a hundred callbacks run in order and not early', async () => {
    const clock = monotonicClock();
    const late: number[] = [];
    await new Promise<void>((resolve) => {
      for (let index = 0; index < 100; index++) {
        const due = 5 + index * 0.7;
        clock.at(due, () => {
          late.push(clock.nowMs() - due);
          if (late.length === 100) resolve();
        });
      }
    });
    clock.stop();
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  });
});
