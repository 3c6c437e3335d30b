/**
 * A Kysely dialect for the SQLite built into Deno and Node.
 *
 * @module
 */

import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { NodeSqliteHandle } from "./node_sqlite_handle.ts";

/** The connections to one database. */
export interface NodeSqliteConfig {
  /** Writes, and reads inside a transaction. */
  readonly writer: NodeSqliteHandle;
  /**
   * Reads outside of transactions, also during a long one of the writer. It is the
   * writer itself where a second connection is impossible (`:memory:`).
   */
  readonly reader: NodeSqliteHandle;
}

/** A Kysely dialect for the SQLite built into Deno and Node. */
export class NodeSqliteDialect implements Dialect {
  readonly #config: NodeSqliteConfig;

  constructor(config: NodeSqliteConfig) {
    this.#config = config;
  }

  createDriver(): Driver {
    return new NodeSqliteDriver(this.#config);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new NodeSqliteAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}

class NodeSqliteAdapter extends SqliteAdapter {
  /** Without it Kysely would block reads during a transaction. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class NodeSqliteDriver implements Driver {
  readonly #config: NodeSqliteConfig;
  readonly #turns = new Turns();

  constructor(config: NodeSqliteConfig) {
    this.#config = config;
  }

  async init(): Promise<void> {}

  acquireConnection(): Promise<NodeSqliteConnection> {
    return Promise.resolve(
      new NodeSqliteConnection(this.#config, this.#turns),
    );
  }

  async beginTransaction(connection: NodeSqliteConnection): Promise<void> {
    await connection.begin();
  }

  async commitTransaction(connection: NodeSqliteConnection): Promise<void> {
    await connection.commit();
  }

  async rollbackTransaction(connection: NodeSqliteConnection): Promise<void> {
    await connection.rollback();
  }

  async releaseConnection(): Promise<void> {}

  destroy(): Promise<void> {
    const { reader, writer } = this.#config;
    if (reader !== writer) reader.close();
    writer.close();
    return Promise.resolve();
  }
}

class NodeSqliteConnection implements DatabaseConnection {
  readonly #config: NodeSqliteConfig;
  readonly #turns: Turns;
  /** Ends this connection's turn at the writer, while it is in a transaction. */
  #leave: (() => void) | undefined;

  constructor(config: NodeSqliteConfig, turns: Turns) {
    this.#config = config;
    this.#turns = turns;
  }

  async begin(): Promise<void> {
    const leave = await this.#turns.take();
    try {
      // A writer from the start: becoming one later fails if another wrote meanwhile.
      await this.#config.writer.whenFree("begin immediate");
    } catch (error) {
      leave();
      throw error;
    }
    this.#leave = leave;
  }

  /** Keeps the turn if it fails, since a rollback follows. */
  commit(): Promise<void> {
    this.#config.writer.all("commit");
    this.#end();
    return Promise.resolve();
  }

  rollback(): Promise<void> {
    try {
      this.#config.writer.rollback();
    } finally {
      this.#end();
    }
    return Promise.resolve();
  }

  #end(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { sql, parameters } = query;
    const { reader, writer } = this.#config;
    if (this.#leave) return { rows: writer.all(sql, parameters) as R[] };
    if (reader !== writer && /^\s*select\b/i.test(sql)) {
      return { rows: await reader.whenFree(sql, parameters) as R[] };
    }
    const leave = await this.#turns.take();
    try {
      return { rows: await writer.whenFree(sql, parameters) as R[] };
    } finally {
      leave();
    }
  }

  // deno-lint-ignore require-yield -- it only throws
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new TypeError(
      "Cannot stream: this dialect answers whole results only",
    );
  }
}

/** Gives turns to one caller at a time, in the order of their calls. */
class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when the turn begins, with the function that ends it. */
  async take(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    return resolve;
  }
}
