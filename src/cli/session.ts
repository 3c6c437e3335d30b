/**
 * An outbox for the time of one command, and its end.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NRelay } from "@nostrify/types";
import { existsSync } from "node:fs";
import { createOutbox } from "../create_outbox.ts";
import type { EventDatabase } from "../db/kysely.ts";
import { openSqlite } from "../db/sqlite.ts";
import type { RelayFailureError } from "../nostr/errors.ts";
import type { Outbox } from "../outbox.ts";
import type { OutboxOptions } from "../outbox_options.ts";
import { causedMessage } from "./caused_message.ts";
import { type NetworkOptions, networkSettings } from "./network_options.ts";
import { readingRecords } from "./reading_records.ts";
import { RelayProber } from "./relay_prober.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";

/** What a command works with. */
export interface Session {
  readonly outbox: Outbox;
  readonly pool: NPool<NRelay>;
  readonly store: EventDatabase;
  /** What the outbox was made with. */
  readonly settings: OutboxOptions;
  /** The last failure of each relay that failed. */
  readonly failures: ReadonlyMap<string, RelayFailureError>;
  /** Asks relays one by one. */
  readonly prober: RelayProber;
}

/** How long to wait for another program that writes to the database, in milliseconds. */
const BUSY_TIMEOUT_MS = 3_000;

/** What a session is opened with. */
export interface SessionOptions {
  readonly network: NetworkOptions;
  /** Options of the outbox besides those of the network. @default none */
  readonly outbox?: OutboxOptions;
  /** Relays that are never connected to. @default none */
  readonly without?: readonly string[];
  /** Whether it goes on with what is pending in the database. @default false */
  readonly sends?: boolean;
}

/**
 * Opens the database, and an outbox over it, and closes both once they were used.
 *
 * @throws {Error} If the database cannot be opened, or an option is wrong.
 * @throws What `use` throws.
 */
export async function withSession<T>(
  { network, outbox: more = {}, without = [], sends = false }: SessionOptions,
  terminal: Pick<Terminal, "note">,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const settings: OutboxOptions = { ...networkSettings(network, without), ...more };
  return await withStore(network, async (store) => {
    const failures = new Map<string, RelayFailureError>();
    const onError = (error: Error) => terminal.note(`Warning: ${causedMessage(error)}`);
    const onRelayError = (error: RelayFailureError) => void failures.set(error.relay, error);
    const records = sends ? store : readingRecords(store);
    const outbox = createOutbox({ ...settings, store, records, onRelayError, onError });
    const pool = new NPool<NRelay>(outbox);
    const prober = new RelayProber({ onError });
    try {
      return await use({ outbox, pool, store, settings, failures, prober });
    } finally {
      await Promise.all([pool.close(), prober.close()]);
      await outbox.close();
    }
  });
}

/**
 * Opens a database that is there, for a command that only reads it, and closes it once it was used.
 *
 * @throws {UsageError} If there is no such file.
 * @throws {Error} If it cannot be opened.
 * @throws What `use` throws.
 */
export async function withExistingStore<T>(
  db: string,
  use: (store: EventDatabase) => Promise<T>,
): Promise<T> {
  if (!existsSync(db)) throw new UsageError(`Cannot read ${db}: there is no such file`);
  return await withStore({ db }, use);
}

/**
 * Opens the database alone, a file that keeps everything or memory, and closes it once it was used.
 *
 * @throws {Error} If it cannot be opened.
 * @throws What `use` throws.
 */
async function withStore<T>(
  { db = ":memory:" }: Pick<NetworkOptions, "db">,
  use: (store: EventDatabase) => Promise<T>,
): Promise<T> {
  const store = await openSqlite(db, { busyTimeout: BUSY_TIMEOUT_MS });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
