/**
 * Reads the private entries of a user's own lists (NIP-51): tags that the user encrypted to
 * themselves in the content.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { parseJson } from "../base/parse_json.ts";

/** Decrypts what somebody wrote. */
export interface Decrypter {
  /** Resolves with the plain text. */
  decrypt(pubkey: string, text: string): Promise<string>;
}

/** The part of a signer that decrypts private entries. */
export interface UserSigner {
  /** NIP-44, which encrypts lists today. */
  readonly nip44?: Decrypter;
  /** NIP-04, which encrypted old lists. */
  readonly nip04?: Decrypter;
}

/** Calls a signer once for each version of each kind of list, whatever it answers. */
export class PrivateEntries {
  readonly #signer: UserSigner;
  readonly #onError: (error: Error) => void;
  /** The last version of each kind. */
  readonly #last = new Map<number, { readonly id: string; readonly tags: Promise<string[][]> }>();

  constructor(signer: UserSigner, onError: (error: Error) => void) {
    this.#signer = signer;
    this.#onError = onError;
  }

  /**
   * The private tags of the user's own event. Never rejects: if the content cannot be
   * decrypted or read, calls `onError` and resolves with no tags.
   */
  of(event: NostrEvent): Promise<string[][]> {
    const last = this.#last.get(event.kind);
    if (last?.id === event.id) return last.tags;
    const tags = this.#decrypt(event).catch((cause) => {
      const what = `the private entries of event ${event.id}, of kind ${event.kind}`;
      this.#onError(new Error(`Cannot read ${what}`, { cause }));
      return [];
    });
    this.#last.set(event.kind, { id: event.id, tags });
    return tags;
  }

  async #decrypt({ pubkey, content }: NostrEvent): Promise<string[][]> {
    const nip = content.includes("?iv=") ? "nip04" : "nip44";
    const decrypter = this.#signer[nip];
    if (!decrypter) throw new TypeError(`The signer must have "${nip}", got undefined`);
    const tags = parseJson(await decrypter.decrypt(pubkey, content));
    // The plain text is private: no error may show it.
    if (!Array.isArray(tags)) {
      throw new TypeError(`Private entries must be an array of tags, got ${typeof tags}`);
    }
    return tags;
  }
}
