import type { Comparison, ComparisonDesign } from '../model/comparison.ts';
import type { Finding } from '../model/finding.ts';
import type { JournalRecord, NotSentRecord } from '../model/journal.ts';
import type { Manifest, ManifestVariant } from '../model/manifest.ts';
import { decidedClaims } from './claims.ts';
import { ownFigures } from './compare-own.ts';
import { comparedPairs } from './compare-pairs.ts';
import { recommend } from './compare-recommend.ts';
import { REQUESTS_MAX, type RequestTable, type TableFold, tableFold } from './compare-table.ts';
import { tacticRow } from './compare-tactics.ts';
import { ALPHA } from './compare-verdict.ts';
import type { Judged } from './judged.ts';
import { pairing, writtenAtMs } from './pairing.ts';
import { stability } from './stability.ts';
import { stalls as stallFold } from './stalls.ts';

export interface CompareFold {
  /** In send order. */
  add(attempt: Judged): void;
  notSent(record: NotSentRecord): void;
  /** Claims among `findings` are decided by their intervals; `comparison` is null for a single variant. */
  finish(given: {
    readonly findings: readonly Finding[];
    readonly warnings: readonly string[];
    readonly durationMs: number;
  }): {
    readonly comparison: Comparison | null;
    readonly findings: readonly Finding[];
  };
}

/** Keeps what a comparison needs of every request; nothing is kept of a plain run of one variant without claims. */
export function compareFold(manifest: Manifest): CompareFold {
  const { scenario, variants, seed } = manifest;
  const needed = variants.length > 1 || scenario.claims.length > 0;
  const folds: readonly TableFold[] = needed ? variants.map((variant) => tableFold(variant)) : [];
  return {
    add(attempt) {
      folds[attempt.variant]?.add(attempt);
    },
    notSent(record) {
      folds[record.arrival.variantIndex]?.notSent(record);
    },
    finish({ findings, warnings, durationMs }) {
      const tables = folds.map((fold) => fold.finish(durationMs));
      const decided = decidedClaims(findings, { claims: scenario.claims, tables, seed });
      if (variants.length < 2) return { comparison: null, findings: decided };
      const claims = decided.filter(({ kind }) => kind === 'claim');
      return {
        comparison: compareTables(tables, { design: scenario.pairing, seed, claims, warnings }),
        findings: decided,
      };
    },
  };
}

/** Requests of every variant of a stored journal, for a comparison of two runs. */
export function requestTables(manifest: Manifest): {
  add(record: JournalRecord): void;
  finish(): readonly RequestTable[];
} {
  const folds = manifest.variants.map((variant) => tableFold(variant));
  const stalls = stallFold();
  let endMs = 0;
  const pairs = pairing({
    stalls,
    judge: (end) => end.outcome,
    onJudged(attempt) {
      endMs = Math.max(endMs, attempt.finishedMs ?? attempt.sentMs);
      folds[attempt.variant]?.add(attempt);
    },
  });
  return {
    add(record) {
      endMs = Math.max(endMs, writtenAtMs(record) ?? 0);
      switch (record.type) {
        case 'sent':
          pairs.sent(record);
          return;
        case 'end':
          pairs.end(record);
          return;
        case 'not_sent':
          folds[record.arrival.variantIndex]?.notSent(record);
          pairs.reached(record.decidedMs);
          return;
        case 'stall':
          stalls.add(record);
          return;
        default:
          pairs.reached(record.atMs);
      }
    },
    finish() {
      pairs.flush();
      return folds.map((fold) => fold.finish(endMs));
    },
  };
}

export interface CompareOptions {
  readonly design: ComparisonDesign;
  readonly seed: number;
  readonly claims: readonly Finding[];
  readonly warnings: readonly string[];
}

/** The first table is what the others are compared with. */
export function compareTables(tables: readonly RequestTable[], options: CompareOptions): Comparison {
  const own = ownFigures(options.seed);
  const { design, familySize, pairs } = comparedPairs(tables, options.design, own);
  const variants = tables.map(({ variant }) => variant);
  const compared = {
    design,
    baseline: variants[0]?.name ?? '',
    variants: variants.map(({ name }) => name),
    alpha: ALPHA,
    familySize,
    pairs,
    stability: tables.map((table) => stability(table, options.seed, own)),
    tactics: tables.map(tacticRow),
    claims: options.claims,
    warnings: [...warningsOf(tables, design), ...options.warnings],
  };
  return { ...compared, recommendation: recommend(compared, { severalAccounts: severalAccounts(variants) }) };
}

export interface EarlierRun {
  /** Names the run's columns where both runs call them the same. */
  readonly label: string;
  readonly tables: readonly RequestTable[];
}

/** Two earlier runs: every variant of both, unpaired, against the first variant of the first. */
export function compareRuns(runs: readonly [EarlierRun, EarlierRun], seed: number): Comparison {
  const names = runs.flatMap(({ tables }) => tables.map(({ variant }) => variant.name));
  const unique = new Set(names).size === names.length;
  const tables = runs.flatMap(({ label, tables: own }) =>
    own.map((table): RequestTable => {
      if (unique) return table;
      const name = own.length === 1 ? label : `${label}: ${table.variant.name}`;
      return { ...table, variant: { ...table.variant, name } };
    }),
  );
  return compareTables(tables, { design: 'separate_runs', seed, claims: [], warnings: [] });
}

function warningsOf(tables: readonly RequestTable[], design: ComparisonDesign): readonly string[] {
  const capped = tables
    .filter(({ dropped }) => dropped > 0)
    .map(
      ({ variant, dropped }) =>
        `${variant.name}: only the first ${REQUESTS_MAX} requests are compared, ${dropped} later ones are not`,
    );
  const models = new Set(tables.map(({ variant }) => variant.model));
  return [
    ...(design === 'separate_runs'
      ? ['the runs were not interleaved: what changed between them is part of every difference']
      : []),
    ...(models.size > 1 ? [`the variants ask for different models: ${[...models].join(', ')}`] : []),
    ...capped,
  ];
}

/** Keys are rotated, or a variant calls another host than the first. */
function severalAccounts(variants: readonly ManifestVariant[]): boolean {
  const rotates = variants.some(({ tactics }) => tactics.some((tactic) => tactic.kind === 'keys'));
  return rotates || new Set(variants.map(({ targetName, baseUrl }) => `${targetName} ${baseUrl}`)).size > 1;
}
