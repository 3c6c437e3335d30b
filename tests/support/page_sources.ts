/**
 * The sources of the explorer's page, and a hash by which to tell whether its bundle is up to date.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { resolvePath, ROOT, type SourceFile, sourceFiles } from "./source_files.ts";

/** Where the page begins. */
export const PAGE_ENTRY = "src/explorer/page/main.ts";

/** Text of the page besides its code. */
export const PAGE_FILES: readonly string[] = [
  "src/explorer/page/page.css",
  "src/explorer/page/page.html",
];

/** A hash of all that the bundle is made of, comments and types aside. */
export function pageSourcesHash(): string {
  const hash = createHash("sha256");
  for (const { path, code, imports } of reached()) {
    hash.update(`${path}\n${code.replace(/\s+/g, " ")}\n`);
    for (const { specifier } of imports) hash.update(lockedVersion(specifier));
  }
  for (const path of PAGE_FILES) hash.update(Deno.readTextFileSync(new URL(path, ROOT)));
  return hash.digest("hex");
}

/** The files that the bundle has code of, by path. */
function reached(): SourceFile[] {
  const files = new Map(sourceFiles("src").map((file) => [file.path, file]));
  const paths = new Set([PAGE_ENTRY]);
  for (const path of paths) {
    for (const { specifier, isType } of files.get(path)!.imports) {
      if (!isType && specifier.startsWith(".")) paths.add(resolvePath(path, specifier));
    }
  }
  return [...paths].sort().map((path) => files.get(path)!);
}

/** The version of a package that `deno.lock` has; empty for a file. */
function lockedVersion(specifier: string): string {
  const [, name] = /^(@[^/]+\/[^/]+|[^./][^/]*)/.exec(specifier) ?? [];
  if (name === undefined) return "";
  const { specifiers } = JSON.parse(Deno.readTextFileSync(new URL("deno.lock", ROOT)));
  return Object.entries(specifiers).filter(([key]) => key.startsWith(`npm:${name}@`))
    .map(([key, version]) => `${key} ${version}\n`).join("");
}
