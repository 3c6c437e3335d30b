/**
 * Hints from deliveries: the author of an event may be at the relay that delivered it.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isEphemeralKind, isReplaceableKind } from "nostr-tools/kinds";
import { GIFT_WRAP_KINDS } from "../nostr/kinds.ts";
import type { HintReader } from "./hint.ts";
import { HintList } from "./hint_list.ts";

/** An event, and the relay that delivered it. */
export interface Delivery {
  /** The event; it must be verified. */
  readonly event: Pick<NostrEvent, "kind" | "pubkey">;
  /** The relay's URL. */
  readonly relay: string;
}

/**
 * Reads a delivery. Some events do not say where their author's posts are: throwaway keys
 * sign gift wraps (NIP-59), no relay keeps ephemeral events, and indexers, which have no
 * posts, have copies of profiles and lists.
 */
export const deliveryHints: HintReader<Delivery> = {
  source: "delivered",
  read({ event: { kind, pubkey }, relay }) {
    const hints = new HintList("delivered");
    const saysNothing = GIFT_WRAP_KINDS.includes(kind) || isEphemeralKind(kind) ||
      isReplaceableKind(kind);
    if (!saysNothing) hints.addPerson(pubkey, relay);
    return hints.all();
  },
};
