/**
 * The examples in the docs as programs on npm, each page with its network.
 *
 * @module
 */

import { INDEXERS } from "../../../src/plan/default_indexers.ts";
import { relayHosts } from "../../../testing/redirected_network.ts";
import { startHostedRelay } from "../../../testing/hosted_relay.ts";
import type { RelayServer } from "../../../testing/relay_server.ts";
import { docExamples } from "../../support/doc_examples.ts";
import { ROOT } from "../../support/source_files.ts";
import type { InstalledPackage } from "./installed_package.ts";

/** The program that leads sockets to relays on loopback; its argument comes last. */
export const NETWORK = "docs/network";

/** The programs of the examples, one for each file that they stand in. */
export interface WrittenExamples {
  /** By the path of the file. */
  readonly programs: ReadonlyMap<string, string>;
  /** The hosts of the relays that they name. */
  readonly hosts: readonly string[];
  readonly count: number;
}

/** Writes the examples for apps on any runtime, and the network that they run in. */
export async function writeExamples(installed: InstalledPackage): Promise<WrittenExamples> {
  const examples = docExamples().filter(({ code }) => !/\bDeno\.|\bfrom "\./.test(code));
  const network = await Deno.readTextFile(new URL("testing/redirected_network.ts", ROOT));
  await installed.write(
    `${NETWORK}.ts`,
    `${network}\nredirectNetwork(new Map(JSON.parse(process.argv.at(-1)!)));\n`,
  );
  const paths = [...new Set(examples.map(({ path }) => path))];
  const programs = new Map(paths.map((path) => [path, `docs/${path.replace(/\W/g, "_")}`]));
  for (const [path, program] of programs) {
    const own = examples.filter((example) => example.path === path);
    for (const [i, { code }] of own.entries()) {
      await installed.write(`${program}_${i}.ts`, `${code}\nexport {};\n`);
    }
    // One after the other; the process ends by itself if each has closed what it opened.
    const name = program.slice("docs/".length);
    const imports = own.map((_, i) => `await import('./${name}_${i}.js');\n`);
    await installed.write(`${program}.ts`, `${imports.join("")}export {};\n`);
  }
  const hosts = [...examples.map(({ code }) => code), ...INDEXERS].flatMap(relayHosts);
  return { programs, hosts: [...new Set(hosts)], count: examples.length };
}

/** Relays for hosts, which end with this. */
export class HostedRelays implements AsyncDisposable {
  readonly #relays: ReadonlyMap<string, RelayServer>;

  constructor(hosts: readonly string[]) {
    this.#relays = new Map(hosts.map((host) => [host, startHostedRelay(host)]));
  }

  /** Where they listen, by host, as text. */
  get addresses(): string {
    return JSON.stringify([...this.#relays].map(([host, { url }]) => [host, new URL(url).host]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#relays.values()].map((relay) => relay.stop()));
  }
}
