/**
 * Some processes on one new database: starts them, and measures what they do together.
 *
 * @module
 */

import pg from "pg";
import type { PostgresServer } from "../testing/postgres_server.ts";
import type { ColdWorld } from "./cold_world.ts";
import type { LoopbackNetwork } from "./loopback_network.ts";
import type { LoopbackTraffic } from "./loopback_relay.ts";
import { LineProcess } from "../testing/line_process.ts";

/** What one process is to do. */
export interface ProcessTask {
  /** The database. */
  readonly url: string;
  /** Whether it is told that others use the database. */
  readonly shared: boolean;
  readonly indexers: readonly string[];
  readonly fallbacks: readonly string[];
  readonly users: readonly User[];
  readonly since: number;
  /** How many queries each user makes, one after the other. */
  readonly queries: number;
}

/** One user of a process. */
export interface User {
  /** Whose posts the user reads. */
  readonly authors: readonly string[];
  /** How many milliseconds after the others the user comes. */
  readonly startsAt: number;
}

/** What one process did. */
export interface ProcessResult {
  /** How many events each user's first query found. */
  readonly events: readonly number[];
  /** How many milliseconds each query took. */
  readonly times: readonly number[];
}

/** What some processes did together. */
export interface ProcessesResult extends ProcessResult {
  /** From the first query to the end of the last one, in seconds. */
  readonly seconds: number;
  /** Transactions that wrote, and rows that they wrote, up to the end of all processes. */
  readonly transactions: number;
  readonly rows: number;
  readonly indexers: LoopbackTraffic;
}

/** How the users are shared out. */
export interface ProcessesTask extends Pick<ProcessTask, "shared" | "users" | "queries"> {
  readonly processes: number;
}

const LOCK = new URL("deno.lock", import.meta.url).pathname;
const PROGRAM = new URL("processes_client.ts", import.meta.url).pathname;

/** Runs some processes. */
export async function runProcesses(
  server: PostgresServer,
  network: LoopbackNetwork<ColdWorld>,
  { processes: count, users, ...task }: ProcessesTask,
): Promise<ProcessesResult> {
  const { url } = await server.schema();
  const { indexers, relays, since } = network.about;
  const clients = await Promise.all(Array.from({ length: count }, (_, i) =>
    Client.start({
      ...task,
      ...{ url, indexers, since },
      fallbacks: relays.slice(0, 1),
      users: users.filter((_, user) => user % count === i),
    })));
  const watcher = new pg.Pool({ connectionString: url, max: 1 });
  await network.traffic();
  const before = await writes(watcher);
  const start = performance.now();
  const results = await Promise.all(clients.map((client) => client.run()));
  const seconds = (performance.now() - start) / 1000;
  const traffic = await network.traffic();
  await Promise.all(clients.map((client) => client.close()));
  const after = await writes(watcher);
  await watcher.end();
  return {
    events: results.flatMap(({ events }) => events),
    times: results.flatMap(({ times }) => times),
    seconds,
    transactions: after.transactions - before.transactions,
    rows: after.rows - before.rows,
    indexers: traffic.indexers,
  };
}

/** How much was written to the server since it began. Only what writes draws a number. */
async function writes(pool: pg.Pool): Promise<{ transactions: number; rows: number }> {
  const sql = `select txid_current()::text as transactions,
    (tup_inserted + tup_updated + tup_deleted)::text as rows
    from pg_stat_database where datname = current_database()`;
  // Sessions report what they did once they end, or within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const [row] = (await pool.query(sql)).rows;
  return { transactions: Number(row.transactions), rows: Number(row.rows) };
}

/** One process. */
class Client {
  readonly #process: LineProcess;
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
    this.#process = new LineProcess(["run", "-A", "--no-check", `--lock=${LOCK}`, PROGRAM, file]);
  }

  static async start(task: ProcessTask): Promise<Client> {
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, JSON.stringify(task));
    const client = new Client(file);
    await client.#process.lines.next();
    return client;
  }

  async run(): Promise<ProcessResult> {
    await this.#process.write("");
    const { value } = await this.#process.lines.next();
    if (value === undefined) throw new Error("A process ended before its users had finished");
    return JSON.parse(value);
  }

  async close(): Promise<void> {
    await this.#process.endInput();
    for await (const _ of this.#process.lines);
    await this.#process.status;
    await Deno.remove(this.#file);
  }
}
