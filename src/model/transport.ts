import type { Exchange } from './exchange.ts';
import type { Outgoing } from './request.ts';

/** Called at most once each, `onSent` before `onEnd`; `onEnd` always comes. */
export interface TransportHandler {
  /** The bytes were handed to the socket. Not called when they never were. */
  onSent(sentMs: number): void;
  onEnd(exchange: Exchange): void;
}

/** How bytes travel. A remote failure is an exchange with a `transportError`, never a throw. */
export interface Transport {
  send(outgoing: Outgoing, handler: TransportHandler): void;
  /** Ends every open exchange as `cancelled`. */
  abortAll(): void;
  /** Sockets, for the health records. */
  sockets(): { readonly open: number; readonly opened: number };
}
