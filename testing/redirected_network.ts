/**
 * The network of the examples in the docs: the relays that they name (`wss://alice.example`) are on
 * loopback, and nothing else can be reached. Runs on Deno, Node and Bun.
 *
 * @module
 */

/** The hosts of the relays that an example names; those that begin with `gone.` are down. */
export function relayHosts(example: string): string[] {
  const urls = example.match(/\bwss:\/\/[\w.-]+/g) ?? [];
  const hosts = new Set(urls.map((url) => new URL(url).host));
  return [...hosts].filter((host) => !host.startsWith("gone."));
}

/**
 * Leads all sockets and requests to these addresses: `127.0.0.1:<port>` by host.
 *
 * @returns A function that ends it.
 */
export function redirectNetwork(addresses: ReadonlyMap<string, string>): () => void {
  const redirected = (value: string | URL) => {
    const url = new URL(value);
    if (url.hostname === "127.0.0.1") return url.href;
    const scheme = url.protocol.replace(/s:$/, ":");
    return `${scheme}//${addresses.get(url.host) ?? "127.0.0.1:1"}${url.pathname}${url.search}`;
  };
  const { fetch: fetchAnything, WebSocket: AnySocket } = globalThis;
  globalThis.WebSocket = class extends AnySocket {
    constructor(url: string | URL, protocols?: ConstructorParameters<typeof WebSocket>[1]) {
      super(redirected(url), protocols);
    }
  };
  globalThis.fetch = (input, init) =>
    fetchAnything(redirected(input instanceof Request ? input.url : input), init);
  return () => {
    globalThis.WebSocket = AnySocket;
    globalThis.fetch = fetchAnything;
  };
}
