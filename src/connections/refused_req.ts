/**
 * Finds the REQ that a NOTICE refuses: a NOTICE names no subscription.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { RelayFailure } from "../nostr/relay_failure.ts";
import { failureOf, limitsFrom, refusalOf } from "../relays/relay_replies.ts";
import { reqSize } from "./req_size.ts";

/** A REQ, and why the relay refuses it. */
export interface RefusedReq<T> {
  readonly req: T;
  readonly failure: RelayFailure;
}

/**
 * The REQ that is refused: the largest, where a REQ is too large, and otherwise the last;
 * `undefined` if the NOTICE refuses nothing.
 *
 * @param pending The REQs without an EOSE so far, in the order in which they were sent.
 * @param subscriptions How many subscriptions are open.
 */
export function refusedReq<T extends { readonly filters: readonly NostrFilter[] }>(
  notice: string,
  pending: readonly T[],
  subscriptions: number,
): RefusedReq<T> | undefined {
  const bytes = (req: T) => reqSize(req.filters).bytes;
  const largest = [...pending].sort((a, b) =>
    b.filters.length - a.filters.length || bytes(b) - bytes(a)
  ).at(0);
  const last = pending.at(-1);
  for (const req of new Set([largest, last])) {
    if (!req) continue;
    const lesson = limitsFrom(notice, { ...reqSize(req.filters), subscriptions });
    const refused = lesson.maxSubscriptions === undefined ? largest : last;
    if (Object.keys(lesson).length === 0 || refused !== req) continue;
    return { req, failure: failureOf(notice) };
  }
  const failure = refusalOf(notice);
  return failure === undefined || !last ? undefined : { req: last, failure };
}
