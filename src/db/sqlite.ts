/**
 * An event database on the SQLite that is built into Deno 2 and Node 22.13 or later: no FFI,
 * no download.
 *
 * @module
 */

import { Kysely } from "kysely";
import { DatabaseSync } from "node:sqlite";
import { checkNames, type OptionNames } from "../base/check_option.ts";
import { DATABASE_OPTIONS, type EventDatabaseOptions } from "./database_options.ts";
import { EventDatabase } from "./kysely.ts";
import { NodeSqliteDialect } from "./node_sqlite_dialect.ts";
import { NodeSqliteHandle } from "./node_sqlite_handle.ts";

/** The options of {@link openSqlite}. */
export interface SqliteOptions extends EventDatabaseOptions {
  /**
   * How long a write waits while another process or connection writes, in milliseconds: an
   * integer of at least 0. Raise it if imports run beside the app: one of 100,000 events
   * takes some ten seconds.
   * @default 30_000
   */
  readonly busyTimeout?: number;
}

const SQLITE_OPTIONS: OptionNames<SqliteOptions> = { ...DATABASE_OPTIONS, busyTimeout: true };

/**
 * Opens an event database in a file, which it creates if there is none. `:memory:` opens a
 * database that is gone once it is closed. An `NDatabase` file opens as it is.
 *
 * The file is in WAL mode: one connection may write while others read, in this process or
 * another. An event is on the disk when `event()` resolves.
 *
 * @param path The file, or `:memory:`.
 * @param options See {@link SqliteOptions}.
 * @throws {RangeError} If an option is out of its range.
 * @throws {TypeError} If there is no option of a name.
 * @throws {Error} If the file cannot be opened, or is not a SQLite database.
 *
 * @example Events outlive the program
 * ```ts
 * import assert from "node:assert/strict";
 * import { openSqlite } from "@npool/outbox/sqlite";
 *
 * const file = Deno.makeTempFileSync({ suffix: ".sqlite3" });
 * const event = {
 *   id: "0".repeat(64),
 *   kind: 1,
 *   pubkey: "f".repeat(64),
 *   content: "hello",
 *   created_at: 1_700_000_000,
 *   tags: [["t", "greeting"]],
 *   sig: "0".repeat(128),
 * };
 * const db = await openSqlite(file);
 * await db.event(event);
 * await db.close();
 *
 * const again = await openSqlite(file);
 * const [found] = await again.query([{ kinds: [1], "#t": ["greeting"] }]);
 * assert.deepEqual(found, event);
 * await again.close();
 * Deno.removeSync(file);
 * ```
 */
export async function openSqlite(
  path: string,
  options: SqliteOptions = {},
): Promise<EventDatabase> {
  checkNames(options, SQLITE_OPTIONS);
  const { busyTimeout = 30_000, relayUrls, now } = options;
  if (!Number.isInteger(busyTimeout) || busyTimeout < 0) {
    throw new RangeError(
      `Cannot open ${path}: "busyTimeout" must be an integer >= 0, got ${busyTimeout}`,
    );
  }
  const opened: NodeSqliteHandle[] = [];
  try {
    const connect = async () => {
      const handle = new NodeSqliteHandle(new DatabaseSync(path), busyTimeout);
      opened.push(handle);
      await configure(handle, path);
      return handle;
    };
    const writer = await connect();
    const reader = path === ":memory:" ? writer : await connect();
    const dialect = new NodeSqliteDialect({ writer, reader });
    const db = new EventDatabase(new Kysely({ dialect }), { relayUrls, now });
    await db.migrate();
    return db;
  } catch (cause) {
    for (const handle of opened) handle.close();
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot open ${path} as an event database: ${message}`, {
      cause,
    });
  }
}

async function configure(
  handle: NodeSqliteHandle,
  path: string,
): Promise<void> {
  handle.all("pragma busy_timeout = 0");
  // Left alone if it is WAL already: setting it locks the whole file.
  let [mode] = await handle.whenFree("pragma journal_mode") as JournalMode[];
  const wanted = path === ":memory:" ? "memory" : "wal";
  if (mode.journal_mode !== wanted) {
    [mode] = await handle.whenFree(
      "pragma journal_mode = wal",
    ) as JournalMode[];
  }
  if (mode.journal_mode !== wanted) {
    throw new Error(
      `its journal mode must be ${wanted}, but stays ${mode.journal_mode}`,
    );
  }
  handle.all("pragma synchronous = full");
  handle.all("pragma foreign_keys = on");
}

interface JournalMode {
  readonly journal_mode: string;
}
