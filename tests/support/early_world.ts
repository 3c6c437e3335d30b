/**
 * An outbox that knows some of its people's relay lists, and finds others at an indexer which takes
 * its time. No sockets, virtual time.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import * as fc from "fast-check";
import type { OutboxOptions } from "../../src/outbox_options.ts";
import { found, ScriptedNetwork } from "../../testing/scripted_network.ts";
import { Signer } from "../../testing/signer.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { scriptedOutbox } from "./scripted_outbox.ts";

/** What a world is made of; indexes point to people and relays. */
export interface EarlyPlot {
  /** The relays of each person, whether the indexer has that list, and whether it is known. */
  readonly people: readonly { relays: readonly number[]; at: "nowhere" | "indexer" | "store" }[];
  /** How long each relay takes, in milliseconds; a dead one refuses connections. */
  readonly relays: readonly { ms: number; isDead: boolean }[];
  /** Who wrote, and which of all relays have it; the last ones are the fallback relays. */
  readonly posts: readonly { author: number; at: readonly number[] }[];
  /** How long the indexer takes, in milliseconds. */
  readonly indexerMs: number;
  readonly maxRelays: number;
  readonly filter: NostrFilter;
}

const PEOPLE = 6, RELAYS = 5;
/** The relays, of which the last two are the fallback relays. */
const ALL_RELAYS = RELAYS + 2;
const signers = Array.from({ length: PEOPLE }, (_, i) => new Signer(i + 1));
export const INDEXERS: readonly string[] = ["wss://list0.example/", "wss://list1.example/"];
/** The URL of a relay. */
export const urlOf = (index: number): string => `wss://r${index}.example/`;
/** The fallback relays. */
export const HUBS: readonly string[] = [urlOf(RELAYS), urlOf(RELAYS + 1)];

/** Any plot. */
export const earlyPlot: fc.Arbitrary<EarlyPlot> = fc.record({
  people: fc.array(
    fc.record({
      relays: fc.uniqueArray(fc.nat(ALL_RELAYS - 1), { minLength: 1, maxLength: 3 }),
      at: fc.constantFrom(
        "nowhere" as const,
        "indexer" as const,
        "indexer" as const,
        "store" as const,
      ),
    }),
    { minLength: 1, maxLength: PEOPLE },
  ),
  relays: fc.array(
    fc.record({
      ms: fc.constantFrom(0, 50, 700, 2_500),
      isDead: fc.integer({ min: 0, max: 5 }).map((one) => one === 0),
    }),
    { minLength: ALL_RELAYS, maxLength: ALL_RELAYS },
  ),
  posts: fc.array(
    fc.record({
      author: fc.nat(PEOPLE - 1),
      at: fc.uniqueArray(fc.nat(ALL_RELAYS - 1), { minLength: 1, maxLength: 4 }),
    }),
    { maxLength: 15 },
  ),
  indexerMs: fc.constantFrom(20, 400, 1_400, 2_900, 60_000),
  maxRelays: fc.constantFrom(3, 4, 20),
  filter: fc.constantFrom<NostrFilter>({ kinds: [1] }, { kinds: [1], since: 5 }, {}),
});

/** See the module. */
export class EarlyWorld {
  readonly network: ScriptedNetwork = new ScriptedNetwork();
  readonly world: ReturnType<typeof scriptedOutbox>;
  readonly plot: EarlyPlot;
  /** The posts of each relay. */
  readonly posts: ReadonlyMap<string, readonly NostrEvent[]>;
  /** The most relays with a REQ for posts at one moment. */
  mostRelays = 0;

  constructor(plot: EarlyPlot, options: OutboxOptions = {}) {
    this.plot = plot;
    const posts = plot.posts.map(({ author }, i) =>
      signers[author].sign({ content: `${i}`, created_at: START - i })
    );
    this.posts = new Map(plot.relays.map((_, index) => [
      urlOf(index),
      posts.filter((_, i) => plot.posts[i].at.includes(index)),
    ]));
    const { network } = this;
    for (const [index, { ms, isDead }] of plot.relays.entries()) {
      const held = this.posts.get(urlOf(index))!;
      network.scripts.set(urlOf(index), {
        connect: isDead ? "fail" : "open",
        onReq: (req) => {
          this.#count();
          void network.clock.after(ms, () => req.send(...found(held, req.filters)).eose());
        },
      });
    }
    const lists = plot.people.flatMap(({ at }, i) => at === "indexer" ? this.#list(i) : []);
    for (const url of INDEXERS) {
      network.scripts.set(url, {
        onReq: (req) =>
          void network.clock.after(
            plot.indexerMs,
            () => req.send(...found(lists, req.filters)).eose(),
          ),
      });
    }
    this.world = scriptedOutbox(network, {
      indexerRelays: INDEXERS,
      fallbackRelays: HUBS,
      maxRelays: plot.maxRelays,
      verifyEvent: () => true,
      ...options,
    });
  }

  /** The filter for everybody's posts. */
  get filter(): NostrFilter {
    return { ...this.plot.filter, authors: this.plot.people.map((_, i) => signers[i].pubkey) };
  }

  /** Stores the lists that are known. */
  async begin(): Promise<void> {
    for (const [i, { at }] of this.plot.people.entries()) {
      if (at === "store") await this.world.outbox.store.event(this.#list(i));
    }
  }

  /** The milliseconds since the start. */
  get now(): number {
    return this.network.clock.now() - START * 1000;
  }

  /** Asks all relays of a request, as a pool does, up to the last EOSE. */
  async read(filter = this.filter) {
    const { outbox } = this.world;
    const controller = new AbortController();
    const events: NostrEvent[] = [];
    let routes: ReadonlyMap<string, NostrFilter[]> | undefined;
    let eoseAt: number | undefined, firstAt: number | undefined;
    const reading = (async () => {
      routes = await outbox.reqRouter([filter], controller);
      let left = routes.size;
      await Promise.all([...routes].map(async ([url, filters]) => {
        for await (const [verb, , event] of outbox.open(url).req(filters, controller)) {
          if (verb === "EVENT") firstAt ??= this.now;
          if (verb === "EVENT") events.push(event);
          if (verb === "EOSE" && --left === 0) eoseAt = this.now;
        }
      }));
    })();
    for (let i = 0; i < 800 && eoseAt === undefined; i++) await this.network.clock.advance(50);
    const relays = routes ?? new Map<string, NostrFilter[]>();
    return {
      events,
      eoseAt,
      firstAt,
      routes: relays,
      async end() {
        controller.abort();
        await settled();
        await Promise.allSettled([reading]);
      },
    };
  }

  #list(i: number): NostrEvent {
    const both = this.plot.people[i].relays.map(urlOf);
    return signers[i].relayList({ both }, { created_at: START - 1_000 });
  }

  #count(): void {
    const asking = this.network.live.filter(({ filters }) => !isListReq(filters));
    const urls = this.network.relays.filter(({ live }) => live.some((req) => asking.includes(req)))
      .map(({ url }) => url);
    this.mostRelays = Math.max(this.mostRelays, new Set(urls).size);
  }
}

/** Whether a REQ is for relay lists. */
function isListReq(filters: readonly NostrFilter[]): boolean {
  return filters.every(({ kinds }) => kinds?.every((kind) => kind >= 10_000) === true);
}
