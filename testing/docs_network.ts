/**
 * Loaded before each example in the docs runs (`--preload`): starts an empty relay for each host
 * that the example names, and leads its sockets there.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import { INDEXERS } from "../src/plan/default_indexers.ts";
import { redirectNetwork, relayHosts } from "./redirected_network.ts";

/** The text of an example, given the name of the module that Deno makes of it. */
async function exampleText(module: string): Promise<string> {
  const [, file, from, to] = /^(file:.*)[#$](\d+)-(\d+)\.ts$/.exec(module) ?? [];
  if (file === undefined) return "";
  const lines = (await Deno.readTextFile(new URL(file))).split("\n");
  return lines.slice(Number(from) - 1, Number(to)).join("\n");
}

/** Starts a relay for each host; returns where they listen. */
function start(hosts: readonly string[]): Promise<Map<string, string>> {
  const url = new URL("docs_network_relays.ts", import.meta.url);
  const worker = new Worker(url, { workerData: hosts });
  return new Promise((resolve) => {
    worker.once("message", (addresses) => {
      worker.unref();
      resolve(new Map(addresses));
    });
  });
}

const hosts = relayHosts(await exampleText(Deno.mainModule));
if (hosts.length > 0) {
  const all = [...hosts, ...INDEXERS.map((url) => new URL(url).host)];
  redirectNetwork(await start([...new Set(all)]));
}
