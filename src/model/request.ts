export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What we want to ask, independent of how it is written on the wire. */
export interface Request {
  readonly requestId: string;
  readonly model: string;
  /** Built when called: in virtual time nobody needs the text, and most of the cost is there. */
  readonly messages: () => readonly Message[];
  readonly maxTokens: number | null;
  readonly stream: boolean;
  readonly extraBody: Readonly<Record<string, unknown>>;
  /** Estimate; the provider's `usage` is the truth. */
  readonly promptTokens: number;
  /** No provider will count more than this: what the safety budget reserves. */
  readonly promptTokensBound: number;
}

/** One HTTP request as a dialect writes it. `path` is appended to the target's base URL. */
export interface WireRequest {
  readonly method: 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request, once on its way: which try it is and which key it uses. */
export interface Outgoing {
  readonly request: Request;
  /** 1 for the first attempt. */
  readonly attemptNo: number;
  /** Index into the target's keys. */
  readonly keyIndex: number;
}
