/**
 * An event database on PostgreSQL, over the package `pg`.
 *
 * @module
 */

import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { integer } from "../base/check_option.ts";
import { EventDatabase } from "./kysely.ts";

/** How to use a PostgreSQL. */
export interface PostgresOptions {
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
   * After how many milliseconds the server ends a statement; an integer of at least 1. Waiting
   * for another program's lock counts. For a pool of the app's, its own settings count.
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

/** The part of a `pg.Pool` that is used here, whatever the version of `pg`. */
export interface PostgresPool {
  /** Takes a connection out of the pool. */
  connect(): Promise<unknown>;
  /** Closes all connections. */
  end(): Promise<void>;
  /** Listens to the pool. */
  on(event: "error" | "acquire", listener: (argument: never) => void): unknown;
}

/** One of its connections. */
interface PostgresClient {
  on(event: "error", listener: (error: Error) => void): unknown;
}

/**
 * Opens an event database in a PostgreSQL (12 or later), and makes its tables if they are
 * not there. A server that restarts, or a connection that breaks, fails the statements that
 * are under way and no others: the next ones use a new connection.
 *
 * @param database A URL (`postgres://user:password@host/name`), for a pool of connections
 * that is closed with the database; or a `pg.Pool` of the app's, which stays open.
 * @throws {RangeError} If an option is out of range.
 * @throws {TypeError} If `database` is neither.
 * @throws {Error} If the server cannot be reached, or the tables cannot be made.
 *
 * @example A server's database
 * ```ts no-run
 * import { createOutbox } from "@npool/outbox";
 * import { openPostgres } from "@npool/outbox/postgres";
 *
 * await using store = await openPostgres("postgres://localhost/outbox");
 * await using outbox = createOutbox({ store, fallbackRelays: ["wss://relay1.mostr.pub"] });
 * ```
 */
export async function openPostgres(
  database: string | URL | PostgresPool,
  options: PostgresOptions = {},
): Promise<EventDatabase> {
  const { onError = (error) => console.warn(error) } = options;
  const pool = isPool(database) ? withoutEnd(database) : opened(database, options);
  listen(pool, onError);
  const db = new EventDatabase(
    new Kysely<unknown>({ dialect: new PostgresDialect({ pool: pool as never }) }),
  );
  try {
    await db.migrate();
  } catch (error) {
    await db.close();
    throw error;
  }
  return db;
}

function opened(url: string | URL, options: PostgresOptions): PostgresPool {
  const { max, connectTimeout, statementTimeout } = options;
  if (typeof url !== "string" && !(url instanceof URL)) {
    throw new TypeError(
      `Cannot open PostgreSQL: the first argument must be a URL or a pg.Pool, got ${url}`,
    );
  }
  return new pg.Pool({
    connectionString: String(url),
    max: integer("max", max, 10, 1),
    connectionTimeoutMillis: integer("connectTimeout", connectTimeout, 10_000, 1),
    statement_timeout: integer("statementTimeout", statementTimeout, 30_000, 1),
    keepAlive: true,
  });
}

/**
 * Hears the errors of a pool's connections, idle or in use: one that nobody hears would end
 * the process. Each is reported once, though pool and connection both have it.
 */
function listen(pool: PostgresPool, onError: (error: Error) => void): void {
  const reported = new WeakSet<Error>();
  const heard = new WeakSet<object>();
  const report = (error: Error) => {
    if (reported.has(error)) return;
    reported.add(error);
    onError(error);
  };
  pool.on("error", report);
  pool.on("acquire", (client: PostgresClient) => {
    if (heard.has(client)) return;
    heard.add(client);
    client.on("error", report);
  });
}

/** Tells a pool by what it can do: the app's `pg` may be another one. */
function isPool(database: string | URL | PostgresPool): database is PostgresPool {
  return typeof (database as PostgresPool)?.connect === "function";
}

/** The app's pool, which closing the database leaves open. */
function withoutEnd(pool: PostgresPool): PostgresPool {
  return {
    connect: () => pool.connect(),
    end: () => Promise.resolve(),
    on: (event, listener) => pool.on(event, listener),
  };
}
