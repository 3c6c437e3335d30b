/**
 * Finds what a text points to: the codes of NIP-19 as users paste them.
 *
 * @module
 */

import { decode, type DecodedResult } from "nostr-tools/nip19";
import { isPubkey } from "./pubkeys.ts";

/** A person, an event or an address (NIP-19); never a secret key. */
export type Pointer = Exclude<DecodedResult, { type: "nsec" }>;

/** Longest text that is looked through; a code has at most 5,000 characters. */
const MAX_LENGTH = 10_000;

const CODE = /\b(?:npub|nprofile|note|nevent|naddr)1[02-9ac-hj-np-z]{6,}\b/gi;

/**
 * The first valid `npub`, `nprofile`, `note`, `nevent` or `naddr` in a text.
 *
 * It may stand alone, after `nostr:`, between white space or in a link.
 *
 * @returns `undefined` if there is none, or the text has more than 10,000 characters.
 */
export function pointerIn(text: string): Pointer | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  for (const [code] of text.matchAll(CODE)) {
    const pointer = pointerOf(code);
    if (pointer) return pointer;
  }
  return undefined;
}

/** Whether a text holds a secret key, spelled rightly or not: no code has `1` inside. */
export function holdsSecret(text: string): boolean {
  return /n(?:crypt)?sec1/i.test(text);
}

function pointerOf(code: string): Pointer | undefined {
  try {
    const pointer = decode(code) as Pointer;
    // `npub` and `note` of any length are decoded.
    return typeof pointer.data !== "string" || isPubkey(pointer.data) ? pointer : undefined;
  } catch {
    // A typo, or half of a code.
    return undefined;
  }
}
