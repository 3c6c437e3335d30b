/**
 * An outbox with the policy that apps have by default, among relays with public names
 * that all stand on loopback; whatever it wants to open or to fetch is seen.
 *
 * @module
 */

import { NRelay1 } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { OutboxOptions } from "../../src/outbox_options.ts";
import type { RelayServer } from "../../testing/relay_server.ts";
import type { Draft, Signer } from "../../testing/signer.ts";
import { World } from "./outbox_world.ts";

/** The relays that every world has: one that has lists, and the fallback relay. */
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
  /** Every URL that was to be opened, by whoever wanted it, each time. */
  readonly opened: string[] = [];
  /** Every URL that was to be fetched. */
  readonly fetched: string[] = [];
  /** What was to be done about a redirect, in the same order. */
  readonly redirects: (RequestRedirect | undefined)[] = [];
  /** What is fetched, by URL; of others there is nothing. */
  readonly pages: Map<string, () => Response> = new Map();
  /** Where relays really are that are none of this world, by URL. */
  readonly places: Map<string, string> = new Map();
  readonly #relays: ReadonlyMap<string, RelayServer>;

  /** @param names Of the relays that there are besides the {@link INDEXER} and the {@link HUB}. */
  constructor(names: readonly string[] = [], options: OutboxOptions = {}) {
    const all = [INDEXER, HUB, ...names];
    this.world = new World({
      // The last one stands for all that have no name of their own.
      living: all.length + 1,
      open: (url, options) => {
        this.opened.push(url);
        const place = this.places.get(url) ?? (this.#at(url) ?? this.elsewhere).url;
        return new NRelay1(place, options);
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

  /** The relay of a name. */
  relay(name: string): RelayServer {
    return this.#at(publicUrl(name))!;
  }

  /** The relay that stands for all others. */
  get elsewhere(): RelayServer {
    return this.world.living.at(-1)!;
  }

  /** A list of these relays (kind 10002) by someone, at the indexer. */
  list(person: Signer, urls: readonly string[], draft: Draft = {}): NostrEvent {
    return this.listOf(10002, person, urls, draft);
  }

  /** A list of another kind (NIP-17, NIP-51) by someone, at the indexer. */
  listOf(kind: number, person: Signer, urls: readonly string[], draft: Draft = {}): NostrEvent {
    const name = kind === 10002 ? "r" : "relay";
    return this.post(INDEXER, person, { kind, tags: urls.map((url) => [name, url]), ...draft });
  }

  /** An event by someone at a relay; a post that says where it is unless the draft says otherwise. */
  post(name: string, person: Signer, draft: Draft = {}): NostrEvent {
    const event = person.sign({ content: name, ...draft });
    this.relay(name).seed([event]);
    return event;
  }

  /** The ids of what a query finds, in order. */
  async find(...filters: NostrFilter[]): Promise<string[]> {
    return (await this.world.query(filters)).map(({ id }) => id).sort();
  }

  /** Lets so many milliseconds pass, as soon as nobody talks any longer. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.world.clock.after(ms, resolve));
  }

  /** The URLs to which a connection stands, or is being made. */
  get connected(): Set<string> {
    const { opened } = this.world;
    return new Set(this.opened.filter((_, i) => opened[i].socket.readyState < WebSocket.CLOSING));
  }

  /** The hosts of all that was opened or fetched, each once, in order. */
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
