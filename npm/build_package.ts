/**
 * Builds the package for npm in dist/npm, from the sources that JSR gets.
 *
 *     deno task npm
 *
 * TypeScript compiles each file of `src` to one of `lib`: ESM, types, source maps. Needs Node and
 * npm, which install the compiler into that folder.
 *
 * @module
 */

import {
  BIN,
  binText,
  CLI_ENTRY,
  type DenoConfig,
  packageJson,
  packagesIn,
} from "./package_json.ts";

const ROOT = new URL("../", import.meta.url);
const COMPILER = ["typescript@7.0.2", "@types/node@22.20.5"];
/** The types of packages that have none of their own. */
const TYPES: Readonly<Record<string, string>> = {
  "cli-progress": "@types/cli-progress@3.11.6",
  pg: "@types/pg@8.23.1",
};
const TSCONFIG = {
  compilerOptions: {
    target: "ES2022",
    lib: ["ESNext", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    types: ["node"],
    module: "nodenext",
    rewriteRelativeImportExtensions: true,
    strict: true,
    skipLibCheck: true,
    noEmitOnError: true,
    declaration: true,
    declarationMap: true,
    sourceMap: true,
    rootDir: "src",
    outDir: "lib",
  },
  include: ["src"],
};

/** Builds the package, and returns its folder. @throws {Error} If a step fails. */
export async function buildPackage(folder: URL = new URL("dist/npm/", ROOT)): Promise<URL> {
  const config: DenoConfig = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  await emptied(folder);
  const excluded = config.publish?.exclude ?? [];
  const sources = await copyFolder(new URL("src/", ROOT), new URL("src/", folder), (path) => {
    return !excluded.some((other) => `src/${path}`.startsWith(`${other}/`));
  });
  const isText = (path: string) => path.endsWith(".md");
  await copyFolder(new URL("docs/", ROOT), new URL("docs/", folder), isText);
  for (const name of ["README.md", "CHANGELOG.md", "LICENSE"]) {
    await Deno.copyFile(new URL(name, ROOT), new URL(name, folder));
  }
  const packages = sources.filter((path) => path.endsWith(".ts"))
    .flatMap((path) => packagesIn(Deno.readTextFileSync(new URL(`src/${path}`, folder))));
  const names = [...new Set(packages)].sort();
  await writeJson(new URL("package.json", folder), packageJson(config, names, repository()));
  await writeJson(new URL("tsconfig.json", folder), TSCONFIG);

  const types = names.flatMap((name) => TYPES[name] ?? []);
  const install = ["install", "--no-save", "--no-package-lock", ...QUIET];
  await run("npm", [...install, ...COMPILER, ...types], folder);
  await run("npx", ["--no-install", "tsc", "--project", "."], folder);
  for (const path of sources) {
    const compiled = new URL(`lib/${path.replace(/\.ts$/, ".d.ts")}`, folder);
    if (path.endsWith(".ts")) await nameCompiledFiles(compiled);
    else await Deno.copyFile(new URL(`src/${path}`, folder), new URL(`lib/${path}`, folder));
  }
  await Deno.remove(new URL("tsconfig.json", folder));
  if (config.exports[CLI_ENTRY]) await writeBin(folder, config.exports[CLI_ENTRY]);
  return folder;
}

const QUIET = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];

/** The URL of the sources where a workflow runs, which npm's provenance compares. */
function repository(): string | undefined {
  const [server, name] = ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY"].map((key) => Deno.env.get(key));
  return server && name && `${server}/${name}`;
}

/** Empties a folder of all but the packages that were installed there. */
async function emptied(folder: URL): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const { name } of Deno.readDirSync(folder)) {
    if (name !== "node_modules") await Deno.remove(new URL(name, folder), { recursive: true });
  }
}

/** Copies the files of a folder that are wanted; returns their paths in it. */
async function copyFolder(
  from: URL,
  to: URL,
  isWanted: (path: string) => boolean,
): Promise<string[]> {
  const paths = [...filesIn(from)].filter(isWanted);
  for (const path of paths) {
    await Deno.mkdir(new URL(".", new URL(path, to)), { recursive: true });
    await Deno.copyFile(new URL(path, from), new URL(path, to));
  }
  return paths;
}

/** The paths of all files in a folder. */
function* filesIn(folder: URL, prefix = ""): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(prefix, folder))) {
    if (isDirectory) yield* filesIn(folder, `${prefix}${name}/`);
    else yield prefix + name;
  }
}

/** TypeScript names compiled files in what runs, but leaves sources named in declarations. */
async function nameCompiledFiles(declarations: URL): Promise<void> {
  const text = await Deno.readTextFile(declarations);
  const renamed = text.replace(/(\bfrom |\bimport\(|^import )"(\.[^"]*)\.ts"/gm, '$1"$2.js"');
  await Deno.writeTextFile(declarations, renamed);
}

/** Writes what `npx` starts: the `main` of the command line, with the arguments of the process. */
async function writeBin(folder: URL, entry: string): Promise<void> {
  await Deno.mkdir(new URL("bin/", folder), { recursive: true });
  await Deno.writeTextFile(new URL(BIN, folder), binText(entry), { mode: 0o755 });
}

async function writeJson(file: URL, value: unknown): Promise<void> {
  await Deno.writeTextFile(file, `${JSON.stringify(value, undefined, 2)}\n`);
}

async function run(command: string, args: string[], cwd: URL): Promise<void> {
  const { success, code, stdout, stderr } = await new Deno.Command(command, { args, cwd }).output();
  if (success) return;
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  throw new Error(`Cannot build the package: ${command} ${args[0]} ended with ${code}\n${said}`);
}

if (import.meta.main) console.log(`Built ${(await buildPackage()).pathname}`);
