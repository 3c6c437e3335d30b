/**
 * Hints from deliveries: the author of an event may be where it came from.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isEphemeralKind, isReplaceableKind } from "nostr-tools/kinds";
import { GIFT_WRAP_KINDS } from "../nostr/kinds.ts";
import type { HintReader } from "./hint.ts";
import { HintList } from "./hint_list.ts";

/** An event, and who delivered it. */
export interface Delivery {
  /** The event, verified. */
  readonly event: Pick<NostrEvent, "kind" | "pubkey">;
  /** The relay's URL. */
  readonly relay: string;
}

/**
 * Reads a delivery. Gift wraps are signed by keys that are used once (NIP-59),
 * ephemeral events are kept nowhere, and profiles and lists are copied to indexers, which
 * have no posts: none of them says where anybody's posts are.
 */
export const deliveryHints: HintReader<Delivery> = {
  source: "delivered",
  read({ event: { kind, pubkey }, relay }) {
    const hints = new HintList("delivered");
    const isElsewhere = GIFT_WRAP_KINDS.includes(kind) || isEphemeralKind(kind) ||
      isReplaceableKind(kind);
    if (!isElsewhere) hints.addPerson(pubkey, relay);
    return hints.all();
  },
};
