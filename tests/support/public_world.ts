/**
 * An outbox with the default policy, among relays with public names that all run on
 * loopback. It records every URL that the outbox opens or fetches.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { OutboxOptions } from "../../src/outbox_options.ts";
import type { RelayServer } from "../../testing/relay_server.ts";
import type { Draft, Signer } from "../../testing/signer.ts";
import { World } from "./outbox_world.ts";

/** The names of the relays in every world: the one with lists, and the fallback relay. */
export const INDEXER = "indexer", HUB = "hub";

/** The URL of a relay by its name. */
export const publicUrl = (name: string): string => `wss://${name}.example/`;

/** A filter for the posts of these people. */
export const postsOf = (...people: Signer[]): { kinds: number[]; authors: string[] } => ({
  kinds: [1],
  authors: people.map(({ pubkey }) => pubkey),
});

/** See the module. */
export class PublicWorld implements AsyncDisposable {
  readonly world: World;
  /** Every URL that the outbox opened, each time. */
  readonly opened: string[] = [];
  /** Every URL that the outbox fetched. */
  readonly fetched: string[] = [];
  /** The `redirect` option of each fetch, in the same order. */
  readonly redirects: (RequestRedirect | undefined)[] = [];
  /** The responses to fetches, by URL; any other URL gets a 404. */
  readonly pages: Map<string, () => Response> = new Map();
  /** The real URLs of relays outside this world, by URL. */
  readonly places: Map<string, string> = new Map();
  readonly #relays: ReadonlyMap<string, RelayServer>;

  /** @param names The names of the relays besides the {@link INDEXER} and the {@link HUB}. */
  constructor(names: readonly string[] = [], options: OutboxOptions = {}) {
    const all = [INDEXER, HUB, ...names];
    this.world = new World({
      // The last one plays every relay without a name.
      living: all.length + 1,
      open: (url, options) => {
        this.opened.push(url);
        const place = this.places.get(url) ?? (this.#at(url) ?? this.elsewhere).url;
        return this.world.socket(place, options);
      },
      options: {
        policy: {},
        indexerRelays: [publicUrl(INDEXER)],
        fallbackRelays: [publicUrl(HUB)],
        fetch: (input, init) => {
          const url = String(input);
          this.fetched.push(url);
          this.redirects.push(init?.redirect);
          return Promise.resolve(this.pages.get(url)?.() ?? new Response(null, { status: 404 }));
        },
        ...options,
      },
    });
    this.#relays = new Map(all.map((name, i) => [publicUrl(name), this.world.living[i]]));
  }

  /** Returns the relay with a name. */
  relay(name: string): RelayServer {
    return this.#at(publicUrl(name))!;
  }

  /** The relay that plays every relay without a name. */
  get elsewhere(): RelayServer {
    return this.world.living.at(-1)!;
  }

  /** Puts a person's list of these relays (kind 10002) on the indexer. */
  list(person: Signer, urls: readonly string[], draft: Draft = {}): NostrEvent {
    return this.listOf(10002, person, urls, draft);
  }

  /** Puts a person's list of another kind (NIP-17, NIP-51) on the indexer. */
  listOf(kind: number, person: Signer, urls: readonly string[], draft: Draft = {}): NostrEvent {
    const name = kind === 10002 ? "r" : "relay";
    return this.post(INDEXER, person, { kind, tags: urls.map((url) => [name, url]), ...draft });
  }

  /** Puts a person's event on a relay: by default a post whose text is the relay's name. */
  post(name: string, person: Signer, draft: Draft = {}): NostrEvent {
    const event = person.sign({ content: name, ...draft });
    this.relay(name).seed([event]);
    return event;
  }

  /** Returns the ids of the events that a query finds, sorted. */
  async find(...filters: NostrFilter[]): Promise<string[]> {
    return (await this.world.query(filters)).map(({ id }) => id).sort();
  }

  /** Waits so many milliseconds of the world's clock. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.world.clock.after(ms, resolve));
  }

  /** The URLs with a connection that is open or opening. */
  get connected(): Set<string> {
    const { opened } = this.world;
    return new Set(this.opened.filter((_, i) => opened[i].readyState < WebSocket.CLOSING));
  }

  /** The hosts of everything that was opened or fetched, each once, sorted. */
  get contacted(): string[] {
    const urls = [...this.opened, ...this.fetched];
    return [...new Set(urls.map((url) => new URL(url).host))].sort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.world[Symbol.asyncDispose]();
  }

  #at(url: string): RelayServer | undefined {
    return this.#relays.get(url);
  }
}
