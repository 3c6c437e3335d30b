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
 * Bundles a module and all that it imports, with the esbuild that Deno has.
 *
 * @param path From the root of the project.
 * @throws {Error} If that fails.
 */
export async function bundle(
  path: string,
  options: BundleOptions = {},
): Promise<string> {
  const { external = [], minify = false } = options;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--platform",
      "browser",
      ...minify ? ["--minify"] : [],
      ...external.map((specifier) => `--external=${specifier}`),
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
