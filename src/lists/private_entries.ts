/**
 * The private entries of a user's own lists (NIP-51): tags that are encrypted to
 * oneself in the content.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { parseJson } from "../base/parse_json.ts";

/** Decrypts what somebody wrote. */
export interface Decrypter {
  /** The text in clear. */
  decrypt(pubkey: string, text: string): Promise<string>;
}

/** What reading private entries takes of a signer. */
export interface UserSigner {
  /** NIP-44, by which lists are encrypted. */
  readonly nip44?: Decrypter;
  /** NIP-04, by which old ones are. */
  readonly nip04?: Decrypter;
}

/** Asks a signer once for each version of each kind of list, whatever it answers. */
export class PrivateEntries {
  readonly #signer: UserSigner;
  readonly #onError: (error: Error) => void;
  /** The last version of each kind. */
  readonly #read = new Map<number, { readonly id: string; readonly tags: Promise<string[][]> }>();

  constructor(signer: UserSigner, onError: (error: Error) => void) {
    this.#signer = signer;
    this.#onError = onError;
  }

  /**
   * The private tags of the user's own event. Never rejects: what cannot be decrypted
   * or read is told, and has none.
   */
  of(event: NostrEvent): Promise<string[][]> {
    const known = this.#read.get(event.kind);
    if (known?.id === event.id) return known.tags;
    const tags = this.#decrypt(event).catch((cause) => {
      const what = `the private entries of event ${event.id}, of kind ${event.kind}`;
      this.#onError(new Error(`Cannot read ${what}`, { cause }));
      return [];
    });
    this.#read.set(event.kind, { id: event.id, tags });
    return tags;
  }

  async #decrypt({ pubkey, content }: NostrEvent): Promise<string[][]> {
    const nip = content.includes("?iv=") ? "nip04" : "nip44";
    const decrypter = this.#signer[nip];
    if (!decrypter) throw new TypeError(`The signer must have "${nip}", which it has not`);
    // What is private is not to stand in an error.
    const tags = parseJson(await decrypter.decrypt(pubkey, content));
    if (!Array.isArray(tags)) {
      throw new TypeError(`They must be a list of tags, got ${typeof tags}`);
    }
    return tags;
  }
}
