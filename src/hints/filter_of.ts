/**
 * Turns what a user pasted into a filter.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { isAddressableKind } from "nostr-tools/kinds";
import { holdsSecret } from "../nostr/holds_secret.ts";
import { type Pointer, pointerIn } from "../nostr/nip19_text.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import { subjectKey } from "../nostr/subject_key.ts";
import { parseGroupAddress } from "./group_address.ts";
import { nip19Hints } from "./nip19_hints.ts";
import { withHints } from "./with_hints.ts";

/** Most characters of a group's address, and of the white space around it. */
const MAX_ADDRESS_LENGTH = 500;

/**
 * Makes a filter for what a user pasted, and attaches the hints in it (see
 * {@link withHints}).
 *
 * A person (`npub`, `nprofile`) gives a filter for everything that they wrote; an event
 * (`note`, `nevent`) one for its id, and for its author if no relay is named; an address
 * (`naddr`) one for its versions. The code may stand alone, after `nostr:` or `@`, or in a link
 * or a text. The first valid code in a text counts. The address of a group (`host'group-id`,
 * NIP-29) gives a filter for what is in it; it stands alone.
 *
 * @throws {TypeError} If the text holds no code, holds a secret key, or has more than 10,000
 * characters. The message never shows the text: it may be a secret.
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
  if (holdsSecret(text)) throw unreadable("a secret key, which nobody else may see");
  const pointer = pointerIn(text);
  if (pointer) return withHints(filterFor(pointer), nip19Hints.read(pointer));
  const group = text.length <= MAX_ADDRESS_LENGTH ? parseGroupAddress(text) : undefined;
  if (group) {
    const subject = subjectKey("group", group.id);
    return withHints({ "#h": [group.id] }, [{ subject, url: group.url, source: "nip19" }]);
  }
  throw unreadable(
    isPubkey(text.trim().toLowerCase())
      ? "64 hex digits, which may name a person or an event"
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
      // If no relay is named, the author's relays are the only ones to ask.
      return author && relays.length === 0 ? { ids: [id], authors: [author] } : { ids: [id] };
    }
    case "naddr": {
      const { kind, pubkey, identifier } = data;
      const filter: NostrFilter = { kinds: [kind], authors: [pubkey] };
      // Replaceable kinds have no `d` tag; their identifier here is empty (NIP-19).
      return isAddressableKind(kind) ? { ...filter, "#d": [identifier] } : filter;
    }
  }
}

function unreadable(seen: string): TypeError {
  return new TypeError(
    `Cannot read what was pasted: it must hold an npub, nprofile, note, nevent or naddr, ` +
      `or be the address of a group (host'group-id), got ${seen}`,
  );
}
