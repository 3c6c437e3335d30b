/**
 * The connection for a request that a relay answers only to somebody who has signed in, as was
 * learned before (NIP-42).
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { abortable } from "../base/abortable.ts";
import { startTimeout } from "../base/stall_watch.ts";
import { within } from "../base/within.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import type { RelayConnection } from "./relay_connection.ts";
import type { RelayConnector } from "./relay_connector.ts";
import type { SignInQueryOptions } from "./sign_in_query.ts";

/** A connection that has signed in. */
export interface NamedConnection {
  /** Counts one more user, which the caller must count down again. */
  readonly connection: RelayConnection;
  /** Call it when the connection is not used any longer. */
  readonly release: () => void;
}

/** What {@link namedConnection} needs besides the filters. */
export interface NamedConnectionOptions
  extends Pick<SignInQueryOptions, "clock" | "memory" | "signIn" | "onRelayError"> {
  /** Who connects first: lower ranks before higher ones. */
  readonly rank: number;
  readonly signal: AbortSignal;
  /** Called when signing in takes longer than a relay may take to answer. */
  readonly onLate: () => void;
}

/**
 * Connects and signs in, if all of the filters are for one identity: so no connection without a
 * name is opened first.
 *
 * @returns `undefined` if some filter is read without a name, or nobody could sign in, in which case
 * the relay is asked without a name.
 * @throws The signal's reason, if it is aborted.
 */
export function namedConnection(
  relay: string,
  filters: readonly NostrFilter[],
  options: NamedConnectionOptions,
): Promise<NamedConnection | undefined> | undefined {
  const known = filters.map((filter) => options.signIn?.known({ relay, filter }));
  // Nothing waits where there is nothing to wait for.
  if (known.length === 0 || known.includes(undefined)) return undefined;
  return connected(known, options);
}

async function connected(
  known: readonly (Promise<RelayConnector | undefined> | undefined)[],
  { clock, memory, onLate, onRelayError, rank, signal }: NamedConnectionOptions,
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
