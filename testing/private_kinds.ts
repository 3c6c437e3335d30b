/**
 * What a relay does that shows private kinds to their recipients alone, after a sign-in
 * (NIP-42), as strfry will by default.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { verifyEvent } from "nostr-tools";
import type { RelayConnection } from "./client_connection.ts";

const PRIVATE_KINDS: readonly number[] = [4, 1059];

/** Whether a REQ asks for private kinds alone. */
export function asksForPrivateKinds(filters: readonly NostrFilter[]): boolean {
  return filters.every(({ kinds = [] }) =>
    kinds.length > 0 && kinds.every((kind) => PRIVATE_KINDS.includes(kind))
  );
}

/** Whether somebody who is signed in as these may see an event. */
export function maySee({ kind, pubkey, tags }: NostrEvent, pubkeys: ReadonlySet<string>): boolean {
  if (!PRIVATE_KINDS.includes(kind)) return true;
  const tagged = tags.some(([name, value]) => name === "p" && pubkeys.has(value));
  return tagged || kind === 4 && pubkeys.has(pubkey);
}

/** Takes the answer to a challenge; returns why it is refused, `""` if it is not. */
export function signIn(event: NostrEvent, connection: RelayConnection, url: string): string {
  const valueOf = (tag: string) => event.tags.find(([name]) => name === tag)?.[1];
  if (event.kind !== 22242) return "invalid: not of kind 22242";
  if (valueOf("challenge") !== connection.challenge) return "invalid: another challenge";
  if (valueOf("relay") !== url) return "invalid: another relay";
  if (!verifyEvent({ ...event })) return "invalid: the signature is wrong";
  connection.pubkeys.add(event.pubkey);
  return "";
}
