/**
 * The network of the examples in the docs, loaded before each of them runs (`--preload`).
 *
 * An example names relays as an app does (`wss://alice.example`). Here each of them is an empty
 * relay of its own on loopback, and nothing else can be reached; hosts that begin with `gone.` are
 * down.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import { INDEXERS } from "../src/plan/default_indexers.ts";

/** Which hosts an example names; none for a module that is no example. */
async function hostsOf(example: string): Promise<string[]> {
  const [, file, from, to] = /^(file:.*)[#$](\d+)-(\d+)\.ts$/.exec(example) ?? [];
  if (file === undefined) return [];
  const lines = (await (await fetch(file)).text()).split("\n").slice(Number(from) - 1, Number(to));
  const named = lines.join("\n").match(/\bwss:\/\/[\w.-]+/g) ?? [];
  const hosts = named.length > 0 ? [...named, ...INDEXERS].map((url) => new URL(url).host) : [];
  return [...new Set(hosts)].filter((host) => !/^gone\./.test(host));
}

/** Starts a relay for each host; returns where it listens. */
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

/** Where a URL leads here: to its relay, or to a port where nobody listens. */
function redirected(value: string | URL, addresses: ReadonlyMap<string, string>): string {
  const url = new URL(value);
  if (url.hostname === "127.0.0.1") return url.href;
  const scheme = url.protocol.replace(/s:$/, ":");
  return `${scheme}//${addresses.get(url.host) ?? "127.0.0.1:1"}${url.pathname}${url.search}`;
}

const hosts = await hostsOf(Deno.mainModule);
if (hosts.length > 0) {
  const addresses = await start(hosts);
  const { fetch: fetchAnything, WebSocket: AnySocket } = globalThis;
  globalThis.WebSocket = class extends AnySocket {
    constructor(url: string | URL, protocols?: ConstructorParameters<typeof WebSocket>[1]) {
      super(redirected(url, addresses), protocols);
    }
  };
  globalThis.fetch = (input, init) =>
    fetchAnything(redirected(input instanceof Request ? input.url : input, addresses), init);
}
