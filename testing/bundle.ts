/**
 * Bundles of modules, as a browser loads them.
 *
 * @module
 */

/** How a bundle is made. */
export interface BundleOptions {
  readonly minify?: boolean;
  /** Specifiers that are left as they are. `node:` always is. @default none */
  readonly external?: readonly string[];
}

/**
 * Bundles a module and all that it imports into one text, with the esbuild that Deno has.
 *
 * @param path From the root of the project.
 * @throws {Error} If that fails.
 */
export async function bundle(path: string, options: BundleOptions = {}): Promise<string> {
  return await run(path, options, []);
}

/**
 * Bundles a module with code splitting: what it imports on demand comes in files of its own.
 *
 * @param path From the root of the project.
 * @returns The files by name; that of the module has the module's name.
 * @throws {Error} If that fails.
 */
export async function bundleSplit(
  path: string,
  options: BundleOptions = {},
): Promise<Map<string, string>> {
  const folder = await Deno.makeTempDir({ prefix: "bundle" });
  try {
    await run(path, options, ["--code-splitting", "--outdir", folder]);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    return new Map(names.map((name) => [name, Deno.readTextFileSync(`${folder}/${name}`)]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a file of a bundle imports from the others, in the order in which they load. */
export function importsOf(text: string, isOnDemand: boolean): string[] {
  const found = isOnDemand
    ? text.matchAll(/\bimport\("\.\/([^"]+)"\)/g)
    : text.matchAll(/(?:\bfrom|\bimport) ?"\.\/([^"]+)"/g);
  return [...found].map(([, name]) => name);
}

async function run(path: string, options: BundleOptions, args: readonly string[]): Promise<string> {
  const { external = [], minify = false } = options;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--platform",
      "browser",
      ...minify ? ["--minify"] : [],
      ...external.map((specifier) => `--external=${specifier}`),
      ...args,
      path,
    ],
    cwd: new URL("../", import.meta.url),
  }).output();
  if (!success) {
    throw new Error(
      `Cannot bundle ${path}: ${new TextDecoder().decode(stderr)}`,
    );
  }
  return new TextDecoder().decode(stdout);
}
