import type { Arrival, PlannedPhase, Source } from '../model/arrival.ts';
import type { Phase } from '../model/scenario.ts';
import { hashFor, randomFor } from '../stats/random.ts';
import { microsecondsOf, millisecondsOf } from './microseconds.ts';
import { planSchedule, type Schedule } from './plan.ts';

/** Where an arrival came from, to tell its own source of its end. */
interface Origin {
  readonly variantIndex: number;
  readonly inner: Arrival;
}

/**
 * Every variant walks its own copy of the planned source, so that a closed phase or a conversation of one variant is
 * driven by that variant's answers alone. Arrivals are merged by due time. Those due at one instant leave pair by pair,
 * and within a pair the order follows from `pairSeq`: over n! consecutive pairs each of the n! orders occurs once.
 */
export function pairedSource(sources: readonly Source[]): Source {
  const origins = new Map<number, Origin>();
  /** Taken for one instant, in the order they leave. */
  let ready: Origin[] = [];
  let seq = 0;

  const earliestMs = (): number | null => {
    let earliest: number | null = null;
    for (const source of sources) {
      const dueMs = source.nextDueMs();
      if (dueMs !== null && (earliest === null || dueMs < earliest)) earliest = dueMs;
    }
    return earliest;
  };
  const nextDueMs = () => ready[0]?.inner.scheduledMs ?? earliestMs();
  return {
    nextDueMs,
    take() {
      const dueMs = nextDueMs();
      if (ready.length === 0) {
        ready = sources
          .flatMap((source, variantIndex) =>
            dueMs !== null && source.nextDueMs() === dueMs ? [{ variantIndex, inner: source.take() }] : [],
          )
          .sort((left, right) => left.inner.pairSeq - right.inner.pairSeq || rank(left) - rank(right));
      }
      const origin = ready.shift();
      if (origin === undefined) throw new Error('take() without a due arrival');
      const arrival = { ...origin.inner, seq: seq++, variantIndex: origin.variantIndex };
      origins.set(arrival.seq, origin);
      return arrival;
    },
    onFinished(arrival, outcome, atMs) {
      const origin = origins.get(arrival.seq);
      if (origin === undefined) return;
      origins.delete(arrival.seq);
      sources[origin.variantIndex]?.onFinished(origin.inner, outcome, atMs);
    },
  };

  function rank({ variantIndex, inner }: Origin): number {
    return orderOf(sources.length, inner.pairSeq).indexOf(variantIndex);
  }
}

/** The `number`-th order of `count` variants, in the factorial number system; who goes first changes fastest. */
function orderOf(count: number, number: number): readonly number[] {
  const left = Array.from({ length: count }, (_, index) => index);
  const order: number[] = [];
  let rest = number;
  while (left.length > 0) {
    const digit = rest % left.length;
    rest = Math.floor(rest / left.length);
    order.push(...left.splice(digit, 1));
  }
  return order;
}

/** One variant alone with the whole traffic. */
export interface SwitchbackBlock {
  readonly index: number;
  /** Blocks of one round meet the same arrivals. */
  readonly round: number;
  readonly variantIndex: number;
  readonly startMs: number;
  readonly endMs: number;
}

export interface SwitchbackPlan extends Schedule {
  /** The phases as they run, rests included; `phaseIndex` of an arrival points into it. */
  readonly traffic: readonly Phase[];
  readonly blocks: readonly SwitchbackBlock[];
  /** Per phase index, the block it belongs to; null for a rest. */
  readonly blockOfPhase: readonly (number | null)[];
}

export interface SwitchbackOptions {
  readonly variants: number;
  readonly traffic: readonly Phase[];
  readonly blocksPerVariant: number;
  /** Silence between blocks: the longest recovery of a limit. */
  readonly restMs: number;
  readonly seed: number;
}

/** `pairSeq` of one round starts this far after the one before: more arrivals than a block can hold. */
const ROUND_STRIDE = 2 ** 24;

/**
 * Variants that share a quota take turns: in each round every variant gets the whole traffic once, in a random order
 * (randomised complete blocks). Within a round the arrivals are the same instants with the same `pairSeq`, so only the
 * variant differs; between rounds the chance of the traffic is drawn anew.
 */
export function switchbackPlan(options: SwitchbackOptions): SwitchbackPlan {
  assertSwitchback(options);
  const { variants, traffic, seed } = options;
  const rest = restPhase(options.restMs);
  const rounds = Array.from({ length: options.blocksPerVariant }, (_, round) => ({
    schedule: planSchedule(traffic, { seed: hashFor(seed, 'round', round) }),
    order: shuffled(variants, { seed, round }),
  }));
  const placed = placeBlocks(rounds, microsecondsOf(options.restMs));
  const last = placed.length - 1;
  const phases: PlannedPhase[] = [];
  const blockOfPhase: (number | null)[] = [];
  for (const { block, schedule, startUs } of placed) {
    for (const phase of schedule.phases) {
      phases.push({ ...shifted(phase, startUs), index: phases.length });
      blockOfPhase.push(block.index);
    }
    if (block.index === last) break;
    const endMs = millisecondsOf(microsecondsOf(block.endMs) + microsecondsOf(options.restMs));
    phases.push({ ...RESTING, index: phases.length, startMs: block.endMs, endMs });
    blockOfPhase.push(null);
  }
  return {
    phases,
    traffic: placed.flatMap(({ block }) => (block.index === last ? traffic : [...traffic, rest])),
    blocks: placed.map(({ block }) => block),
    blockOfPhase,
    endMs: placed[last]?.block.endMs ?? 0,
    source: () => blockSource(placed.map((each) => openBlock(each, traffic.length + 1))),
  };
}

