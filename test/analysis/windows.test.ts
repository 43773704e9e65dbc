import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analysed, only } from './fold.ts';
import { journal, limited, notSent, type Shot } from './records.ts';

const peaks = (shots: readonly Shot[], skipped: readonly ReturnType<typeof notSent>[] = []) =>
  only(analysed([...skipped, ...journal(shots)]).windows).peaks;

describe('the most in any window', () => {
  test('counts requests less than one window apart together, and those exactly one window apart not', () => {
    const shots = [0, 500, 999.9, 1000, 1500].map((sentMs, seq): Shot => ({ seq, sentMs }));
    expect(peaks(shots).map(({ windowMs, planned, sent, admitted }) => [windowMs, planned, sent, admitted])).toEqual([
      [1000, 3, 3, 3],
      [10_000, 5, 5, 5],
      [60_000, 5, 5, 5],
    ]);
  });

  test('refused attempts are sent and not admitted; tokens are what was reported', () => {
    const usage = { promptTokens: 130, completionTokens: 20, cachedTokens: null, reasoningTokens: null };
    const shots: Shot[] = [
      { seq: 1, sentMs: 0, exchange: { usage } },
      { seq: 2, sentMs: 10, outcome: limited('tokens') },
    ];
    expect(peaks(shots)[0]).toMatchObject({
      sent: 2,
      admitted: 1,
      plannedTokens: 264,
      sentTokens: 250,
      admittedTokens: 150,
      requestQuota: 10,
      tokenQuota: null,
      withinPlan: true,
    });
  });

  test('what was planned and not sent counts at its due time, with the size of its phase', () => {
    const shots: Shot[] = [{ seq: 1, sentMs: 0, promptTokens: 70, maxTokens: 30 }];
    const found = peaks(shots, [notSent({ seq: 2, dueMs: 400, decidedMs: 3000 })])[0];
    expect(found).toMatchObject({ planned: 2, sent: 1, plannedTokens: 100 });
  });

  test('an attempt whose bytes never left does not count as sent', () => {
    const refusedConnection: Shot = {
      seq: 1,
      sentMs: 0,
      outcome: { kind: 'connection', phase: 'connect', code: 'ECONNREFUSED' },
      exchange: { sentMs: null, status: null },
    };
    expect(peaks([refusedConnection])[0]).toMatchObject({ planned: 1, sent: 0, withinPlan: true });
  });
});

describe('the plan is kept', () => {
  test('when late sends stay within the tolerance', () => {
    // Due every 100 ms; the first leaves 6 ms late, so that eleven leave within a second.
    const shots = Array.from({ length: 20 }, (_, seq): Shot => {
      const dueMs = seq * 100;
      return { seq, dueMs, sentMs: seq === 0 ? 6 : dueMs };
    });
    expect(peaks(shots)[0]).toMatchObject({ planned: 10, sent: 11, withinPlan: true });
  });

  test('and broken when a catch-up puts more into a second than any second of the plan held', () => {
    const shots = Array.from({ length: 20 }, (_, seq): Shot => ({ seq, dueMs: seq * 100, sentMs: 1900 + seq }));
    const found = analysed(journal(shots));
    expect(found.windows[0]?.peaks[0]).toMatchObject({ planned: 10, sent: 20, withinPlan: false });
    expect(found.health.verdict).toBe('invalid');
    expect(found.health.reasons[0]).toBe('default: 20 requests were sent within 1 s where at most 10 were planned');
  });

  test('whatever the schedule, as long as every send leaves between its due time and the tolerance', () => {
    const gaps = fc.array(fc.tuple(fc.integer({ min: 0, max: 700 }), fc.double({ min: 0, max: 6, noNaN: true })), {
      minLength: 1,
      maxLength: 80,
    });
    fc.assert(
      fc.property(gaps, (steps) => {
        let dueMs = 0;
        const shots = steps.map(([gapMs, lateMs], seq): Shot => {
          dueMs += gapMs;
          return { seq, dueMs, sentMs: dueMs + lateMs };
        });
        expect(peaks(shots).every(({ withinPlan }) => withinPlan)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
