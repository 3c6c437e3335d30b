/**
 * Queries of the outbox itself, which have no options of an app.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter, NRelay } from "@nostrify/types";
import type { PlanSettings } from "./plan/plan_options.ts";

/** Which relays get which filters. */
type Route = (
  filters: NostrFilter[],
) => Map<string, NostrFilter[]> | Promise<Map<string, NostrFilter[]>>;

/** Queries the relays that `route` chooses. */
export function queryAll(
  filters: NostrFilter[],
  open: (url: string) => NRelay,
  route: Route,
): Promise<NostrEvent[]> {
  const pool = new NPool({
    open,
    reqRouter: (filters) => route([...filters]),
    eventRouter: () => [],
    eoseTimeout: 0,
  });
  return pool.query(filters);
}

/** Chooses the indexers, or else the fallback relays. */
export function toIndexers({ indexerRelays, fallbackRelays }: PlanSettings): Route {
  const urls = indexerRelays.length > 0 ? indexerRelays : fallbackRelays;
  return (filters) => new Map(urls.map((url) => [url, filters]));
}
