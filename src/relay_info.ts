/**
 * Fetches a relay's description of itself (NIP-11).
 *
 * @module
 */

import { fetchJson, type FetchJsonOptions } from "./fetch_json.ts";
import { limitsOfInfo } from "./relay_info_doc.ts";
import type { ToldLimits } from "./relay_words.ts";

/** What a relay says of its limits, or why that is not known. */
export type RelayInfo =
  | { readonly limits: ToldLimits; readonly reason?: undefined }
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
