/**
 * Finds NIP-19 codes in text, as users paste them.
 *
 * @module
 */

import { decode, type DecodedResult } from "nostr-tools/nip19";
import { isPubkey } from "./pubkeys.ts";

/** A person, an event or an address (NIP-19); never a secret key. */
export type Pointer = Exclude<DecodedResult, { type: "nsec" }>;

/** Most characters of a text that is searched; a code has at most 5,000. */
const MAX_TEXT_LENGTH = 10_000;

const CODE = /\b(?:npub|nprofile|note|nevent|naddr)1[02-9ac-hj-np-z]{6,}\b/gi;

/** A URI of NIP-21; longer codes than any valid one are cut, and so are not valid. */
const URI = /\bnostr:(?:npub|nprofile|note|nevent|naddr)1[02-9ac-hj-np-z]{6,5000}\b/gi;

/**
 * The first valid `npub`, `nprofile`, `note`, `nevent` or `naddr` in a text.
 *
 * The code may stand alone, after `nostr:`, between white space, or in a link.
 *
 * @returns `undefined` if there is none, or the text has more than 10,000 characters.
 */
export function pointerIn(text: string): Pointer | undefined {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  for (const [code] of text.matchAll(CODE)) {
    const pointer = pointerOf(code);
    if (pointer) return pointer;
  }
  return undefined;
}

/**
 * The people, events and addresses in the `nostr:` URIs of a text (NIP-27), in their order.
 *
 * @param most Most codes that are looked at, valid or not.
 */
export function pointersIn(text: string, most: number): Pointer[] {
  const pointers: Pointer[] = [];
  for (const [uri] of text.matchAll(URI)) {
    if (most-- === 0) break;
    const pointer = pointerOf(uri.slice("nostr:".length));
    if (pointer) pointers.push(pointer);
  }
  return pointers;
}

function pointerOf(code: string): Pointer | undefined {
  try {
    const pointer = decode(code) as Pointer;
    // `decode()` accepts `npub` and `note` of any length.
    return typeof pointer.data !== "string" || isPubkey(pointer.data) ? pointer : undefined;
  } catch {
    // A typo, or a part of a code.
    return undefined;
  }
}
