/**
 * The package as npm would deliver it: built, packed, and installed in a folder of its own, with
 * programs that use it.
 *
 * @module
 */

import { buildPackage } from "../../../npm/build_package.ts";
import { pathsIn, ROOT } from "../../support/source_files.ts";

/** A runtime of JavaScript, by the npm package that has it. */
export type Runtime = "node@22.13.0" | "node@22" | "node@24" | "bun@1";

/** How TypeScript finds modules: in a program of Node, or in one that a bundler takes. */
export type Resolution = "nodenext" | "bundler";

/** How a process ended. */
export interface Ended {
  readonly code: number;
  /** Both of its outputs. */
  readonly output: string;
}

/** The programs that use the package, which have the name of an entry each. */
export const PROGRAMS = "tests/processes/npm/programs";

/** How long a program may take until it is ended; those that install packages take longest. */
const MOST_MS = 120_000;
const QUIET = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];
/** What an app installs beside the package: its peers, and what these programs are written with. */
const BESIDES = [
  "@nostrify/nostrify@0.54",
  "pg@8",
  "nostr-tools@2",
  "typescript@7.0.2",
  "@types/node@22",
];

/** See the module. */
export class InstalledPackage {
  readonly #folder: string;
  readonly #runtimes = new Map<Runtime, Promise<string>>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Builds, packs and installs it. @throws {Error} If a step fails. */
  static async install(): Promise<InstalledPackage> {
    const folder = await Deno.makeTempDir({ prefix: "npm" });
    // Not in dist/npm: two test runs at a time would take each other's files away.
    const built = await buildPackage(new URL(`file://${folder}/built/`));
    const installed = new InstalledPackage(folder);
    await installed.#must("npm", ["pack", "--loglevel=error", built.pathname]);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    const packed = names.find((name) => name.endsWith(".tgz"));
    await Deno.remove(built, { recursive: true });
    await Deno.writeTextFile(`${folder}/package.json`, '{ "type": "module" }\n');
    await installed.#must("npm", ["install", ...QUIET, `./${packed}`, ...BESIDES]);
    return installed;
  }

  /** The files of the package, by path. */
  get files(): string[] {
    const root = `file://${this.#folder}/node_modules/@npool/outbox`;
    return [...pathsIn(root)].map((path) => path.slice(root.length + 1));
  }

  /** The text of a file of the package. */
  read(path: string): string {
    return Deno.readTextFileSync(`${this.#folder}/node_modules/@npool/outbox/${path}`);
  }

  /** Writes a program. */
  async write(path: string, text: string): Promise<void> {
    const file = `${this.#folder}/programs/${path}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(file, text);
  }

  /** Checks all programs and compiles them to what a runtime takes. */
  async compile(resolution: Resolution): Promise<Ended> {
    const options = {
      strict: true,
      exactOptionalPropertyTypes: true,
      target: "ES2022",
      lib: ["ES2024", "DOM", "DOM.Iterable"],
      types: ["node"],
      module: resolution === "nodenext" ? "nodenext" : "esnext",
      moduleResolution: resolution,
      outDir: "compiled",
      rootDir: "programs",
    };
    const config = `tsconfig.${resolution}.json`;
    const text = JSON.stringify({ compilerOptions: options, include: ["programs"] });
    await Deno.writeTextFile(`${this.#folder}/${config}`, text);
    return await this.#end("npx", ["--no-install", "tsc", "--project", config]);
  }

  /** Runs a compiled program on a runtime. */
  async run(runtime: Runtime, program: string, ...args: string[]): Promise<Ended> {
    return await this.#end(await this.#find(runtime), [`compiled/${program}.js`, ...args]);
  }

  /** The same, after another program, which `loader` names. */
  async runAfter(
    loader: string,
    runtime: Runtime,
    program: string,
    ...args: string[]
  ): Promise<Ended> {
    const load = [runtime.startsWith("bun") ? "--preload" : "--import", `./compiled/${loader}.js`];
    const command = await this.#find(runtime);
    return await this.#end(command, [...load, `compiled/${program}.js`, ...args]);
  }

  /** Starts the command line of the package as `npx` does. */
  async runBin(runtime: Runtime, ...args: string[]): Promise<Ended> {
    return await this.#end(await this.#find(runtime), ["node_modules/.bin/outbox", ...args]);
  }

  /**
   * The same for a command that goes on: interrupts it (Ctrl-C) once it has printed a line.
   *
   * @param use What to do meanwhile with that line.
   */
  async runBinUntilUsed(
    runtime: Runtime,
    args: readonly string[],
    use: (line: string) => Promise<void>,
  ): Promise<number> {
    const command = new Deno.Command(await this.#find(runtime), {
      args: ["node_modules/.bin/outbox", ...args],
      cwd: this.#folder,
      signal: AbortSignal.timeout(MOST_MS),
      stdout: "piped",
      stderr: "null",
    });
    const process = command.spawn();
    let printed = "";
    let isUsed = false;
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      printed += text;
      if (isUsed || !printed.includes("\n")) continue;
      isUsed = true;
      await use(printed.trim()).finally(() => process.kill("SIGINT"));
    }
    return (await process.status).code;
  }

  /** A path for a file of a program. */
  path(name: string): string {
    return `${this.#folder}/${name}`;
  }

  /** Where a runtime is; npm downloads it the first time. */
  #find(runtime: Runtime): Promise<string> {
    const known = this.#runtimes.get(runtime) ?? this.#must("npx", [
      "--yes",
      "--loglevel=error",
      runtime,
      "--eval",
      "console.log(process.execPath)",
    ]);
    this.#runtimes.set(runtime, known);
    return known;
  }

  async #must(command: string, args: string[]): Promise<string> {
    const { code, output } = await this.#end(command, args);
    if (code === 0) return output.trim();
    throw new Error(`Cannot run ${command} ${args.join(" ")}: it ended with ${code}\n${output}`);
  }

  async #end(command: string, args: string[]): Promise<Ended> {
    const signal = AbortSignal.timeout(MOST_MS);
    const process = new Deno.Command(command, { args, cwd: this.#folder, signal });
    const { code, stdout, stderr } = await process.output();
    const output = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    return { code, output };
  }

  /** Removes it, with its folder. */
  remove(): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

/** A program for each entry of a package, by the entry's name: one that is written, or an import. */
export function programsFor(name: string, entries: readonly string[]): Map<string, string> {
  const written = new Set(pathsIn(PROGRAMS));
  return new Map(entries.map((entry) => {
    const program = entry.slice(2) || "mod";
    const path = `${PROGRAMS}/${program}.ts`;
    const text = written.has(path)
      ? Deno.readTextFileSync(new URL(path, ROOT))
      : `await import(${JSON.stringify(name + entry.slice(1))});\nexport {};\n`;
    return [program, text];
  }));
}
