/**
 * Which relays of a list are not connected to, and why. Pure.
 *
 * @module
 */

import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import type { RefusedRelay, RelayUrlPolicy } from "../nostr/relay_policy.ts";
import { checkRelayUrl } from "../nostr/relay_url.ts";

/** The entries of a list that name no relay, and its relays that the policy refuses. */
export function refusedRelays(
  list: Pick<RelayKnowledge, "write" | "refused"> | undefined,
  policy: RelayUrlPolicy | undefined,
): RefusedRelay[] {
  const byPolicy = (list?.write ?? []).flatMap((url) => {
    const { reason } = checkRelayUrl(url, policy);
    return reason === undefined ? [] : [{ url, reason }];
  });
  return [...byPolicy, ...list?.refused ?? []];
}
