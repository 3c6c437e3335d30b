/**
 * An outbox for the time of one command, and its end.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NRelay } from "@nostrify/types";
import { createOutbox } from "../create_outbox.ts";
import type { EventDatabase } from "../db/kysely.ts";
import { openSqlite } from "../db/sqlite.ts";
import type { RelayFailureError } from "../nostr/errors.ts";
import type { Outbox } from "../outbox.ts";
import type { OutboxOptions } from "../outbox_options.ts";
import { type NetworkOptions, networkSettings } from "./network_options.ts";
import type { Terminal } from "./terminal.ts";

/** What a command works with. */
export interface Session extends AsyncDisposable {
  readonly outbox: Outbox;
  readonly pool: NPool<NRelay>;
  readonly store: EventDatabase;
  /** What the outbox was made with. */
  readonly settings: OutboxOptions;
  /** The last failure of each relay that failed. */
  readonly failures: ReadonlyMap<string, RelayFailureError>;
}

/** How long to wait for another program that writes to the database, in milliseconds. */
const BUSY_TIMEOUT_MS = 3_000;

/**
 * Opens the database, and an outbox over it.
 *
 * @param more Options of the outbox besides those of the network.
 * @param without Relays that are never connected to.
 * @throws {Error} If the database cannot be opened, or an option is wrong.
 */
export async function openSession(
  options: NetworkOptions,
  terminal: Terminal,
  more: OutboxOptions = {},
  without: readonly string[] = [],
): Promise<Session> {
  const network = networkSettings(options, without);
  const store = await openStore(options);
  const failures = new Map<string, RelayFailureError>();
  const settings: OutboxOptions = { ...network, ...more };
  const outbox = createOutbox({
    ...settings,
    store,
    onRelayError: (error) => void failures.set(error.relay, error),
    onError: (error) => terminal.note(`Warning: ${error.message}`),
  });
  const pool = new NPool<NRelay>(outbox);
  return {
    outbox,
    pool,
    store,
    settings,
    failures,
    async [Symbol.asyncDispose]() {
      await pool.close();
      await outbox.close();
      await store.close();
    },
  };
}

/**
 * Opens the database alone: a file that keeps everything, or memory.
 *
 * @throws {Error} If it cannot be opened.
 */
export function openStore({ db = ":memory:" }: Pick<NetworkOptions, "db">): Promise<EventDatabase> {
  return openSqlite(db, { busyTimeout: BUSY_TIMEOUT_MS });
}
