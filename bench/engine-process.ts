/** Our engine as one of the contenders: the loop, driver, classifier and journal of a real run, without its report. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLiveLanes } from '../src/commands/live-lanes.ts';
import { fireLoad } from '../src/commands/live-load.ts';
import { rehearse } from '../src/commands/rehearsal.ts';
import { trafficOf } from '../src/commands/traffic.ts';
import { monotonicClock } from '../src/drivers/monotonic-clock.ts';
import { journalWriter } from '../src/journal/writer.ts';
import { parseScenario } from '../src/scenario/parse.ts';
import { type RecordingCosts, sliced } from './recording-slices.ts';

export interface EngineOptions {
  readonly port: number;
  readonly phase: object;
  readonly driver: 'undici' | 'openai' | 'autocannon';
  readonly stream: boolean;
  /** `by_turns`: on and off in slices, and the cost of a request in either is printed at the end. */
  readonly record: 'on' | 'by_turns';
  /** Sockets opened before t0. */
  readonly sockets: number;
}

const { port, phase, driver, stream, record, sockets }: EngineOptions = JSON.parse(process.argv[2] ?? '{}');
const PROMPT = 'word '.repeat(30);
const parsed = parseScenario(
  JSON.stringify({
    name: 'bench',
    target: { baseUrl: `http://127.0.0.1:${port}/v1`, dialect: 'openai' },
    model: 'm',
    driver,
    // The peers send one fixed body; ours is as long, and each prompt starts with a nonce of its own all the same.
    workload: { text: PROMPT, maxTokens: 8, stream },
    traffic: [phase],
    safety: { maxInFlight: 10_000 },
  }),
  { file: 'bench' },
);
if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
const scenario = parsed.value;
const folder = mkdtempSync(join(tmpdir(), 'quotascope-bench-'));
const clock = monotonicClock();
const { traffic } = trafficOf(scenario);
const lanes = openLiveLanes({ scenario, variants: scenario.variants, env: {}, clock, phases: traffic });
if (!lanes.ok) throw new Error(lanes.problems[0]?.message);
const journal = journalWriter({ path: join(folder, 'journal.ndjson'), secrets: [], maxBytes: null, clock });
const turns = record === 'by_turns' ? sliced(journal) : null;
try {
  await rehearse(scenario);
  if (driver !== 'autocannon') for (const transport of lanes.transports) await transport.warm(sockets);
  clock.zeroIn(200);
  const sink = turns?.sink ?? journal;
  await fireLoad({ scenario, clock, lanes, sink, stop: undefined, kill: undefined, onStart: undefined });
} finally {
  journal.close();
  clock.stop();
  for (const transport of lanes.transports) await transport.close();
  rmSync(folder, { recursive: true, force: true });
}
if (turns !== null) process.stdout.write(JSON.stringify(turns.costs() satisfies RecordingCosts));
