import type { Exchange } from './exchange.ts';
import type { Outgoing } from './request.ts';

/** Called at most once per attempt, `onSent` before `onEnd`; `onEnd` always comes. */
export interface TransportHandler {
  /**
   * For a driver whose own client retries: the attempt ended like this and the client sends the request again. `onSent`
   * and then `onEnd` (or `onRetry`) follow for the new attempt. False: it must not leave; `onEnd` follows for the old one.
   */
  onRetry?(exchange: Exchange): boolean;
  /**
   * For the same driver, as soon as an attempt has failed: the client may wait and send it again. False: it must not, and
   * `onEnd` follows at once.
   */
  onFailed?(exchange: Exchange): boolean;
  /** The bytes were handed to the socket. Not called when they never were. */
  onSent(sentMs: number): void;
  onEnd(exchange: Exchange): void;
}

/** How bytes travel. A remote failure is an exchange with a `transportError`, never a throw. */
export interface Transport {
  send(outgoing: Outgoing, handler: TransportHandler): void;
  /** For a driver whose own client retries: ends every call that waits for its next attempt with the attempt it had. */
  stopRetrying?(): void;
  /** Ends every open exchange as `cancelled`. */
  abortAll(): void;
  /** Sockets, for the health records. */
  sockets(): { readonly open: number; readonly opened: number };
}
