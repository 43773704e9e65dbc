// Goal: the same scenario and seed give the same arrivals on every machine and in every version.
// Method: the first 50 of each shape against files that change only with UPDATE_GOLDENS=1.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Phase } from '../../src/model/scenario.ts';
import { planSchedule } from '../../src/schedule/plan.ts';
import { burst, closed, hold, pause, ramp, replay, rowsAt, steps, takeAll } from './phases.ts';

const FOLDER = join(import.meta.dirname, 'golden');

test.each<readonly [string, readonly Phase[]]>([
  ['burst', [burst(8), pause(15_000), burst(50, 2000)]],
  ['ramp-up', [ramp(1, 9, 20_000)]],
  ['ramp-from-zero', [ramp(0, 7, 20_000)]],
  ['ramp-down', [ramp(9, 0, 20_000)]],
  ['steps', [steps({ from: 0.2, to: 1.2, by: 0.2 }, 30_000, 60_000)]],
  ['hold-uniform', [hold(540 / 60, 60_000)]],
  ['hold-poisson', [hold(9, 60_000, { kind: 'poisson' })]],
  ['hold-gamma-regular', [hold(9, 60_000, { kind: 'gamma', cv: 0.5 })]],
  ['hold-gamma-bursty', [hold(9, 60_000, { kind: 'gamma', cv: 2.2 })]],
  ['replay', [replay(rowsAt(0, 17.3, 17.3, 412.0009, 9000), 3)]],
  ['closed', [pause(1000.5), closed(5, 1000)]],
])('%s', (name, traffic) => {
  const schedule = planSchedule(traffic, { seed: 7 });
  const arrivals = takeAll(schedule.source(), 50).map(({ seq, phaseIndex, scheduledMs }) => [
    seq,
    phaseIndex,
    scheduledMs,
  ]);
  const document = { phases: schedule.phases, arrivals };
  const path = join(FOLDER, `${name}.json`);
  if (process.env.UPDATE_GOLDENS === '1') {
    mkdirSync(FOLDER, { recursive: true });
    const lines = arrivals.map((arrival) => `    ${JSON.stringify(arrival)}`).join(',\n');
    writeFileSync(path, `{\n  "phases": ${JSON.stringify(schedule.phases)},\n  "arrivals": [\n${lines}\n  ]\n}\n`);
  }
  expect(document).toEqual(JSON.parse(readFileSync(path, 'utf8')));
});
