/**
 * Which subjects of a request an event is an answer for.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isReplaceableKind } from "nostr-tools/kinds";
import { DRAFT_KIND, GIFT_WRAP_KINDS } from "../nostr/kinds.ts";
import type { Role } from "../nostr/relay_knowledge.ts";

/** The subjects that an event answers for in a role, each once. */
export function eventSubjects(event: NostrEvent, role: Role): Iterable<string> {
  const { id, kind, pubkey } = event;
  switch (role) {
    case "write":
      return [pubkey];
    case "index":
      return isReplaceableKind(kind) ? [pubkey] : [];
    case "private":
      return kind === DRAFT_KIND ? [pubkey] : [];
    case "dm":
      return GIFT_WRAP_KINDS.includes(kind) ? tagged(event, "p") : [];
    case "read":
      // Gift wraps are looked for in another role, and need not be on these relays.
      return tagged(event, GIFT_WRAP_KINDS.includes(kind) ? "P" : "pP");
    case "id":
      return [id];
    case "thread":
      return tagged(event, "eEqaA");
    case "group":
      return tagged(event, "h");
    case "given":
      return new Set([id, pubkey, ...tagged(event, "pPeEqaA")]);
  }
}

/** The subjects that tags of these names, a letter each, name. */
function tagged({ tags }: NostrEvent, names: string): Set<string> {
  const found = new Set<string>();
  for (const [name, value = ""] of tags) {
    if (name?.length !== 1 || !names.includes(name)) continue;
    found.add(value);
  }
  return found;
}
