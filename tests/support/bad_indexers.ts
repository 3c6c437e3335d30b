/**
 * Indexers that answer as they like.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { OutboxOptions } from "../../src/outbox_options.ts";
import type { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { INDEXER, publicUrl, PublicWorld } from "./public_world.ts";

/** When genuine lists are from, in Unix seconds. */
const NOW = 1_700_000_000;
/** The relay where people are, and the one where forged lists say that they are. */
export const GOOD: string = publicUrl("good"), EVIL: string = publicUrl("evil");
/** Somebody who writes lists of others. */
export const stranger: Signer = new Signer(66);

/** A network in which indexers are named `indexer`, `second` and `third`. */
export function network(options: OutboxOptions = {}): PublicWorld {
  const indexerRelays = [INDEXER, "second", "third"].map(publicUrl);
  return new PublicWorld(["good", "evil", "second", "third"], { indexerRelays, ...options });
}

/** Has a relay answer each REQ with `say`, and with EOSE after it if `say` returns `true`. */
export function answering(
  relay: RelayServer,
  say: (filters: NostrFilter[], send: (event: unknown) => void) => boolean,
): void {
  relay.options.intercept = ([verb, id, ...filters], connection) => {
    if (verb !== "REQ") return false;
    const send = (event: unknown) => connection.send(["EVENT", id, event]);
    if (say(filters as NostrFilter[], send)) connection.send(["EOSE", id]);
    return true;
  };
}

/** Every kind of false event that an indexer can send about somebody. */
export function liesAbout(person: Signer): unknown[] {
  const evil = (draft = {}) =>
    stranger.relayList({ both: [EVIL] }, { created_at: NOW + 60, ...draft });
  const genuine = person.relayList({ both: [GOOD] });
  return [
    // Forged: another's signature, another's id, the genuine signature on other tags.
    { ...evil(), pubkey: person.pubkey },
    { ...genuine, tags: [["r", EVIL]] },
    { ...genuine, tags: [["r", EVIL]], created_at: NOW + 60 },
    { ...genuine, created_at: NOW + 60 },
    { ...evil(), pubkey: person.pubkey, id: genuine.id },
    // Other people's events, other kinds, and events that name somebody who did not sign them.
    evil(),
    evil({ kind: 10050, tags: [["relay", EVIL], ["p", person.pubkey]] }),
    stranger.sign({ kind: 5, tags: [["a", `10002:${person.pubkey}:`], ["e", genuine.id]] }),
    { ...stranger.sign({ kind: 62, tags: [["relay", "ALL_RELAYS"]] }), pubkey: person.pubkey },
    {
      ...stranger.sign({ kind: 5, tags: [["a", `10002:${person.pubkey}:`]] }),
      pubkey: person.pubkey,
    },
    person.sign({ kind: 1, tags: [["r", EVIL]], created_at: NOW + 60 }),
    person.sign({ kind: 30002, tags: [["r", EVIL], ["d", "10002"]], created_at: NOW + 60 }),
    // One from a year ahead.
    person.relayList({ both: [EVIL] }, { created_at: NOW + 31_536_000 }),
    // Not an event.
    null,
    7,
    "list",
    {},
    { ...genuine, tags: "r" },
    { ...genuine, tags: [["r", { toString: 1 }]] },
    { ...genuine, created_at: 1e300 },
    { ...genuine, kind: "10002" },
    { ...genuine, pubkey: [person.pubkey] },
  ];
}
