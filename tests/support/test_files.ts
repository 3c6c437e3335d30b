/**
 * Which test files run in the few modules of `tests/parts`, and which by themselves.
 *
 * Deno starts an isolate for each module that it tests, and each loads the whole library
 * anew. So the tests in virtual time share a few isolates: each module of `tests/parts`
 * imports its share of their files. Any file can still be run alone.
 *
 * @module
 */

import { pathsIn, ROOT } from "./source_files.ts";

/** Folders with tests of sockets and processes. Each of their files has an isolate of its own. */
export const ISOLATED_FOLDERS: readonly string[] = [
  "tests/browser",
  "tests/processes",
  "tests/sockets",
  "tests/testing",
];

/** How many modules `tests/parts` has: enough to keep four cores busy. */
export const PARTS = 4;

/** All test files of the project, by path. */
export function testFiles(): string[] {
  return [...pathsIn("tests")].filter((path) => path.endsWith("_test.ts")).sort();
}

/** Whether a test file runs in an isolate of its own. */
export function isIsolated(path: string): boolean {
  return ISOLATED_FOLDERS.some((folder) => path.startsWith(`${folder}/`));
}

/** The test files of a part, which is a number from 0 to below {@link PARTS}. */
export function filesOfPart(part: number): string[] {
  return testFiles().filter((path) => !isIsolated(path)).filter((_, i) => i % PARTS === part);
}

/** Imports the test files of a part, which registers their tests. */
export async function importPart(part: number): Promise<void> {
  for (const path of filesOfPart(part)) await import(new URL(path, ROOT).href);
}
