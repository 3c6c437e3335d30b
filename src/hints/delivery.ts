/**
 * Hints from deliveries: the author of an event may be where it came from.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isEphemeralKind } from "nostr-tools/kinds";
import type { HintReader } from "../hint.ts";
import { GIFT_WRAP_KINDS } from "../kinds.ts";
import { HintList } from "./hint_list.ts";

/** An event, and who delivered it. */
export interface Delivery {
  /** The event, verified. */
  readonly event: Pick<NostrEvent, "kind" | "pubkey">;
  /** The relay's URL. */
  readonly relay: string;
}

/**
 * Reads a delivery. Gift wraps are signed by keys that are used once (NIP-59), and
 * ephemeral events are kept nowhere: neither says where anybody's posts are.
 */
export const deliveryHints: HintReader<Delivery> = {
  source: "delivered",
  read({ event: { kind, pubkey }, relay }) {
    const hints = new HintList("delivered");
    if (!GIFT_WRAP_KINDS.includes(kind) && !isEphemeralKind(kind)) hints.addPerson(pubkey, relay);
    return hints.all();
  },
};
