/**
 * Reads whom a user means: an npub, an nprofile, a public key in hex or a name at a domain.
 *
 * @module
 */

import { parseNip05Address } from "../hints/nip05_address.ts";
import { pointerIn } from "../nostr/nip19_text.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import type { Outbox } from "../outbox.ts";
import { UsageError } from "./usage_error.ts";

/** Whom a text names: by a key, or by a name that is looked up over HTTPS (NIP-05). */
export type Who =
  & { readonly text: string }
  & (
    | { readonly pubkey: string }
    | { readonly address: string }
  );

/** Most characters of a text that an error shows. */
const MAX_SHOWN = 20;

/**
 * Reads whom a text names, without looking anything up.
 *
 * @throws {UsageError} If it names nobody.
 */
export function parseWho(text: string): Who {
  const value = text.trim();
  const hex = value.toLowerCase();
  if (isPubkey(hex)) return { text: value, pubkey: hex };
  const pointer = pointerIn(value);
  if (pointer?.type === "npub") return { text: value, pubkey: pointer.data };
  if (pointer?.type === "nprofile") return { text: value, pubkey: pointer.data.pubkey };
  if (pointer) {
    throw new UsageError(
      `Cannot use a code of an event (${pointer.type}) for a person: ${RULE}, got ${shown(value)}`,
    );
  }
  const address = parseNip05Address(value);
  if (address) return { text: value, address: `${address.name}@${address.domain}` };
  throw new UsageError(`Cannot tell who is meant: ${RULE}, got ${shown(value)}`);
}

const RULE = "it must be an npub, an nprofile, a public key in hex or name@domain";

function shown(text: string): string {
  return `"${text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text}"`;
}

/**
 * The public key of whom a text names. The relays that an nprofile or the domain names count as
 * hints from then on.
 *
 * @throws {Error} If the domain does not answer, or does not know the name.
 */
export async function findWho(
  who: Who,
  outbox: Pick<Outbox, "find">,
  signal: AbortSignal,
): Promise<string> {
  if ("pubkey" in who && isPubkey(who.text.toLowerCase())) return who.pubkey;
  const { authors } = await outbox.find("address" in who ? who.address : who.text, { signal });
  return "pubkey" in who ? who.pubkey : authors![0];
}
