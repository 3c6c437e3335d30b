/**
 * Makes a filter of what a user typed or pasted.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { filterOf } from "./hints/filter_of.ts";
import { findNip05 } from "./hints/find_nip05.ts";
import type { Hint } from "./hints/hint.ts";
import { parseNip05Address } from "./hints/nip05_address.ts";
import { nip05Hints } from "./hints/nip05_document.ts";
import { hintsOf } from "./hints/attached_hints.ts";
import { holdsSecret } from "./nostr/holds_secret.ts";
import { pointerIn } from "./nostr/nip19_text.ts";
import type { OutboxSettings } from "./outbox_settings.ts";

/** See `Outbox.find`. Calls `onHints` with the relays that the text names. */
export async function findFilter(
  text: string,
  onHints: (hints: Iterable<Hint>) => void,
  { fetch, shared: { clock }, policy }: Pick<OutboxSettings, "fetch" | "shared" | "policy">,
  signal?: AbortSignal,
): Promise<NostrFilter> {
  signal?.throwIfAborted();
  if (!isAddress(text)) {
    const filter = filterOf(text);
    onHints(hintsOf([filter]));
    return filter;
  }
  const person = await findNip05(text, { fetch, clock, signal, allowLocal: policy?.allowLocal });
  onHints(nip05Hints.read(person));
  return { authors: [person.pubkey] };
}

/**
 * Whether a text is an internet identifier (NIP-05). No domain may learn of a secret. A code after
 * a bare `@` is no domain.
 */
function isAddress(text: string): boolean {
  if (typeof text !== "string" || holdsSecret(text)) return false;
  const address = parseNip05Address(text);
  return address !== undefined && (address.name !== "" || pointerIn(text) === undefined);
}
