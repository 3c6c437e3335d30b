/**
 * Finds people and relays by what somebody types. Pure.
 *
 * @module
 */

import { pointerIn } from "../../nostr/nip19_text.ts";
import type { ExplorerData } from "../explorer_data.ts";
import { host, npub } from "./format.ts";

/** A person or a relay, by index. */
export type Match = { readonly person: number } | { readonly relay: number };

/** Text as it is compared: without case and accents. */
function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Searches the people and relays of some data. */
export class MatchFinder {
  readonly #data: ExplorerData;
  readonly #names: readonly string[];
  #npubs: readonly string[] | undefined;

  constructor(data: ExplorerData) {
    this.#data = data;
    this.#names = data.people.map(({ name = "" }) => folded(name));
  }

  /**
   * People by a part of the name, by the key or its beginning (hex or `npub`), or by a code that
   * names them; and relays by a part of the URL. What begins with the text comes first.
   */
  find(text: string, max: number): Match[] {
    const wanted = folded(text.trim());
    if (wanted === "") return [];
    const { people, relays } = this.#data;
    const pasted = pubkeyIn(text);
    const key = pasted ?? wanted;
    const first: Match[] = [], others: Match[] = [];
    for (const [person, { pubkey }] of people.entries()) {
      const at = this.#names[person].indexOf(wanted);
      const isKey = pubkey.startsWith(key) ||
        wanted.startsWith("npub1") && this.#npub(person).startsWith(wanted);
      if (at === 0 || isKey) first.push({ person });
      else if (at > 0) others.push({ person });
    }
    for (const [relay, { url }] of relays.entries()) {
      const at = host(url).indexOf(wanted);
      if (at === 0 || url === text.trim()) first.push({ relay });
      else if (at > 0) others.push({ relay });
    }
    return [...first, ...others].slice(0, max);
  }

  #npub(person: number): string {
    this.#npubs ??= this.#data.people.map(({ pubkey }) => npub(pubkey));
    return this.#npubs[person];
  }
}

/** The person whom a pasted code names. */
function pubkeyIn(text: string): string | undefined {
  const pointer = pointerIn(text);
  if (pointer?.type === "npub") return pointer.data;
  if (pointer?.type === "nprofile" || pointer?.type === "naddr") return pointer.data.pubkey;
  return pointer?.type === "nevent" ? pointer.data.author : undefined;
}
