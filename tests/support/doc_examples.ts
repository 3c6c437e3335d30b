/**
 * The examples in the docs and the docstrings, as text.
 *
 * @module
 */

import { pathsIn, ROOT, sourceFiles } from "./source_files.ts";

/** A TypeScript block. */
export interface DocExample {
  /** The file that it stands in. */
  readonly path: string;
  readonly code: string;
}

/** All pages of the docs, by path. */
export function docPages(): string[] {
  const paths = [...[...Deno.readDirSync(ROOT)].map(({ name }) => name), ...pathsIn("docs")];
  return paths.filter((path) => path.endsWith(".md")).sort();
}

/** All examples of pages, and of docstrings in `src`. */
export function docExamples(): DocExample[] {
  const ofPages = docPages().flatMap((path) =>
    [...Deno.readTextFileSync(new URL(path, ROOT)).matchAll(/^```ts\n([^]*?)^```$/gm)]
      .map(([, code]) => ({ path, code }))
  );
  const ofSources = sourceFiles("src").flatMap(({ path, text }) =>
    [...text.matchAll(/^ *\* ```ts\n([^]*?)^ *\* ```$/gm)]
      .map(([, code]) => ({ path, code: code.replace(/^ *\* ?/gm, "") }))
  );
  return [...ofPages, ...ofSources];
}
