/**
 * The command line: who is asked where, why a post is missing, what is wrong with one's lists.
 *
 * The room `cli` is the library's own use of itself. Each command is a file
 * `<command>_command.ts` in the list `COMMANDS`; it gathers data through an outbox, hands it to a
 * pure function that makes a report, and prints that as text or JSON. Data goes to stdout, progress
 * and errors to stderr. The room runs on Deno and on Node 22.13 or later.
 *
 * ```sh
 * deno run -A jsr:@npool/outbox/cli --help
 * npx @npool/outbox --help
 * ```
 *
 * @module
 */

import process from "node:process";
import { runCli } from "./run_cli.ts";

/**
 * Runs the command line until the command has ended, or is interrupted (Ctrl-C).
 *
 * @param args The arguments after the program's name. @default those of this process
 * @returns The exit code: 0 if all is well, 1 if something is wrong or could not be done, 2 if the
 * arguments are wrong, 130 after an interruption. Never rejects.
 */
export async function main(args: readonly string[] = process.argv.slice(2)): Promise<number> {
  const stopping = new AbortController();
  // Once: a second Ctrl-C ends a program that does not end by itself.
  const stop = () => stopping.abort(new Error("Interrupted"));
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const name of signals) process.once(name, stop);
  // Whoever reads the output may stop early: `outbox feed … | head`.
  process.stdout.on("error", stop);
  try {
    const { stdin, stdout, stderr, env } = process;
    return await runCli(args, { stdin, stdout, stderr, env, signal: stopping.signal });
  } finally {
    for (const name of signals) process.removeListener(name, stop);
  }
}

if (import.meta.main) process.exitCode = await main();
