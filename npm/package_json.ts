/**
 * What the package on npm says of itself, read from deno.json: one list of entries and versions
 * for JSR and npm.
 *
 * @module
 */

/** What is read of deno.json. */
export interface DenoConfig {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  /** Paths that JSR does not get either. */
  readonly publish?: { readonly exclude?: readonly string[] };
}

/** A package.json, as far as this project needs one. */
export interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string | { types: string; default: string }>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

/** The app's own copy counts for these: `true` if they are needed by one entry alone. */
const PEERS: Readonly<Record<string, boolean>> = { "@nostrify/nostrify": false, pg: true };

/** The command line, which `npx @npool/outbox` starts. */
export const CLI_ENTRY = "./cli";
/** The file that npm links to as `outbox`. */
export const BIN = "bin/outbox.js";

/** The oldest Node that has what the command line needs. */
const [NODE_MAJOR, NODE_MINOR] = [22, 13];

/**
 * What `npx` starts: it loads the command line only on a Node that has SQLite, and tells others so
 * in one sentence. npm itself only warns.
 */
export function binText(entry: string): string {
  return `#!/usr/bin/env node
import process from "node:process";
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < ${NODE_MAJOR} || major === ${NODE_MAJOR} && minor < ${NODE_MINOR}) {
  process.stderr.write(
    \`Cannot run on Node \${process.versions.node}: it must be ${NODE_MAJOR}.${NODE_MINOR} or later\\n\`,
  );
  process.exitCode = 1;
} else {
  const { main } = await import(".${compiledPath(entry)}.js");
  process.exitCode = await main();
}
`;
}

/** From a file of `src` to the compiled file, without its extension. */
export function compiledPath(path: string): string {
  return path.replace(/^\.\/src\//, "./lib/").replace(/\.tsx?$/, "");
}

/** Which packages a source imports, by name; what stands in comments does not count. */
export function packagesIn(source: string): string[] {
  const code = source.replace(/^\s*(?:\/\*\*?|\*|\/\/).*$/gm, "");
  const specifiers = [
    ...code.matchAll(/^(?:import|export)\b[^"';=]*\bfrom "([^".][^"]*)"/gm),
    ...code.matchAll(/(?:^import |\bimport\()"([^".][^"]*)"/gm),
  ].map(([, specifier]) => specifier).filter((specifier) => !specifier.startsWith("node:"));
  const names = specifiers.map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)![0]);
  return [...new Set(names)].sort();
}

/**
 * The package.json of the package.
 *
 * @param packages Which packages the sources import.
 * @param repository The URL of the sources, which npm's provenance compares.
 * @throws {Error} If deno.json has no npm package of a name.
 */
export function packageJson(
  config: DenoConfig,
  packages: readonly string[],
  repository?: string,
): PackageJson {
  const version = (name: string) => {
    const [, range] = new RegExp(`^npm:${name}@([^/]+)$`).exec(config.imports[name] ?? "") ?? [];
    if (range) return [name, range] as const;
    throw new Error(
      `Cannot make a package for npm: "${name}" must be an npm package in the imports of ` +
        `deno.json, got ${config.imports[name]}`,
    );
  };
  const peers = packages.filter((name) => name in PEERS);
  const others = packages.filter((name) => !(name in PEERS));
  const optional = peers.filter((name) => PEERS[name]);
  return {
    name: config.name,
    version: config.version,
    description: "The outbox model (NIP-65) as a plugin for Nostrify's NPool",
    keywords: ["nostr", "nostrify", "npool", "outbox", "nip-65", "gossip", "relay"],
    license: config.license,
    ...repository && { repository: { type: "git", url: `git+${repository}.git` } },
    type: "module",
    engines: { node: `>=${NODE_MAJOR}.${NODE_MINOR}` },
    sideEffects: false,
    exports: {
      ...Object.fromEntries(
        Object.entries(config.exports).map(([name, path]) => {
          const file = compiledPath(path);
          return [name, { types: `${file}.d.ts`, default: `${file}.js` }];
        }),
      ),
      "./package.json": "./package.json",
    },
    ...config.exports[CLI_ENTRY] && { bin: { outbox: BIN } },
    files: ["bin", "lib", "src", "docs", "CHANGELOG.md"],
    dependencies: Object.fromEntries(others.map(version)),
    peerDependencies: Object.fromEntries(peers.map(version)),
    peerDependenciesMeta: Object.fromEntries(optional.map((name) => [name, { optional: true }])),
    publishConfig: { access: "public" },
  };
}
