/**
 * Hints in the tags of any event that a relay delivers.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { FOLLOW_LIST_KIND, GROUP_LIST_KIND } from "../nostr/kinds.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import type { HintReader } from "./hint.ts";
import { HintList } from "./hint_list.ts";

/** Most tags that are read of one event. */
const MAX_TAGS = 500;

/**
 * Reads the relays in these tags:
 *
 * - `p` and `P`, about the person (NIP-01, NIP-22);
 * - `e`, `E` and `q`, about the event, and about its author if the tag names one (NIP-10,
 *   NIP-18, NIP-22);
 * - `a`, `A` and a `q` with a coordinate, about the event and the coordinate's author;
 * - `h` and, in a list of groups, `group`, about the group (NIP-29, NIP-51).
 *
 * Follow lists have their own reader.
 */
export const eventTagHints: HintReader<NostrEvent> = {
  source: "tag",
  read({ kind, tags }) {
    if (kind === FOLLOW_LIST_KIND) return [];
    const hints = new HintList("tag");
    for (let i = 0; i < tags.length && i < MAX_TAGS; i++) readTag(hints, kind, tags[i]);
    return hints.all();
  },
};

function readTag(hints: HintList, kind: number, tag: readonly unknown[]): void {
  if (!Array.isArray(tag)) return;
  const [name, value, url] = tag;
  switch (name) {
    case "p":
    case "P":
      return hints.addPerson(value, url);
    case "e":
    case "E":
      return hints.addEvent(value, url, isPubkey(tag[4]) ? tag[4] : tag[3]);
    case "q":
      if (isPubkey(value)) return hints.addEvent(value, url, tag[3]);
      return hints.addAddress(value, url);
    case "a":
    case "A":
      return hints.addAddress(value, url);
    case "h":
      return hints.addGroup(value, url);
    case "group":
      if (kind === GROUP_LIST_KIND) hints.addGroup(value, url);
  }
}
