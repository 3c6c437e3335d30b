/**
 * What a connection to a relay needs, and what it reports.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { RelayFailureError } from "../nostr/errors.ts";
import type { VerifyEvent } from "../nostr/verification_cache.ts";
import type { Identity } from "./identity.ts";
import type { NamedWait } from "./named_wait.ts";
import type { OpenRelay } from "./open_relay.ts";

/** Dependencies of a `RelayConnection`, and what it reports. */
export interface RelayConnectionOptions {
  readonly open: OpenRelay;
  readonly clock: Clock;
  readonly verifyEvent: VerifyEvent;
  /** Returns how many subscriptions the relay takes at once, as far as is known now. */
  readonly maxSubscriptions: () => number;
  /** Returns after how many milliseconds a connection that is not open has failed. */
  readonly connectTimeout: () => number;
  /**
   * Called once when the connection is open, with the milliseconds that took; `undefined` if the
   * program itself did not run for a part of that time.
   */
  readonly onOpen: (ms?: number) => void;
  /** Called once when the connection ends. */
  readonly onEnd: (error: RelayFailureError) => void;
  /** Called when the relay answers a probe of a silent connection. */
  readonly onAlive?: () => void;
  /** As whom to sign in, once that is asked for. @default the connection has no name */
  readonly identity?: Identity;
  /** Called with what went wrong in closing. */
  readonly onError: (error: Error) => void;
  /** Shared by all connections to the relay. @default one of its own */
  readonly namedWait?: NamedWait;
}
