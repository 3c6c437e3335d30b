/**
 * Signatures in WebAssembly, several times as fast as the default: an app that reads
 * much brings them, and they sign the worlds of the benchmarks.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { finalizeEvent, setNostrWasm, verifyEvent } from "nostr-tools/wasm";
import { initNostrWasm } from "nostr-wasm";
import { createRandom } from "../testing/random.ts";

/** Await it before any other use of this module. */
export async function loadWasm(): Promise<void> {
  setNostrWasm(await initNostrWasm());
}

/** Whether id and signature are right. */
export function verify(event: NostrEvent): boolean {
  return verifyEvent(event);
}

/** What an event is made of. */
export type Draft = Pick<NostrEvent, "kind" | "created_at" | "tags" | "content">;

/** Somebody who signs; the same number is the same person on every machine. */
export function signer(number: number): (draft: Draft) => NostrEvent {
  const random = createRandom(number);
  const key = Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));
  return (draft) => {
    const { id, pubkey, sig } = finalizeEvent(draft, key);
    return { ...draft, id, pubkey, sig };
  };
}
