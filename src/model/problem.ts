/** Where in the user's input a problem stands; lines and columns count from 1. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Something wrong (or doubtful) in the user's input. All problems of one input are reported together. */
export interface Problem {
  /** Stable and searchable, kebab-case: `unknown-key`, `bad-unit`, `rate-equals-limit`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** One sentence: what is wrong. */
  readonly message: string;
  /** One sentence: what to do about it. */
  readonly hint: string | null;
  readonly where: Location | null;
}

/** Either a value, perhaps with warnings, or everything that is wrong. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };
