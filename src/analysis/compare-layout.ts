import type { ComparisonDesign } from '../model/comparison.ts';
import type { RequestTable } from './compare-table.ts';

/** Which requests of two variants stand against each other, in time order. */
export interface Layout {
  readonly design: ComparisonDesign;
  /** Row numbers. In a paired layout entry k of both is one pair. */
  readonly rowsA: Int32Array;
  readonly rowsB: Int32Array;
  /** Switchback: the round of each entry. */
  readonly rounds: { readonly a: Int32Array; readonly b: Int32Array; readonly count: number } | null;
  readonly unpairedA: number;
  readonly unpairedB: number;
}

/** Turns of a conversation share their pair; no conversation is longer than this. */
const TURNS_MAX = 4096;

/** Rows by planned time: the table holds them as they ended. */
export function inTimeOrder(table: RequestTable): Int32Array {
  const rows = Int32Array.from({ length: table.count }, (_, row) => row);
  const { scheduledMs } = table.doubles;
  return rows.sort((x, y) => (scheduledMs[x] as number) - (scheduledMs[y] as number));
}

const keyOf = ({ words }: RequestTable, row: number) =>
  (words.pairSeq[row] as number) * TURNS_MAX + (words.turn[row] as number);

/** Every arrival went to both variants. */
export function pairedLayout(a: RequestTable, b: RequestTable): Layout {
  const partners = new Map<number, number>();
  for (let row = 0; row < b.count; row++) partners.set(keyOf(b, row), row);
  const rowsA: number[] = [];
  const rowsB: number[] = [];
  for (const row of inTimeOrder(a)) {
    const partner = partners.get(keyOf(a, row));
    if (partner === undefined) continue;
    rowsA.push(row);
    rowsB.push(partner);
  }
  return {
    design: 'paired',
    rowsA: Int32Array.from(rowsA),
    rowsB: Int32Array.from(rowsB),
    rounds: null,
    unpairedA: a.count - rowsA.length,
    unpairedB: b.count - rowsB.length,
  };
}

/** Two runs at different times: nothing stands against anything in particular. */
export function separateLayout(a: RequestTable, b: RequestTable): Layout {
  const [rowsA, rowsB] = [inTimeOrder(a), inTimeOrder(b)];
  return { design: 'separate_runs', rowsA, rowsB, rounds: null, unpairedA: a.count, unpairedB: b.count };
}

/** Variants took turns: requests count by the round their block belongs to; blocks outside a whole round are left out. */
export function switchbackLayout(a: RequestTable, b: RequestTable, rounds: RoundsOf): Layout {
  const keep = (table: RequestTable) => inTimeOrder(table).filter((row) => rounds.of(table, row) >= 0);
  const [rowsA, rowsB] = [keep(a), keep(b)];
  return {
    design: 'switchback',
    rowsA,
    rowsB,
    rounds: {
      a: rowsA.map((row) => rounds.of(a, row)),
      b: rowsB.map((row) => rounds.of(b, row)),
      count: rounds.count,
    },
    unpairedA: a.count - rowsA.length,
    unpairedB: b.count - rowsB.length,
  };
}

export interface RoundsOf {
  readonly count: number;
  /** Round of a row, or -1 outside whole rounds. */
  of(table: RequestTable, row: number): number;
}

interface Block {
  readonly variant: number;
  readonly rows: readonly Place[];
}

interface Place {
  readonly variant: number;
  readonly row: number;
  readonly pairSeq: number;
  readonly atMs: number;
}

/** Requests of one block are numbered in one go; the next round of a switchback starts this much further on, or more. */
const ROUND_JUMP = 2 ** 20;

/**
 * Finds the blocks of a switchback in what was planned: a block ends where another variant takes over, or where the pair
 * numbers jump to the next round. Without such jumps, a variant that comes twice in a row (last of one round, first of the
 * next) is cut at the rest in the middle. A round is one block of every variant.
 */
export function switchbackRounds(tables: readonly RequestTable[]): RoundsOf {
  const places = tables.flatMap((table, variant) =>
    Array.from(inTimeOrder(table), (row): Place => {
      const pairSeq = table.words.pairSeq[row] as number;
      return { variant, row, pairSeq, atMs: table.doubles.scheduledMs[row] as number };
    }),
  );
  places.sort((x, y) => x.atMs - y.atMs);
  const { runs, jumped } = runsOf(places);
  const blocks = jumped ? runs : doublesSplit(runs);
  const roundOf = tables.map((table) => new Int32Array(table.count).fill(-1));
  let count = 0;
  for (let at = 0; at + tables.length <= blocks.length; ) {
    const round = blocks.slice(at, at + tables.length);
    if (new Set(round.map(({ variant }) => variant)).size < tables.length) {
      at += 1;
      continue;
    }
    for (const { row, variant } of round.flatMap(({ rows }) => rows)) {
      const rounds = roundOf[variant];
      if (rounds !== undefined) rounds[row] = count;
    }
    count += 1;
    at += tables.length;
  }
  return { count, of: (table, row) => roundOf[tables.indexOf(table)]?.[row] ?? -1 };
}

function runsOf(places: readonly Place[]): { readonly runs: readonly Block[]; readonly jumped: boolean } {
  const runs: { variant: number; rows: Place[] }[] = [];
  let jumped = false;
  for (const place of places) {
    const last = runs.at(-1);
    const before = last?.rows.at(-1);
    const jumps = before !== undefined && place.pairSeq - before.pairSeq >= ROUND_JUMP;
    if (jumps) jumped = true;
    if (last !== undefined && last.variant === place.variant && !jumps) last.rows.push(place);
    else runs.push({ variant: place.variant, rows: [place] });
  }
  return { runs, jumped };
}

/** All blocks have one schedule, so a run well over the size of one is two, with a rest between them. */
function doublesSplit(runs: readonly Block[]): readonly Block[] {
  const sizes = runs.map(({ rows }) => rows.length).sort((x, y) => x - y);
  // Not the smallest: the last block of an interrupted run is shorter than any.
  const single = sizes[Math.floor(sizes.length / 5)] ?? 0;
  return runs.flatMap((run) => {
    if (run.rows.length < 2 || run.rows.length < 1.5 * single) return [run];
    let cut = 0;
    let longestMs = -1;
    const from = Math.floor(run.rows.length / 4);
    for (let at = Math.max(1, from); at <= run.rows.length - from && at < run.rows.length; at++) {
      const gapMs = (run.rows[at] as Place).atMs - (run.rows[at - 1] as Place).atMs;
      if (gapMs <= longestMs) continue;
      longestMs = gapMs;
      cut = at;
    }
    const { variant, rows } = run;
    return [
      { variant, rows: rows.slice(0, cut) },
      { variant, rows: rows.slice(cut) },
    ];
  });
}
