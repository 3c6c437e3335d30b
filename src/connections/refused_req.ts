/**
 * Finds the REQ that a NOTICE refuses: a NOTICE names no subscription.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { RelayFailure } from "../nostr/relay_failure.ts";
import { failureOf, limitsFrom, refusalOf } from "../relays/relay_replies.ts";
import { reqSize } from "./req_size.ts";

/** A REQ that was sent, and whether it has brought events. */
export interface PendingReq {
  readonly filters: readonly NostrFilter[];
  readonly hasEvents: boolean;
  /** How many subscriptions were open when it was sent, with itself. */
  readonly place: number;
}

/** A REQ, and why the relay refuses it. */
export interface RefusedReq<T> {
  readonly req: T;
  readonly failure: RelayFailure;
}

/**
 * The REQ that is refused: the largest, where a REQ is too large; the one beside which most others
 * were open, where there are too many; otherwise the last. `undefined` if the NOTICE refuses nothing.
 *
 * A REQ that has brought events is refused only if all have.
 *
 * @param allPending The REQs without an EOSE so far, in the order in which they were sent.
 */
export function refusedReq<T extends PendingReq>(
  notice: string,
  allPending: readonly T[],
): RefusedReq<T> | undefined {
  const silent = allPending.filter(({ hasEvents }) => !hasEvents);
  const pending = silent.length > 0 ? silent : allPending;
  const last = pending.at(-1);
  if (!last) return undefined;
  const withMost = (of: (req: T) => number) =>
    pending.reduce((most, req) => of(req) > of(most) ? req : most);
  const largest = withMost(({ filters }) => filters.length * 2 ** 32 + reqSize(filters).bytes);
  const sent = { ...reqSize(largest.filters), subscriptions: largest.place };
  const [limit] = Object.keys(limitsFrom(notice, sent));
  const failure = limit ? failureOf(notice) : refusalOf(notice);
  if (!failure) return undefined;
  if (!limit) return { req: last, failure };
  return { req: limit === "maxSubscriptions" ? withMost(({ place }) => place) : largest, failure };
}
