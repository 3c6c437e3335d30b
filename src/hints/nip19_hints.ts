/**
 * Hints in a string that somebody pasted: the relays of `nprofile`, `nevent` and
 * `naddr` (NIP-19).
 *
 * @module
 */

import { type Pointer, pointerIn } from "../nostr/nip19_text.ts";
import type { HintReader } from "./hint.ts";
import { HintList } from "./hint_list.ts";

/** Metadata of groups (NIP-29): who names it names the group's host. */
const isGroupKind = (kind: number) => kind >= 39_000 && kind <= 39_003;

/**
 * Reads what was pasted, or what was decoded already. The relays of an `nprofile` or
 * `naddr` are about its pubkey, those of an `nevent` about its id and its author, those
 * of the `naddr` of a group's metadata about the group, too. `npub` and `note` name none.
 */
export const nip19Hints: HintReader<string | Pointer> = {
  source: "nip19",
  read(seen) {
    const hints = new HintList("nip19");
    const pointer = typeof seen === "string" ? pointerIn(seen) : seen;
    switch (pointer?.type) {
      case "nprofile":
        for (const url of pointer.data.relays ?? []) hints.addPerson(pointer.data.pubkey, url);
        break;
      case "nevent":
        for (const url of pointer.data.relays ?? []) {
          hints.addEvent(pointer.data.id, url, pointer.data.author);
        }
        break;
      case "naddr":
        for (const url of pointer.data.relays ?? []) {
          hints.addPerson(pointer.data.pubkey, url);
          if (isGroupKind(pointer.data.kind)) hints.addGroup(pointer.data.identifier, url);
        }
    }
    return hints.all();
  },
};
