import type { Chance } from './chance.ts';

/** Something that must hold and did not. */
export interface Finding {
  readonly what: string;
  /** What was fed in; base64 where it is bytes. */
  readonly input: string;
}

/** One thing that is fed with mutated input. */
export interface FuzzTarget {
  readonly name: string;
  /** What is fed in, and what must hold. */
  readonly about: string;
  /** Some inputs drawn from `chance`; gives how many it tried and what broke. */
  round(chance: Chance): Promise<Round>;
  close(): Promise<void>;
}

export interface Round {
  readonly cases: number;
  readonly findings: readonly Finding[];
}

/** Runs `body`; a throw is a finding. */
export function withoutThrow(input: string, body: () => string | null): Finding | null {
  try {
    const what = body();
    return what === null ? null : { what, input };
  } catch (error) {
    return { what: error instanceof Error ? (error.stack ?? error.message) : String(error), input };
  }
}
