/**
 * The connection for a request that a relay answers only to somebody who has signed in, as was
 * learned before (NIP-42).
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { ConnectNamedOptions, NamedConnection } from "./connect_named.ts";
import type { QuerySignIn } from "./sign_in_query.ts";

/** What {@link namedConnection} needs besides the filters. */
export interface NamedConnectionOptions extends ConnectNamedOptions {
  /** Who signs in where. @default nobody does */
  readonly signIn?: QuerySignIn;
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
  const { signIn } = options;
  const known = filters.map((filter) => signIn?.known({ relay, filter }));
  // Nothing waits where there is nothing to wait for.
  if (!signIn || known.length === 0 || known.includes(undefined)) return undefined;
  return signIn.named().then((parts) => parts?.connectNamed(known, options));
}
