/**
 * Hints in what people write: the codes in the content of an event (NIP-27).
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { pointersIn } from "../nostr/nip19_text.ts";
import type { HintReader } from "./hint.ts";
import { HintList } from "./hint_list.ts";
import { nip19Hints } from "./nip19_hints.ts";

/** Most codes that are read of one content. */
const MAX_CODES = 20;
/** Most characters of one content that are read. */
const MAX_CONTENT_LENGTH = 65_536;

/**
 * Reads the `nostr:` URIs in the content of an event: the relays of an `nprofile`, `nevent` or
 * `naddr`, as {@link nip19Hints} does, and the author of an `nevent` that names no relay. They
 * count as tags do: somebody else wrote them, not the app's user.
 */
export const contentHints: HintReader<Pick<NostrEvent, "content">> = {
  source: "tag",
  read({ content }) {
    const hints = new HintList("tag");
    if (typeof content !== "string") return [];
    for (const pointer of pointersIn(content.slice(0, MAX_CONTENT_LENGTH), MAX_CODES)) {
      for (const { subject, url, author } of nip19Hints.read(pointer)) {
        hints.add(subject, url, author);
      }
    }
    return hints.all();
  },
};
