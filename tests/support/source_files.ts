/**
 * The project's own files, read as text.
 *
 * @module
 */

/** A name that a file imports from, or re-exports from. */
export interface Import {
  /** As it is written. */
  readonly specifier: string;
  /** Whether only types are meant. */
  readonly isType: boolean;
}

/** A TypeScript file. */
export interface SourceFile {
  /** From the root of the project, with slashes. */
  readonly path: string;
  readonly text: string;
  /** The text without comments, and without lines so long that they are data. */
  readonly code: string;
  readonly imports: readonly Import[];
}

/** The root of the project. */
export const ROOT: URL = new URL("../../", import.meta.url);

/** All TypeScript files below a folder of the project, by path. */
export function sourceFiles(folder: string): SourceFile[] {
  return [...pathsIn(folder)].filter((path) => /\.tsx?$/.test(path)).sort().map((path) => {
    const text = Deno.readTextFileSync(new URL(path, ROOT));
    const code = codeOf(text);
    return { path, text, code, imports: importsOf(code) };
  });
}

/** The path that a relative import means. */
export function resolvePath(from: string, specifier: string): string {
  return new URL(specifier, new URL(from, ROOT)).href.slice(ROOT.href.length);
}

/** The paths of all files below a folder of the project, but those of installed packages. */
export function* pathsIn(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(new URL(`${folder}/`, ROOT))) {
    if (entry.name === "node_modules") continue;
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* pathsIn(path);
    else yield path;
  }
}

function codeOf(text: string): string {
  return text
    .replace(/^\s*\/\*[\s\S]*?\*\/$/gm, "")
    .replace(/\/\*[^*\n]*\*\//g, "")
    .replace(/(?:^|\s)\/\/ .*$/gm, "")
    .replace(/^.{1000,}$/gm, "");
}

function importsOf(code: string): Import[] {
  const fixed = code.matchAll(/^(?:import|export) (type )?(?:[^"';]*? from )?"([^"]+)"/gm);
  const dynamic = code.matchAll(/\bimport\(\s*"([^"]+)",?\s*\)/g);
  return [
    ...[...fixed].map(([, type, specifier]) => ({ specifier, isType: type !== undefined })),
    ...[...dynamic].map(([, specifier]) => ({ specifier, isType: false })),
  ];
}
