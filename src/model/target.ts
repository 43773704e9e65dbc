import type { Decoder } from './exchange.ts';
import type { Price } from './quota.ts';
import type { Request, WireRequest } from './request.ts';

export type DialectName = 'dashscope' | 'dashscope-native' | 'openai';

/** How a target is spoken to: writes requests, reads answers. */
export interface Dialect {
  readonly name: DialectName;
  /** Without authorisation and without the scenario's extra headers: the transport adds both. */
  encode(request: Request): WireRequest;
  decoder(request: Request): Decoder;
}

/** Whom we call. */
export interface Target {
  /** Preset name, or `custom`. */
  readonly name: string;
  /** Null while the embedded simulator has no port yet. No trailing slash. */
  readonly baseUrl: string | null;
  readonly dialect: DialectName;
  /** Environment variables that hold the keys, never the keys. One, unless a tactic rotates keys. Empty = no key needed. */
  readonly keyEnvs: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** X-DashScope-Wait-Timeout: the server queues burst refusals instead of answering them. */
  readonly waitTimeoutMs: number | null;
  readonly protocol: 'h1' | 'h2';
  readonly price: Price | null;
  readonly isSimulator: boolean;
}
