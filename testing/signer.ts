/**
 * A user with a key who signs events for tests.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { finalizeEvent, getPublicKey } from "nostr-tools";

/** The fields of an event that a test sets; the others have defaults. */
export type Draft = Partial<
  Pick<NostrEvent, "kind" | "content" | "tags" | "created_at">
>;

/** A key pair made from a small number, so that a test has the same users each time. */
export class Signer {
  readonly #secret: Uint8Array;
  /** The user's public key, 64 lowercase hex characters. */
  readonly pubkey: string;

  /** @param seed An integer from 1 to 4,294,967,295. */
  constructor(seed: number) {
    this.#secret = new Uint8Array(32);
    new DataView(this.#secret.buffer).setUint32(28, seed);
    this.pubkey = getPublicKey(this.#secret);
  }

  /** A signed event: a kind 1 note at second 1,700,000,000 unless the draft says otherwise. */
  sign(draft: Draft = {}): NostrEvent {
    const template = {
      kind: 1,
      content: "",
      tags: [],
      created_at: 1_700_000_000,
      ...draft,
    };
    const { id, pubkey, created_at, kind, tags, content, sig } = finalizeEvent(
      template,
      this.#secret,
    );
    // A plain object: finalizeEvent leaves a mark that makes verification skip.
    return { id, pubkey, created_at, kind, tags, content, sig };
  }

  /** A signed kind 10002 with these relays: `both` are listed without a marker. */
  relayList(
    relays: { write?: string[]; read?: string[]; both?: string[] },
    draft: Draft = {},
  ): NostrEvent {
    const { write = [], read = [], both = [] } = relays;
    const tags = [
      ...both.map((url) => ["r", url]),
      ...write.map((url) => ["r", url, "write"]),
      ...read.map((url) => ["r", url, "read"]),
    ];
    return this.sign({ kind: 10002, tags, ...draft });
  }
}
