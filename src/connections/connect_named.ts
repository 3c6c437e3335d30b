/**
 * Connects as somebody, and signs in.
 *
 * @module
 */

import { abortable } from "../base/abortable.ts";
import type { Clock } from "../base/clock.ts";
import { startTimeout } from "../base/stall_watch.ts";
import { within } from "../base/within.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import type { RelayMemory } from "../relays/relay_memory.ts";
import type { RelayConnection } from "./relay_connection.ts";
import type { RelayConnector } from "./relay_connector.ts";

/** A connection that has signed in. */
export interface NamedConnection {
  /** Counts one more user, which the caller must count down again. */
  readonly connection: RelayConnection;
  /** Call it when the connection is not used any longer. */
  readonly release: () => void;
}

/** What {@link connectNamed} needs. */
export interface ConnectNamedOptions {
  readonly clock: Clock;
  readonly memory: Pick<RelayMemory, "deadlines">;
  /** Who connects first: lower ranks before higher ones. */
  readonly rank: number;
  readonly signal: AbortSignal;
  /** Called when signing in takes longer than a relay may take to answer. */
  readonly onLate: () => void;
  readonly onRelayError?: (error: RelayFailureError) => void;
}

/**
 * Connects and signs in, if all of these are one.
 *
 * @returns `undefined` if they are not, or nobody could sign in.
 * @throws The signal's reason, if it is aborted.
 */
export async function connectNamed(
  known: readonly (Promise<RelayConnector | undefined> | undefined)[],
  { clock, memory, onLate, onRelayError, rank, signal }: ConnectNamedOptions,
): Promise<NamedConnection | undefined> {
  const [connector, ...others] = await Promise.all(known);
  signal.throwIfAborted();
  if (!connector || others.some((other) => other !== connector)) return undefined;
  const { soft, hard } = memory.deadlines(connector.url);
  const use = connector.use();
  let connection: RelayConnection | undefined;
  let cancelLate = () => {};
  try {
    connection = await connector.connection(rank, signal);
    await abortable(connection.whenOpen(), signal);
    cancelLate = startTimeout(clock, soft, onLate);
    const signedIn = connection.signIn(signal).then(() => true);
    if (await within(signedIn, clock, hard, signal)) return { connection, release: use.release };
  } catch (error) {
    if (!signal.aborted && !(error instanceof RelayFailureError)) throw error;
    if (!signal.aborted) onRelayError?.(error as RelayFailureError);
  } finally {
    cancelLate();
  }
  if (connection) connection.users--;
  use.release();
  signal.throwIfAborted();
  return undefined;
}
