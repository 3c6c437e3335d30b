/**
 * The filter for what a user pasted.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { isAddressableKind } from "nostr-tools/kinds";
import { holdsSecret, type Pointer, pointerIn } from "../nostr/nip19_text.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import { nip19Hints } from "./nip19_hints.ts";
import { withHints } from "./with_hints.ts";

/**
 * The filter that finds what a user pasted, with the hints that were in it (see
 * {@link withHints}).
 *
 * A person (`npub`, `nprofile`) becomes a filter for all that they wrote, an event
 * (`note`, `nevent`) for its id (and its author, if that is all that is said of where it
 * is), an address (`naddr`) for its versions. The code may stand
 * alone, after `nostr:` or in a link or a text, of which the first valid one counts.
 *
 * @throws {TypeError} If the text holds none, holds a secret key, or has more than 10,000
 * characters. The text itself is never in the message: it may be a secret.
 *
 * @example The post behind a link
 * ```ts
 * import assert from "node:assert/strict";
 * import { filterOf } from "@npool/outbox";
 *
 * const filter = filterOf(
 *   "https://njump.me/npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6",
 * );
 *
 * assert.deepEqual(filter, {
 *   authors: ["3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d"],
 * });
 * ```
 */
export function filterOf(text: string): NostrFilter {
  if (typeof text !== "string") throw unreadable(`a ${typeof text}`);
  if (holdsSecret(text)) throw unreadable("a secret key, which belongs to nobody else");
  const pointer = pointerIn(text);
  if (pointer) return withHints(filterFor(pointer), nip19Hints.read(pointer));
  throw unreadable(
    isPubkey(text.trim().toLowerCase())
      ? "64 hex digits, which may be a person's or an event's"
      : `${text.length} characters without one`,
  );
}

function filterFor({ type, data }: Pointer): NostrFilter {
  switch (type) {
    case "npub":
      return { authors: [data] };
    case "nprofile":
      return { authors: [data.pubkey] };
    case "note":
      return { ids: [data] };
    case "nevent": {
      const { id, author, relays = [] } = data;
      // Without a relay, the author's are the only ones to be asked.
      return author && relays.length === 0 ? { ids: [id], authors: [author] } : { ids: [id] };
    }
    case "naddr": {
      const { kind, pubkey, identifier } = data;
      const filter: NostrFilter = { kinds: [kind], authors: [pubkey] };
      // Other kinds have no `d` tag, and an empty identifier here (NIP-19).
      return isAddressableKind(kind) ? { ...filter, "#d": [identifier] } : filter;
    }
  }
}

function unreadable(seen: string): TypeError {
  return new TypeError(
    `Cannot read what was pasted: it must hold an npub, nprofile, note, nevent or naddr, got ${seen}`,
  );
}
