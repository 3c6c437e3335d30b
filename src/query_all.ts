/**
 * Queries of the outbox itself, which no plan is made for.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter, NRelay } from "@nostrify/types";
import type { PlanSettings } from "./plan/plan_options.ts";

/** Queries the indexers, or else the fallback relays. */
export function queryAll(
  filters: NostrFilter[],
  open: (url: string) => NRelay,
  { indexerRelays, fallbackRelays }: PlanSettings,
): Promise<NostrEvent[]> {
  const urls = indexerRelays.length > 0 ? indexerRelays : fallbackRelays;
  const pool = new NPool({
    open,
    reqRouter: () => new Map(urls.map((url) => [url, [...filters]])),
    eventRouter: () => [],
    eoseTimeout: 0,
  });
  return pool.query(filters);
}
