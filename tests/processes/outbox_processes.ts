/**
 * Starts programs with an outbox each, on one PostgreSQL.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { LineProcess } from "../../testing/line_process.ts";

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
  readonly #process: LineProcess;

  private constructor(task: ProcessTask) {
    this.#process = new LineProcess(["run", "-A", "--no-check", PROGRAM, JSON.stringify(task)]);
  }

  /** Starts a program; resolves once it takes commands. */
  static async start(task: ProcessTask): Promise<OutboxProcess> {
    const process = new OutboxProcess(task);
    assert.equal((await process.#process.lines.next()).value, '"ready"');
    return process;
  }

  /** Sends a command without waiting for the answer. */
  async send(command: ProcessCommand): Promise<void> {
    await this.#process.write(JSON.stringify(command));
  }

  /** Runs a command. The result is undefined if the program was killed. */
  async run<T>(command: ProcessCommand): Promise<T> {
    await this.send(command);
    const { value } = await this.#process.lines.next();
    return value === undefined ? undefined as T : JSON.parse(value);
  }

  /** Ends the program properly. */
  async close(): Promise<void> {
    await this.run({ do: "close" });
    await this.#end();
  }

  /** Kills the program, whatever it does. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#end();
  }

  async #end(): Promise<void> {
    for await (const _ of this.#process.lines);
    await this.#process.status;
    await this.#process.endInput().catch((error: unknown) => assert.ok(error));
  }
}
