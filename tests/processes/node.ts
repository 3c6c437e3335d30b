/**
 * Programs of tests, bundled for Deno and for Node.
 *
 * @module
 */

import assert from "node:assert/strict";

/** Bundles a program into a file of its own. */
export async function bundle(program: string, file: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform=deno", "-o", file, program],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** Why a test on Node cannot run here; `undefined` if it can. */
export async function whyNoNode(major: number): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command("node", { args: ["--version"] }).output();
    const version = new TextDecoder().decode(stdout).trim();
    return Number(/^v(\d+)/.exec(version)?.[1]) >= major
      ? undefined
      : `node in PATH is ${version}, and this needs ${major}`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return "no node in PATH";
  }
}
