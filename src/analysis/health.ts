import type { GeneratorHealth, WindowPeak } from '../model/analysis.ts';
import type { PlannedPhase } from '../model/arrival.ts';
import type { ClockRecord, HealthRecord, NotSentRecord } from '../model/journal.ts';
import type { NotSentReason } from '../model/outcome.ts';
import { percent, plural } from './format.ts';
import type { DurationHistogram } from './histogram.ts';
import { isOwnFailure, type Judged } from './judged.ts';

/** When a run cannot be believed, and why there. Shares are of what was planned unless said. */
const HEALTH_CRITERIA = {
  /** AIPerf marks a replay degraded by its schedule lag; 10 % of the mean gap keeps the shape of the arrivals. */
  lagP99OfMeanGap: 0.1,
  /** Lag below this cannot matter: it is 1 % of the shortest window a limit is written in (1 s). */
  lagP99AlwaysGoodMs: 10,
  /** Lag above this is visible in any latency of an LLM. */
  lagP99DegradedMs: 50,
  /** One request in a hundred missing moves a share by as much as a threshold of 1 % asks. */
  skippedDegraded: 0.01,
  /** Above this the offered rate is another one than the scenario's; a limit verified within 5 % would be missed. */
  skippedInvalid: 0.05,
  /** One or two are what a single garbage collection of about 10 ms costs; a short phase must not fall over it. */
  skippedAlwaysFew: 2,
  /** Sent over planned, leaving out what a safety limit or a tactic held back. */
  achievedInvalid: 0.95,
  /** Of one core: above it the event loop has no room for the next answer, and every stamp is late. */
  cpuBusy: 0.9,
  /** Share of the seconds that may be busy: starting up takes one or two. */
  busySecondsDegraded: 0.05,
  /** Stalled attempts are left out of percentiles and limits: they cost samples, not truth, until too few are left. */
  stalledInvalid: 0.2,
  /** A second between two clock records that differs by this much is a step, not drift (NTP slews at most 0.5 ms/s). */
  clockStepMs: 50,
} as const;

/** Reasons of our own for not sending; a safety cap or a tactic that holds back does what it was asked to. */
export function isOwnFault(reason: NotSentReason): boolean {
  return reason === 'late' || reason === 'in_flight_cap';
}

/** Whether what was left out makes the offered load another one than the planned. */
export function tooManySkipped(skipped: number, planned: number): boolean {
  return skipped > HEALTH_CRITERIA.skippedAlwaysFew && skipped / planned > HEALTH_CRITERIA.skippedInvalid;
}

export interface HealthFold {
  health(record: HealthRecord): void;
  clock(record: ClockRecord): void;
  notSent(record: NotSentRecord): void;
  add(attempt: Judged): void;
  finish(run: HealthFacts): GeneratorHealth;
}

interface HealthFacts {
  readonly lag: DurationHistogram;
  readonly planned: number;
  readonly sent: number;
  /** Time in which traffic was planned: pauses left out. */
  readonly trafficMs: number;
  readonly stalls: number;
  readonly inFlightMax: number;
  readonly conservationHolds: boolean;
  readonly windows: readonly { readonly variant: string; readonly peaks: readonly WindowPeak[] }[];
}

