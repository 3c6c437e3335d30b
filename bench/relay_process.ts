/**
 * Relays on sockets of this machine, in a process of their own: what they do takes no time from
 * the program that is measured but that of the processor.
 *
 * @module
 */

import { createInterface, type Interface } from "node:readline";
import { Readable } from "node:stream";
import type { AboutWorld, LoopbackTask } from "./loopback_network.ts";
import type { NetworkTraffic } from "./loopback_relay.ts";

/** See the module. */
export class RelayProcess<About> implements AsyncDisposable {
  /** The facts that clients may know. */
  readonly about: About;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    about: About,
    child: Deno.ChildProcess,
    input: WritableStreamDefaultWriter<Uint8Array>,
    lines: AsyncIterator<string>,
  ) {
    this.about = about;
    this.#child = child;
    this.#input = input;
    this.#lines = lines;
  }

  /** Starts a world. */
  static async start<Task extends LoopbackTask>(
    task: Task,
  ): Promise<RelayProcess<AboutWorld<Task>>> {
    const main = new URL("./relay_process_main.ts", import.meta.url);
    const lock = new URL("./deno.lock", import.meta.url);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", `--lock=${lock.pathname}`, main.href],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const input = child.stdin.getWriter();
    const reader: Interface = createInterface({ input: Readable.fromWeb(child.stdout as never) });
    const lines = reader[Symbol.asyncIterator]();
    const about = await ask<AboutWorld<Task>>(input, lines, task);
    return new RelayProcess(about, child, input, lines);
  }

  /** The traffic of all clients since the last call. */
  traffic(): Promise<NetworkTraffic> {
    return ask(this.#input, this.#lines, "traffic");
  }

  /** Ends all relays. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#child.status;
  }
}

async function ask<T>(
  input: WritableStreamDefaultWriter<Uint8Array>,
  lines: AsyncIterator<string>,
  question: unknown,
): Promise<T> {
  await input.write(new TextEncoder().encode(`${JSON.stringify(question)}\n`));
  const { value } = await lines.next();
  if (value === undefined) throw new Error("Cannot ask the relays: their process has ended");
  return JSON.parse(value);
}
