import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import type { Clock } from '../model/clock.ts';
import type { JournalSink } from '../model/journal.ts';
import type { Transport } from '../model/transport.ts';

const HEALTH_INTERVAL_MS = 1000;
/** Frequent enough to see a step of the wall clock, rare enough to cost nothing. */
const CLOCK_INTERVAL_MS = 10_000;
/** Resolution of the event-loop delay histogram; its own timer adds this much to every reading. */
const LOOP_RESOLUTION_MS = 10;

export interface HealthOptions {
  readonly clock: Clock;
  readonly sink: JournalSink;
  readonly transports: readonly Pick<Transport, 'sockets'>[];
  readonly inFlight: () => number;
}

/** Records once a second how the generator itself is doing, and every 10 s the wall clock beside the monotonic one. */
export function recordHealth(options: HealthOptions): { stop(): void } {
  const { clock, sink } = options;
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  loop.enable();
  let gcPauseMaxMs = 0;
  const gc = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) gcPauseMaxMs = Math.max(gcPauseMaxMs, entry.duration);
  });
  gc.observe({ entryTypes: ['gc'] });
  let cpu = process.cpuUsage();
  let atMs = clock.nowMs();

  const writeHealth = () => {
    const nowMs = clock.nowMs();
    const used = process.cpuUsage(cpu);
    const sockets = options.transports.map((transport) => transport.sockets());
    sink.write({
      type: 'health',
      atMs: nowMs,
      inFlight: options.inFlight(),
      loopDelayMaxMs: Math.max(0, loop.max / 1e6 - LOOP_RESOLUTION_MS),
      cpuShare: (used.user + used.system) / 1000 / Math.max(1, nowMs - atMs),
      rssBytes: process.memoryUsage.rss(),
      gcPauseMaxMs,
      socketsOpen: sockets.reduce((sum, each) => sum + each.open, 0),
      socketsOpened: sockets.reduce((sum, each) => sum + each.opened, 0),
    });
    cpu = process.cpuUsage();
    atMs = nowMs;
    gcPauseMaxMs = 0;
    loop.reset();
  };
  const writeClock = () => sink.write({ type: 'clock', atMs: clock.nowMs(), wallMs: clock.wallMs() });

  writeClock();
  const healthTimer = setInterval(writeHealth, HEALTH_INTERVAL_MS);
  const clockTimer = setInterval(writeClock, CLOCK_INTERVAL_MS);
  return {
    stop() {
      clearInterval(healthTimer);
      clearInterval(clockTimer);
      writeHealth();
      writeClock();
      loop.disable();
      gc.disconnect();
    },
  };
}
