/**
 * Runs commands of the command line over a small network, and what they need.
 *
 * @module
 */

import { runCli } from "../../src/cli/run_cli.ts";
import { fakeProcess, type FakeProcessOptions } from "./cli_process.ts";
import type { SmallNetwork } from "./small_network.ts";

/** Runs a command over a network. */
export async function run(
  { options }: Pick<SmallNetwork, "options">,
  args: readonly string[],
  process: FakeProcessOptions = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const fake = fakeProcess(process);
  const code = await runCli([...args, ...options], fake);
  return { code, ...fake.printed() };
}

/** A path for a database, and its end. */
export async function temporaryFile(): Promise<AsyncDisposable & { readonly db: string }> {
  const folder = await Deno.makeTempDir();
  const remove = () => Deno.remove(folder, { recursive: true });
  return { db: `${folder}/outbox.sqlite3`, [Symbol.asyncDispose]: remove };
}
