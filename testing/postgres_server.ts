/**
 * A real PostgreSQL in a temporary folder, for tests and benchmarks.
 *
 * @module
 */

import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { nextTurn } from "../src/base/clock.ts";
import { EventDatabase } from "../src/db/kysely.ts";

/** A running server. */
export interface PostgresServer {
  /** A new schema, so that tests do not see each other's tables. */
  schema(): Promise<PostgresSchema>;
  /**
   * Stops the server and starts it again; resolves once it accepts connections. `"INT"` ends
   * all sessions, `"QUIT"` is as a crash. Nothing else may use the server meanwhile.
   */
  restart(signal: "INT" | "QUIT"): Promise<void>;
}

/** Where one test has its tables. */
export interface PostgresSchema {
  /** For `openPostgres`. */
  readonly url: string;
  /** A pool of connections, as one of several processes would have. */
  pool(): pg.Pool;
  /** An event database over a pool of its own. */
  open(): Promise<EventDatabase>;
}

/** Kept, because a child's input is closed when the child is collected. */
const children: Deno.ChildProcess[] = [];

/**
 * Starts a server that ends with this process, however that ends; or says why
 * there is none.
 */
export async function startPostgres(): Promise<PostgresServer | string> {
  const bin = await findPrograms();
  if (!bin) return "no initdb and postgres beside pg_config or in PATH";
  const folder = await Deno.makeTempDir({ prefix: "pg" });
  const user = await unprivileged();
  if (user) await Deno.chown(folder, user.uid, user.gid);
  const options = { ...user, cwd: folder, env: { LC_ALL: "C" } };
  const { success, stderr } = await new Deno.Command(`${bin}/initdb`, {
    ...options,
    args: ["-D", "data", "-U", "tester", "-A", "trust", "-N", "-E", "UTF8"],
  }).output();
  if (!success) return `initdb: ${new TextDecoder().decode(stderr).trim()}`;

  // The shell outlives this process by a moment: it reads its input, each line of which is a
  // restart. The input ends with this process, then it stops the server and removes the folder.
  const script = '"$@" & server=$!; while read -r signal; do kill -$signal $server; ' +
    'wait $server; "$@" & server=$!; done; kill -QUIT $server; wait $server; rm -rf "$PWD"';
  const child = new Deno.Command("sh", {
    ...options,
    args: [
      "-c",
      script,
      "sh",
      `${bin}/postgres`,
      "-D",
      "data",
      "-k",
      folder,
      "-c",
      "listen_addresses=",
      "-c",
      "fsync=off",
      // As somebody may have set it, and harder than what it is by itself.
      "-c",
      "default_transaction_isolation=repeatable read",
    ],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  child.unref();
  children.push(child);
  let log = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    log += text;
    if (log.includes("ready to accept connections")) return serverAt(folder, child.stdin);
  }
  return `postgres: ${log.trim()}`;
}

function serverAt(folder: string, input: WritableStream<Uint8Array>): PostgresServer {
  let schemas = 0;
  const writer = input.getWriter();
  const pool = (options?: string) =>
    new pg.Pool({ host: folder, user: "tester", database: "postgres", options });
  /** When the server was started; rejects while it is not there. */
  const startedAt = async (): Promise<string> => {
    const asker = pool();
    asker.on("error", () => undefined);
    try {
      return String((await asker.query("select pg_postmaster_start_time()::text as t")).rows[0].t);
    } finally {
      await asker.end();
    }
  };
  return {
    async restart(signal) {
      const before = await startedAt();
      await writer.write(new TextEncoder().encode(`${signal}\n`));
      while (await startedAt().catch(() => before) === before) await nextTurn();
    },
    async schema() {
      const name = `test${++schemas}`;
      const maker = pool();
      await maker.query(`create schema ${name}`);
      await maker.end();
      const inSchema = () => pool(`-c search_path=${name}`);
      const options = encodeURIComponent(`-c search_path=${name}`);
      return {
        url: `postgres://tester@/postgres?host=${folder}&options=${options}`,
        pool: inSchema,
        async open() {
          const dialect = new PostgresDialect({ pool: inSchema() });
          const db = new EventDatabase(new Kysely<unknown>({ dialect }));
          await db.migrate();
          return db;
        },
      };
    },
  };
}

/** The folder of PostgreSQL's programs, some of which are often not in PATH. */
async function findPrograms(): Promise<string | undefined> {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  try {
    const { stdout } = await new Deno.Command("pg_config", {
      args: ["--bindir"],
    }).output();
    folders.unshift(new TextDecoder().decode(stdout).trim());
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  for (const folder of folders) {
    const both = ["initdb", "postgres"].map((name) => isFile(`${folder}/${name}`));
    if ((await Promise.all(both)).every(Boolean)) return folder;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Who may run a server, which refuses root; nobody in particular if not root. */
async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
  if (Deno.uid() !== 0) return;
  const users = (await Deno.readTextFile("/etc/passwd")).split("\n");
  const [, , uid, gid] = users.find((user) => user.startsWith("nobody:"))
    ?.split(":") ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}
