/**
 * The same routes without supervision: a plain `NPool` with this library's two
 * routers. For comparison.
 *
 * @module
 */

import { NPool, NRelay1 } from "@nostrify/nostrify";
import { createEventRouter, createReqRouter } from "@npool/outbox";
import type { RelayListStore, RouterOptions } from "@npool/outbox";

/** A pool with the right relays, and without any supervision of them. */
export function plainPool(store: RelayListStore, options: RouterOptions): NPool<NRelay1> {
  return new NPool({
    open: (url) => new NRelay1(url),
    reqRouter: createReqRouter(store, options),
    eventRouter: createEventRouter(store, options),
  });
}
