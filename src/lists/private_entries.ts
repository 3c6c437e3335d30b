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

/** The part of a signer that decrypts private entries, and signs in to relays. */
export interface UserSigner {
  /**
   * Signs the answer to a relay's challenge (NIP-42), if the option `auth` allows that.
   * @default nobody signs in as the user
   */
  signEvent?(event: Omit<NostrEvent, "id" | "pubkey" | "sig">): Promise<NostrEvent>;
  /** NIP-44, which encrypts lists today. */
  readonly nip44?: Decrypter;
  /** NIP-04, which encrypted old lists. */
  readonly nip04?: Decrypter;
}

/** The signer failed: it may answer when it is asked again. */
class SignerError extends Error {}

/** Calls a signer once for each version of each kind of list, and again only if it failed. */
export class PrivateEntries {
  readonly #signer: UserSigner;
  readonly #onError: (error: Error) => void;
  /** The last version of each kind. */
  readonly #last = new Map<number, { readonly id: string; readonly tags: Promise<Tags> }>();
  /** The version of each kind for which a failure was reported. */
  readonly #reported = new Map<number, string>();

  constructor(signer: UserSigner, onError: (error: Error) => void) {
    this.#signer = signer;
    this.#onError = onError;
  }

  /**
   * The private tags of the user's own event: none if what it holds cannot be read, and
   * `undefined` if the signer failed, which is asked again then. Never rejects: calls `onError`,
   * once for each version.
   */
  of(event: NostrEvent): Promise<Tags> {
    const { id, kind } = event;
    const last = this.#last.get(kind);
    if (last?.id === id) return last.tags;
    const tags = this.#decrypt(event).catch((error: Error) => {
      const hasFailed = error instanceof SignerError;
      if (hasFailed && this.#last.get(kind)?.tags === tags) this.forget(kind);
      if (this.#reported.get(kind) !== id) {
        this.#reported.set(kind, id);
        const what = `the private entries of event ${id}, of kind ${kind}`;
        const cause = hasFailed ? error.cause : error;
        this.#onError(new Error(`Cannot read ${what}`, { cause }));
      }
      return hasFailed ? undefined : [];
    });
    this.#last.set(kind, { id, tags });
    return tags;
  }

  /** Asks the signer anew the next time, also where it has not answered yet. */
  forget(kind: number): void {
    this.#last.delete(kind);
  }

  async #decrypt({ pubkey, content }: NostrEvent): Promise<string[][]> {
    const nip = content.includes("?iv=") ? "nip04" : "nip44";
    const tags = parseJson(await this.#ask(nip, pubkey, content));
    // The plain text is private: no error may show it.
    if (!Array.isArray(tags)) {
      throw new TypeError(`Private entries must be an array of tags, got ${typeof tags}`);
    }
    return tags;
  }

  async #ask(nip: "nip04" | "nip44", pubkey: string, content: string): Promise<string> {
    try {
      const decrypter = this.#signer[nip];
      if (!decrypter) throw new TypeError(`The signer must have "${nip}", got undefined`);
      return await decrypter.decrypt(pubkey, content);
    } catch (cause) {
      throw new SignerError("The signer failed", { cause });
    }
  }
}

type Tags = string[][] | undefined;