/** How the generator itself did, and whether its figures can be believed. */
export function health(phases: readonly PlannedPhase[]): HealthFold {
  const planned = phases.map(() => 0);
  const skipped = phases.map(() => 0);
  let skippedLate = 0;
  let skippedInFlightCap = 0;
  let stalledAttempts = 0;
  let withConnection = 0;
  let reused = 0;
  let staleReuses = 0;
  const seconds = { all: 0, busy: 0, cpuSum: 0, cpuMax: 0, inFlightMax: 0 };
  const worst = { loopDelayMaxMs: 0, gcPauseMaxMs: 0, rssMaxBytes: 0, socketsOpened: 0 };
  const wall = { driftMs: 0, steps: 0, last: null as ClockRecord | null, records: 0 };

  return {
    health(record) {
      worst.rssMaxBytes = Math.max(worst.rssMaxBytes, record.rssBytes);
      worst.socketsOpened = Math.max(worst.socketsOpened, record.socketsOpened);
      // Before t0 the process warms up on purpose.
      if (record.atMs < 0) return;
      worst.loopDelayMaxMs = Math.max(worst.loopDelayMaxMs, record.loopDelayMaxMs);
      worst.gcPauseMaxMs = Math.max(worst.gcPauseMaxMs, record.gcPauseMaxMs);
      seconds.all += 1;
      seconds.cpuSum += record.cpuShare;
      seconds.cpuMax = Math.max(seconds.cpuMax, record.cpuShare);
      seconds.inFlightMax = Math.max(seconds.inFlightMax, record.inFlight);
      if (record.cpuShare > HEALTH_CRITERIA.cpuBusy) seconds.busy += 1;
    },
    clock(record) {
      wall.records += 1;
      if (wall.last !== null) {
        const apartMs = record.wallMs - wall.last.wallMs - (record.atMs - wall.last.atMs);
        if (Math.abs(apartMs) > HEALTH_CRITERIA.clockStepMs) wall.steps += 1;
        else wall.driftMs += apartMs;
      }
      wall.last = record;
    },
    notSent({ reason, arrival }) {
      planned[arrival.phaseIndex] = (planned[arrival.phaseIndex] ?? 0) + 1;
      if (isOwnFault(reason)) skipped[arrival.phaseIndex] = (skipped[arrival.phaseIndex] ?? 0) + 1;
      if (reason === 'late') skippedLate += 1;
      else if (reason === 'in_flight_cap') skippedInFlightCap += 1;
    },
    add(attempt) {
      planned[attempt.phase] = (planned[attempt.phase] ?? 0) + 1;
      if (attempt.stalled) stalledAttempts += 1;
      if (isOwnFailure(attempt.outcome)) staleReuses += 1;
      const connection = attempt.exchange === null ? null : attempt.exchange.connection;
      if (connection === null) return;
      withConnection += 1;
      if (connection.reused) reused += 1;
    },
    finish(run) {
      const measured = {
        lag: run.lag.percentiles(),
        skippedLate,
        skippedInFlightCap,
        inFlightMax: Math.max(seconds.inFlightMax, run.inFlightMax),
        ...worst,
        cpuShareMean: seconds.all === 0 ? 0 : seconds.cpuSum / seconds.all,
        cpuShareMax: seconds.cpuMax,
        socketsReusedShare: withConnection === 0 ? null : reused / withConnection,
        stalls: run.stalls,
        stalledAttempts,
        wallClockDriftMs: wall.records < 2 ? null : wall.driftMs,
        wallClockSteps: wall.steps,
      };
      const busyShare = seconds.all === 0 ? 0 : seconds.busy / seconds.all;
      const judged = judge(measured, run, { busyShare, staleReuses });
      const thin = phases.flatMap(({ index, label }) => thinned(label, skipped[index] ?? 0, planned[index] ?? 0));
      // A short phase can lose its point while the whole run looks well: a burst above all.
      const verdict = judged.verdict === 'valid' && thin.length > 0 ? 'degraded' : judged.verdict;
      return { verdict, reasons: [...judged.reasons, ...thin], ...measured };
    },
  };
}

type Measured = Omit<GeneratorHealth, 'verdict' | 'reasons'>;

interface OwnTroubles {
  readonly busyShare: number;
  readonly staleReuses: number;
}

function judge(measured: Measured, run: HealthFacts, own: OwnTroubles): Pick<GeneratorHealth, 'verdict' | 'reasons'> {
  const invalid = invalidReasons(measured, run);
  const degraded = degradedReasons(measured, run, own);
  const verdict = invalid.length > 0 ? 'invalid' : degraded.length > 0 ? 'degraded' : 'valid';
  return { verdict, reasons: [...invalid, ...degraded] };
}

function thinned(label: string, skipped: number, planned: number): readonly string[] {
  return tooManySkipped(skipped, planned)
    ? [`phase ${label}: ${skipped} of ${planned} planned attempts were skipped`]
    : [];
}