interface PlacedBlock {
  readonly block: SwitchbackBlock;
  readonly schedule: Schedule;
  readonly startUs: number;
}

function placeBlocks(
  rounds: readonly { readonly schedule: Schedule; readonly order: readonly number[] }[],
  restUs: number,
): readonly PlacedBlock[] {
  const placed: PlacedBlock[] = [];
  let startUs = 0;
  for (const [round, { schedule, order }] of rounds.entries()) {
    for (const variantIndex of order) {
      const endUs = startUs + microsecondsOf(schedule.endMs);
      const times = { startMs: millisecondsOf(startUs), endMs: millisecondsOf(endUs) };
      placed.push({ block: { index: placed.length, round, variantIndex, ...times }, schedule, startUs });
      startUs = endUs + restUs;
    }
  }
  return placed;
}

const RESTING = { kind: 'pause', label: 'rest', plannedArrivals: 0, peakPerSecond: null } as const;

function restPhase(durationMs: number): Phase {
  return { kind: 'pause', durationMs, label: 'rest', limitTo: { promptTokens: null, maxTokens: null } };
}

function shiftedMs(ms: number, byUs: number): number {
  return millisecondsOf(microsecondsOf(ms) + byUs);
}

function shifted(phase: PlannedPhase, byUs: number): PlannedPhase {
  return { ...phase, startMs: shiftedMs(phase.startMs, byUs), endMs: shiftedMs(phase.endMs, byUs) };
}

interface OpenBlock {
  readonly placed: PlacedBlock;
  readonly source: Source;
  readonly firstPhaseIndex: number;
  unfinished: number;
}

function openBlock(placed: PlacedBlock, phasesPerBlock: number): OpenBlock {
  const firstPhaseIndex = placed.block.index * phasesPerBlock;
  return { placed, source: placed.schedule.source(), firstPhaseIndex, unfinished: 0 };
}

/** Nothing of a block is due after its end, so the first block with something due has the earliest. */
function blockSource(blocks: readonly OpenBlock[]): Source {
  const origins = new Map<number, { readonly open: OpenBlock; readonly inner: Arrival }>();
  let cursor = 0;
  let seq = 0;

  const earliest = (): { readonly open: OpenBlock; readonly dueMs: number } | null => {
    for (let index = cursor; index < blocks.length; index++) {
      const open = blocks[index];
      const dueMs = open?.source.nextDueMs() ?? null;
      if (open !== undefined && dueMs !== null) return { open, dueMs: shiftedMs(dueMs, open.placed.startUs) };
      if (index === cursor && open?.unfinished === 0) cursor++;
    }
    return null;
  };
  return {
    nextDueMs: () => earliest()?.dueMs ?? null,
    take() {
      const next = earliest();
      if (next === null) throw new Error('take() without a due arrival');
      const { open, dueMs } = next;
      const inner = open.source.take();
      open.unfinished++;
      const { block } = open.placed;
      const arrival = {
        ...inner,
        seq: seq++,
        scheduledMs: dueMs,
        phaseIndex: open.firstPhaseIndex + inner.phaseIndex,
        variantIndex: block.variantIndex,
        pairSeq: block.round * ROUND_STRIDE + inner.pairSeq,
      };
      origins.set(arrival.seq, { open, inner });
      return arrival;
    },
    onFinished(arrival, outcome, atMs) {
      const origin = origins.get(arrival.seq);
      if (origin === undefined) return;
      origins.delete(arrival.seq);
      origin.open.unfinished--;
      origin.open.source.onFinished(origin.inner, outcome, atMs - origin.open.placed.block.startMs);
    },
  };
}

/** Fisher-Yates. */
function shuffled(count: number, chance: { readonly seed: number; readonly round: number }): readonly number[] {
  const random = randomFor(chance.seed, 'block order', chance.round);
  const left = Array.from({ length: count }, (_, index) => index);
  const order: number[] = [];
  while (left.length > 0) order.push(...left.splice(Math.floor(random() * left.length), 1));
  return order;
}

function assertSwitchback(options: SwitchbackOptions): void {
  const { variants, blocksPerVariant, restMs } = options;
  for (const [name, value] of Object.entries({ variants, blocksPerVariant })) {
    if (!(Number.isInteger(value) && value > 0)) throw new RangeError(`${name} must be a whole number above 0`);
  }
  if (!(restMs >= 0 && restMs < Number.POSITIVE_INFINITY)) throw new RangeError(`restMs must not be ${restMs}`);
}
