/**
 * An event database on PostgreSQL, over the package `pg`.
 *
 * @module
 */

import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { checkFunction, checkNames, integer, type OptionNames } from "../base/check_option.ts";
import { messageOf } from "../base/message_of.ts";
import { DATABASE_OPTIONS, type EventDatabaseOptions } from "./database_options.ts";
import { EventDatabase } from "./kysely.ts";

/** How to use a PostgreSQL. */
export interface PostgresOptions extends EventDatabaseOptions {
  /**
   * Most connections of a pool that is opened here; an integer of at least 1. A pool of the
   * app's has its own.
   * @default 10
   */
  readonly max?: number;
  /**
   * How many milliseconds to wait for a connection, to the server or from the pool; an
   * integer of at least 1. For a pool of the app's, its own `connectionTimeoutMillis` counts.
   * @default 10_000
   */
  readonly connectTimeout?: number;
  /**
   * After how many milliseconds the server ends a statement, or a transaction in which nothing
   * happens; an integer of at least 1. Waiting for another program's lock counts. For a pool of
   * the app's, its own settings count.
   * @default 30_000
   */
  readonly statementTimeout?: number;
  /**
   * Called with each error of a connection that no statement reports: the server was
   * restarted, a proxy closed an idle connection. The next statement opens another connection.
   * @default console.warn
   */
  readonly onError?: (error: Error) => void;
}

const POSTGRES_OPTIONS: OptionNames<PostgresOptions> = {
  ...DATABASE_OPTIONS,
  max: true,
  connectTimeout: true,
  statementTimeout: true,
  onError: true,
};

/** What is used of a `pg.Pool`, whatever the version of `pg`. */
export interface PostgresPool {
  /** Takes a connection out of the pool. */
  connect(): Promise<unknown>;
  /** Closes all connections. */
  end(): Promise<void>;
  /** Listens to the pool. */
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Stops listening. */
  off(event: "error", listener: (error: Error) => void): unknown;
}

/** One of its connections, which is in use until `release` is called. */
interface PostgresClient {
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  release(error?: unknown): void;
}

/** From when on a silent connection is probed, so that one whose server is gone breaks. */
const KEEPALIVE_AFTER_MS = 30_000;

/**
 * Opens an event database in a PostgreSQL (12 or later), and makes its tables if they are
 * not there. When the server restarts, or a connection breaks, the statements under way
 * fail, and no others: the next ones use a new connection.
 *
 * @param database A URL (`postgres://user:password@host/name`), for a pool of connections
 * that is closed with the database; or a `pg.Pool` of the app's, which stays open.
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If `database` is neither, there is no option of a name, or one has the wrong
 * type.
 * @throws {Error} If the server cannot be reached, or the tables cannot be made.
 *
 * @example A server's database
 * ```ts
 * import { createOutbox } from "@npool/outbox";
 * import { openPostgres } from "@npool/outbox/postgres";
 *
 * async function main(url: string) {
 *   const store = await openPostgres(url);
 *   const outbox = createOutbox({ store, fallbackRelays: ["wss://relay1.mostr.pub"] });
 *   await outbox.discover(["f".repeat(64)]);
 *   await outbox.close();
 *   await store.close();
 * }
 * ```
 */
export async function openPostgres(
  database: string | URL | PostgresPool,
  options: PostgresOptions = {},
): Promise<EventDatabase> {
  checkNames(options, POSTGRES_OPTIONS);
  checkFunction("onError", options.onError);
  const { onError = (error) => console.warn(error) } = options;
  const { relayUrls, now, shared = true } = options;
  const pool = isPool(database) ? database : openPool(database, options);
  const report = once(onError);
  const end = async () => {
    if (pool === database) pool.off("error", report);
    else await pool.end();
  };
  const dialect = new PostgresDialect({
    pool: { connect: () => connect(pool, report), end } as never,
  });
  const db = new EventDatabase(new Kysely<unknown>({ dialect }), { relayUrls, now, shared });
  pool.on("error", report);
  try {
    await db.migrate();
  } catch (cause) {
    await db.close();
    throw new Error(`Cannot open PostgreSQL as an event database: ${messageOf(cause)}`, { cause });
  }
  return db;
}

/** Tells a pool by what it can do: the app's `pg` may be another one. */
function isPool(database: string | URL | PostgresPool): database is PostgresPool {
  return typeof (database as PostgresPool)?.connect === "function";
}

function openPool(url: string | URL, options: PostgresOptions): PostgresPool {
  if (!/^(?:postgres|postgresql|socket):/.test(String(url))) {
    throw new TypeError(
      "Cannot open PostgreSQL: the first argument must be a URL that begins with postgres://, " +
        `or a pg.Pool, got ${typeof url}`,
    );
  }
  const timeout = integer("statementTimeout", options.statementTimeout, 30_000, 1);
  return new pg.Pool({
    connectionString: String(url),
    max: integer("max", options.max, 10, 1),
    connectionTimeoutMillis: integer("connectTimeout", options.connectTimeout, 10_000, 1),
    statement_timeout: timeout,
    idle_in_transaction_session_timeout: timeout,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_AFTER_MS,
  });
}

/**
 * Takes a connection out of a pool, and listens to its errors while it is in use: one that nobody
 * listens to would end the process. The pool listens to those that are idle.
 */
async function connect(
  pool: PostgresPool,
  report: (error: Error) => void,
): Promise<PostgresClient> {
  const client = await pool.connect() as PostgresClient;
  const { release } = client;
  client.on("error", report);
  // The pool sets `release` anew each time that the connection is taken.
  client.release = (error) => {
    release.call(client, error);
    client.off("error", report);
  };
  return client;
}

/** Reports each error once, though both pool and connection may emit it. */
function once(onError: (error: Error) => void): (error: Error) => void {
  const reported = new WeakSet<Error>();
  return (error) => {
    if (reported.has(error)) return;
    reported.add(error);
    onError(error);
  };
}