function invalidReasons(measured: Measured, run: HealthFacts): readonly string[] {
  const reasons: string[] = [];
  const skipped = measured.skippedLate + measured.skippedInFlightCap;
  const possible = run.sent + skipped;
  if (tooManySkipped(skipped, run.planned)) {
    reasons.push(
      `${skipped} of ${run.planned} planned attempts were skipped (${measured.skippedLate} too late, ${measured.skippedInFlightCap} over the in-flight cap): the offered rate was not the planned one`,
    );
  } else if (skipped > HEALTH_CRITERIA.skippedAlwaysFew && run.sent / possible < HEALTH_CRITERIA.achievedInvalid) {
    reasons.push(`only ${percent(run.sent / possible)} of what was planned was sent, for reasons of our own`);
  }
  if (measured.cpuShareMean > HEALTH_CRITERIA.cpuBusy) {
    reasons.push(`the generator used ${percent(measured.cpuShareMean)} of a core on average: its stamps are late`);
  }
  if (run.sent > 0 && measured.stalledAttempts / run.sent > HEALTH_CRITERIA.stalledInvalid) {
    reasons.push(`${measured.stalledAttempts} of ${run.sent} attempts overlapped a stall of our own process`);
  }
  for (const { variant, peaks } of run.windows) {
    for (const peak of peaks.filter(({ withinPlan }) => !withinPlan)) {
      reasons.push(
        `${variant}: ${peak.sent} requests were sent within ${peak.windowMs / 1000} s where at most ${peak.planned} were planned`,
      );
    }
  }
  if (!run.conservationHolds) reasons.push('planned, sent and finished attempts do not add up: the journal has gaps');
  return reasons;
}

function degradedReasons(measured: Measured, run: HealthFacts, own: OwnTroubles): readonly string[] {
  const { busyShare, staleReuses } = own;
  const reasons: string[] = [];
  const skipped = measured.skippedLate + measured.skippedInFlightCap;
  const skippedShare = run.planned === 0 ? 0 : skipped / run.planned;
  if (skippedShare > HEALTH_CRITERIA.skippedDegraded && skippedShare <= HEALTH_CRITERIA.skippedInvalid) {
    reasons.push(`${skipped} of ${run.planned} planned attempts were skipped instead of being sent late`);
  }
  const lagP99 = run.lag.quantileMs(0.99);
  const meanGapMs = run.planned === 0 ? 0 : run.trafficMs / run.planned;
  const limitMs = Math.min(
    HEALTH_CRITERIA.lagP99DegradedMs,
    Math.max(HEALTH_CRITERIA.lagP99AlwaysGoodMs, meanGapMs * HEALTH_CRITERIA.lagP99OfMeanGap),
  );
  if (lagP99 !== null && lagP99 > limitMs) {
    reasons.push(
      `sends were late: lag p99 ${lagP99.toFixed(1)} ms, above ${limitMs.toFixed(1)} ms (mean gap between requests ${meanGapMs.toFixed(1)} ms)`,
    );
  }
  if (measured.cpuShareMean <= HEALTH_CRITERIA.cpuBusy && busyShare > HEALTH_CRITERIA.busySecondsDegraded) {
    reasons.push(`the generator was above 90 % of a core in ${percent(busyShare)} of the seconds`);
  }
  if (staleReuses > HEALTH_CRITERIA.skippedAlwaysFew && staleReuses / run.sent > HEALTH_CRITERIA.skippedDegraded) {
    reasons.push(
      `${staleReuses} of ${run.sent} attempts were lost on connections that the server closed as they were used again: left out of errors and answers`,
    );
  }
  if (run.stalls > 0) {
    reasons.push(
      `our own process stood still ${plural(run.stalls, 'time')}; ${plural(measured.stalledAttempts, 'attempt')} overlapped that`,
    );
  }
  if (measured.wallClockSteps > 0) {
    reasons.push(
      `the wall clock was set ${plural(measured.wallClockSteps, 'time')} during the run: times of day are unreliable`,
    );
  }
  return reasons;
}
