/**
 * The information documents (NIP-11) of a simulated network.
 *
 * @module
 */

import type { SimNetwork } from "./sim_network.ts";

/**
 * A `fetch` that reaches the network's relays and nothing else. A document takes as
 * long as a connection, and tells the cap on answers and on subscriptions, but, as on
 * the real network, not how many filters a REQ may have.
 */
export function relayInfo(network: SimNetwork): typeof fetch {
  return (input, init) => {
    const { signal } = init ?? {};
    const url = String(input instanceof Request ? input.url : input).replace(/^http/, "ws");
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const nature = network.nature(url);
    const cancel = network.clock.after(nature?.relay.connectMs ?? 40, () => {
      if (!nature || nature.ailment === "refused") return reject(new TypeError("fetch failed"));
      if (nature.ailment === "hang") return;
      if (nature.ailment === "http" || !nature.hasInfo) {
        return resolve(new Response("not found", { status: 404 }));
      }
      const { relay: { cap }, maxSubscriptions } = nature;
      const limitation = { max_limit: cap, max_subscriptions: maxSubscriptions };
      resolve(Response.json({ name: url, limitation }));
    });
    const abort = () => {
      cancel();
      reject(signal!.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    return promise;
  };
}
