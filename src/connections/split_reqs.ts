/**
 * Splits the filters for one relay into REQs that it accepts.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { privacyOf, splitPrivateKinds } from "../nostr/filter_subjects.ts";
import type { ReportedLimits } from "../relays/relay_replies.ts";
import { splitFilter } from "./split_filter.ts";

/** What is assumed of a relay whose limits are not known. */
export interface SplitOptions {
  /**
   * Most filters in one REQ; an integer of at least 1. strfry takes 200; relays that take only 10
   * (nostream, rnostr) say so.
   * @default 100
   */
  readonly maxFilters?: number;
  /**
   * Longest REQ in bytes of JSON; an integer of at least 512. No relay in use that does not say is
   * known to take less than 128 KiB (strfry, nostr-rs-relay), and the longest filter of the planner
   * has 67 kB. What lies between is left for proxies.
   * @default 100_000
   */
  readonly maxMessageLength?: number;
  /** Whether private kinds may share a REQ with others. @default false */
  readonly isMixed?: boolean;
}

/** `["REQ","",]` and a subscription id of 64 characters, the longest there is (NIP-01). */
const REQ_ENVELOPE_BYTES = 11 + 64;

/**
 * Splits filters into REQs, each a list of filters, in the order of the filters.
 *
 * No REQ asks for direct messages or gift wraps (kinds 4, 1059, 21059) and for other kinds: a
 * relay that shows them to those involved alone may leave them out of a mixed answer, and not
 * say so; nor for 21059 beside 4 and 1059, which not all such relays count among them. A filter
 * of mixed kinds becomes several. The REQs for private kinds come last.
 *
 * Any other filter that fits stays whole, as the very object that was given. A filter that is too long by
 * itself is split along its longest list; each part keeps the `limit`, so that the newest events
 * are among what comes. A part is longer than the relay takes only if one value of each list is
 * already too much. A `limit` above the largest that the relay accepts is lowered to that.
 *
 * @param filters The filters for one relay; none gives no REQ.
 * @param limits The relay's limits, as far as they are known.
 * @param options What is assumed of limits that are not known.
 */
export function splitReqs(
  filters: readonly NostrFilter[],
  limits: ReportedLimits = {},
  options: SplitOptions = {},
): NostrFilter[][] {
  const most = Math.max(1, limits.maxFilters ?? options.maxFilters ?? 100);
  const room = (limits.maxMessageLength ?? options.maxMessageLength ?? 100_000) -
    REQ_ENVELOPE_BYTES;

  if (options.isMixed) return packed(filters);
  const all = filters.flatMap(splitPrivateKinds);
  return [0, 1, 2].flatMap((privacy) =>
    packed(all.filter((filter) => privacyOf(filter) === privacy))
  );

  function packed(filters: readonly NostrFilter[]): NostrFilter[][] {
    const reqs: NostrFilter[][] = [];
    let req: NostrFilter[] = [];
    let length = 0;
    for (const wholeFilter of filters) {
      for (const { filter, bytes } of splitFilter(withAcceptedLimit(wholeFilter, limits), room)) {
        // A comma separates two filters.
        if (req.length > 0 && (req.length === most || length + 1 + bytes > room)) {
          reqs.push(req);
          req = [];
        }
        length = req.length === 0 ? bytes : length + 1 + bytes;
        req.push(filter);
      }
    }
    if (req.length > 0) reqs.push(req);
    return reqs;
  }
}

/**
 * Splits filters into REQs that stay open. Where the relay takes fewer of these than private kinds
 * in REQs of their own would need, they share REQs with other kinds: what has no slot
 * comes late, and what shares a REQ is withheld at some relays only.
 *
 * @param maxReqs How many REQs may stay open; an integer of at least 1.
 */
export function splitLiveReqs(
  filters: readonly NostrFilter[],
  limits: ReportedLimits,
  maxReqs: number,
): NostrFilter[][] {
  const reqs = splitReqs(filters, limits);
  return reqs.length > maxReqs ? splitReqs(filters, limits, { isMixed: true }) : reqs;
}

function withAcceptedLimit(filter: NostrFilter, { maxLimit }: ReportedLimits): NostrFilter {
  if (maxLimit === undefined || filter.limit === undefined) return filter;
  return filter.limit > maxLimit ? { ...filter, limit: maxLimit } : filter;
}
