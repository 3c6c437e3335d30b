/**
 * Hints in a code that somebody pasted: the relays of `nprofile`, `nevent` and `naddr`
 * (NIP-19).
 *
 * @module
 */

import { type Pointer, pointerIn } from "../nostr/nip19_text.ts";
import type { HintReader } from "./hint.ts";
import { HintList } from "./hint_list.ts";

/** Whether events of a kind hold a group's metadata (NIP-29), and so are at its host. */
const isGroupKind = (kind: number) => kind >= 39_000 && kind <= 39_003;

/**
 * Reads a pasted text, or a decoded code. The relays of an `nprofile` or `naddr` are about
 * its pubkey, those of an `naddr` also about the event, or, if it is a group's metadata, the group; the relays of an `nevent`
 * are about its id and its author. An `nevent` without relays names its author alone; `npub` and
 * `note` name nothing.
 */
export const nip19Hints: HintReader<string | Pointer> = {
  source: "nip19",
  read(input) {
    const hints = new HintList("nip19");
    const pointer = typeof input === "string" ? pointerIn(input) : input;
    switch (pointer?.type) {
      case "nprofile":
        for (const url of pointer.data.relays ?? []) hints.addPerson(pointer.data.pubkey, url);
        break;
      case "nevent": {
        const { id, relays = [], author } = pointer.data;
        for (const url of relays.length > 0 ? relays : [undefined]) {
          hints.addEvent(id, url, author);
        }
        break;
      }
      case "naddr":
        for (const url of pointer.data.relays ?? []) {
          const { kind, pubkey, identifier } = pointer.data;
          if (!isGroupKind(kind)) hints.addAddress(`${kind}:${pubkey}:${identifier}`, url);
          hints.addPerson(pubkey, url);
          if (isGroupKind(kind)) hints.addGroup(identifier, url);
        }
    }
    return hints.all();
  },
};
