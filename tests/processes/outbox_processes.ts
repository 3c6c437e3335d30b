/**
 * Starts programs with an outbox each, on one PostgreSQL.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";

/** What a program is started with. */
export interface ProcessTask {
  /** The database. */
  readonly url: string;
  readonly indexers: readonly string[];
}

/** What a program is to do. */
export type ProcessCommand =
  /** How many of these people's lists are in memory. */
  | { readonly do: "peek" | "discover"; readonly pubkeys: readonly string[] }
  /** How many events a query finds. */
  | { readonly do: "query"; readonly filter: NostrFilter }
  | { readonly do: "close" };

const PROGRAM = new URL("outbox_process.ts", import.meta.url).pathname;

/** A program that runs. */
export class OutboxProcess {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncGenerator<string, undefined>;

  private constructor(task: ProcessTask) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", PROGRAM, JSON.stringify(task)],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
  }

  /** Starts a program; resolves once it takes commands. */
  static async start(task: ProcessTask): Promise<OutboxProcess> {
    const process = new OutboxProcess(task);
    assert.equal((await process.#lines.next()).value, '"ready"');
    return process;
  }

  /** Sends a command without waiting for the answer. */
  async send(command: ProcessCommand): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${JSON.stringify(command)}\n`));
  }

  /** Runs a command. The result is undefined if the program was killed. */
  async run<T>(command: ProcessCommand): Promise<T> {
    await this.send(command);
    const { value } = await this.#lines.next();
    return value === undefined ? undefined as T : JSON.parse(value);
  }

  /** Ends the program properly. */
  async close(): Promise<void> {
    await this.run({ do: "close" });
    await this.#end();
  }

  /** Kills the program, whatever it does. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#end();
  }

  async #end(): Promise<void> {
    for await (const _ of this.#lines);
    await this.#child.status;
    await this.#input.close().catch((error: unknown) => assert.ok(error));
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
