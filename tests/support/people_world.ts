/**
 * A network in which an outbox knows nobody yet: an indexer, a big relay, and the
 * relays of a few people.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { OutboxOptions } from "../../src/outbox_options.ts";
import type { RelayServer } from "../../testing/relay_server.ts";
import type { Draft, Signer } from "../../testing/signer.ts";
import { World } from "./outbox_world.ts";

/** See the module. */
export class PeopleWorld implements AsyncDisposable {
  readonly world: World;
  /** The relay with the lists that {@link PeopleWorld.list} makes. */
  readonly indexer: RelayServer;
  /** The fallback relay. */
  readonly hub: RelayServer;
  /** All other relays. */
  readonly relays: readonly RelayServer[];

  /** @param relays How many relays there are besides the indexer and the hub. */
  constructor(relays: number, options: OutboxOptions = {}) {
    this.world = new World({
      living: 2 + relays,
      options: ([indexer, hub]) => ({
        indexerRelays: [indexer.url],
        fallbackRelays: [hub.url],
        relayInfo: false,
        ...options,
      }),
    });
    [this.indexer, this.hub, ...this.relays] = this.world.living;
  }

  /** Puts a person's list of these relays on the indexer. */
  list(person: Signer, relays: readonly RelayServer[], draft: Draft = {}): NostrEvent {
    const list = person.relayList({ both: relays.map(({ url }) => url) }, draft);
    this.indexer.seed([list]);
    return list;
  }

  /** Puts a person's list of another kind (NIP-17, NIP-51) on the indexer. */
  listOf(kind: number, person: Signer, relays: readonly RelayServer[], draft: Draft = {}) {
    const tags = relays.map(({ url }) => ["relay", url]);
    const list = person.sign({ kind, tags, ...draft });
    this.indexer.seed([list]);
    return list;
  }

  /** Puts a person's post on one relay. */
  post(person: Signer, relay: RelayServer, draft: Draft = {}): NostrEvent {
    const post = person.sign({ content: `${relay.url}`, ...draft });
    relay.seed([post]);
    return post;
  }

  /** Returns the ids of the events that a query finds, sorted. */
  async find(...filters: NostrFilter[]): Promise<string[]> {
    return (await this.world.query(filters)).map(({ id }) => id).sort();
  }

  /** Waits so many milliseconds. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.world.clock.after(ms, resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.world[Symbol.asyncDispose]();
  }
}
