import type { OpenAI } from 'openai';

export interface SdkClients {
  /** Loads the SDK (0.1 s and more): before t0, not at the first send. */
  load(): Promise<void>;
  client(keyIndex: number): Promise<SdkClient>;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Carries every request of this call, retries included. */
  readonly fetch: (init: RequestInit) => Promise<Response>;
}

export interface SdkClient {
  /** `chat.completions.create`: the completion, or its chunks. */
  create(body: object, options: CallOptions): Promise<unknown>;
}

export interface SdkClientsOptions {
  readonly baseUrl: string;
  readonly keys: readonly string[];
  readonly maxRetries: number;
  readonly timeoutMs: number;
}

/** Tells our `fetch` whose request it carries; never leaves the process. */
const CALL_HEADER = 'x-quotascope-call';

/** One SDK client per key, made when first asked for. Retries and time limits are stated, never the SDK's defaults. */
export function sdkClients(options: SdkClientsOptions): SdkClients {
  const byKey = new Map<number, SdkClient>();
  let loading: Promise<typeof OpenAI> | null = null;
  const load = () => {
    loading ??= import('openai').then((sdk) => sdk.OpenAI);
    return loading;
  };
  return {
    async load() {
      await load();
    },
    async client(keyIndex) {
      const Sdk = await load();
      const known = byKey.get(keyIndex);
      if (known !== undefined) return known;
      const made = sdkClient(Sdk, options, options.keys[keyIndex]);
      byKey.set(keyIndex, made);
      return made;
    },
  };
}

function sdkClient(Sdk: typeof OpenAI, options: SdkClientsOptions, key: string | undefined): SdkClient {
  const calls = new Map<string, CallOptions['fetch']>();
  let callNo = 0;
  const client = new Sdk({
    baseURL: options.baseUrl,
    // The SDK refuses to be made without one.
    apiKey: key ?? 'none',
    organization: null,
    project: null,
    maxRetries: options.maxRetries,
    timeout: options.timeoutMs,
    logLevel: 'off',
    fetch: (_, init) => {
      const headers = new Headers(init?.headers);
      const call = calls.get(headers.get(CALL_HEADER) ?? '');
      if (call === undefined) return Promise.reject(new Error('a request that belongs to no call'));
      headers.delete(CALL_HEADER);
      return call({ ...init, headers });
    },
  });
  return {
    async create(body, { signal, fetch }) {
      const id = String(++callNo);
      calls.set(id, fetch);
      try {
        const params = body as OpenAI.ChatCompletionCreateParams;
        return await client.chat.completions.create(params, { signal, headers: { [CALL_HEADER]: id } });
      } finally {
        calls.delete(id);
      }
    },
  };
}
