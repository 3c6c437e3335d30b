/**
 * Fetches a relay's description of itself (NIP-11).
 *
 * @module
 */

import { fetchJson, type FetchJsonOptions } from "../base/fetch_json.ts";
import { objectOf } from "../base/parse_json.ts";
import type { ReportedLimits } from "./relay_replies.ts";

/** What a relay says of its limits, or why that is not known. */
export type RelayInfo =
  | { readonly limits: ReportedLimits; readonly reason?: undefined }
  | {
    readonly limits?: undefined;
    /** A clause for a log: `HTTP 404`, `no answer within 5000 ms`, `aborted`. */
    readonly reason: string;
  };

/**
 * Fetches a relay's description of itself and reads its limits. Genuine ones have 1 to
 * 4 kB.
 *
 * Never rejects, whatever the relay or the `signal` does: without a description a
 * relay works as well. A redirect is not followed. Relay URLs come from strangers,
 * and the policy has checked this one, not where it may lead.
 *
 * @param url The relay, in normal form.
 */
export async function fetchRelayInfo(
  url: string,
  options: FetchJsonOptions = {},
): Promise<RelayInfo> {
  const { document, reason } = await fetchJson(
    url.replace(/^ws/, "http"),
    "application/nostr+json",
    options,
  );
  return reason === undefined ? { limits: limitsOfInfo(document) } : { reason };
}

/** What is believed of each number; `0` and `-1` stand for "none" as often as not. */
const RANGES = {
  max_filters: [1, 10_000],
  max_subscriptions: [1, 100_000],
  max_message_length: [512, 100_000_000],
  max_limit: [1, 1_000_000],
  default_limit: [1, 1_000_000],
} as const;

/**
 * The limits that a relay's description tells of. Whatever is missing, of another
 * type or outside of a plausible range is not known.
 *
 * A filter without a `limit` is answered with `default_limit` events, and no answer
 * has more than `max_limit`, so the smaller of the two is where an answer is cut.
 * `max_filters` is not in NIP-11, but several relays send it. `restricted_writes` is
 * left: OK says for each event whether it was taken.
 *
 * @param document The parsed JSON, whatever it is.
 */
export function limitsOfInfo(document: unknown): ReportedLimits {
  const limitation = objectOf(objectOf(document).limitation);
  const number = (name: keyof typeof RANGES) => {
    const value = limitation[name];
    const [least, most] = RANGES[name];
    return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
      ? Number(value)
      : undefined;
  };
  const flag = (name: string) =>
    typeof limitation[name] === "boolean" ? limitation[name] : undefined;

  const maxLimit = number("max_limit");
  const limits: ReportedLimits = {
    maxFilters: number("max_filters"),
    maxSubscriptions: number("max_subscriptions"),
    maxMessageLength: number("max_message_length"),
    maxLimit,
    cutAt: smaller(number("default_limit"), maxLimit),
    authRequired: flag("auth_required"),
    paymentRequired: flag("payment_required"),
  };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? a ?? b : Math.min(a, b);
}
