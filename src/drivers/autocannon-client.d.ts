/** The part of autocannon 9 that is used; the package has no types of its own. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  function autocannon(options: autocannon.Options): autocannon.Instance;

  namespace autocannon {
    interface Client extends EventEmitter<ClientEvents> {
      /** The present connection; another one after each reconnect. */
      readonly conn: Socket;
      readonly parser: { initialize(type: 'RESPONSE'): void };
      readonly pipelinedRequests: { clear(): void };
      setHeadersAndBody(headers: Readonly<Record<string, string>>, body: string): void;
      destroy(): void;
    }

    interface ClientEvents {
      /** A request is about to be written: the first, and one after each response and each reconnect. */
      request: [];
      headers: [{ readonly statusCode: number; readonly headers: readonly string[] }];
      response: [status: number, bytes: number, ms: number];
      connError: [Error];
    }

    interface Options {
      readonly url: string;
      readonly connections: number;
      readonly duration: number;
      readonly timeout: number;
      readonly sampleInt: number;
      readonly pipelining: 1;
      readonly requests: readonly {
        readonly method: string;
        readonly path: string;
        readonly headers: Readonly<Record<string, string>>;
        readonly onResponse: (status: number, body: string) => void;
      }[];
      readonly setupClient: (client: Client) => void;
    }

    interface Instance extends PromiseLike<unknown> {
      stop(): void;
    }
  }

  export = autocannon;
}
