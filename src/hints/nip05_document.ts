/**
 * Reads the document behind an internet identifier (NIP-05), and its hints.
 *
 * @module
 */

import { objectOf } from "../base/parse_json.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import type { HintReader } from "./hint.ts";
import { HintList } from "./hint_list.ts";

/** The person behind an internet identifier. */
export interface Nip05Person {
  /** 64 lowercase hex characters. */
  readonly pubkey: string;
  /** The person's relays, as the document names them; at most 8. */
  readonly relays: readonly string[];
}

/** Reads the relays of a person who was looked up. */
export const nip05Hints: HintReader<Nip05Person> = {
  source: "nip05",
  read({ pubkey, relays }) {
    const hints = new HintList("nip05");
    for (const url of relays) hints.addPerson(pubkey, url);
    return hints.all();
  },
};

/**
 * Finds the person that a document names.
 *
 * @param document The parsed JSON, whatever it is.
 * @param name The local part of the identifier, in lower case. An entry in another case
 * counts if none is in lower case.
 * @returns `undefined` if there is no such entry, or its pubkey is not lowercase hex.
 */
export function nip05Person(document: unknown, name: string): Nip05Person | undefined {
  const names = Object.entries(objectOf(objectOf(document).names));
  const [, pubkey] = names.find(([spelled]) => spelled === name) ??
    names.find(([spelled]) => spelled.toLowerCase() === name) ?? [];
  if (!isPubkey(pubkey)) return undefined;
  const listed = objectOf(objectOf(document).relays)[pubkey];
  const relays = Array.isArray(listed) ? listed : [];
  return { pubkey, relays: nip05Hints.read({ pubkey, relays }).flatMap(({ url = [] }) => url) };
}
