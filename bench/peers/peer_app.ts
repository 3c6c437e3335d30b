/**
 * What the simulated apps of others have in common: connections, known relay lists, a
 * timeline that is shown page by page, and requests that are gathered for a moment.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { AsyncQueue } from "../../src/base/async_queue.ts";
import { newestFirst } from "../../testing/event_index.ts";
import type { ScreenNetwork } from "../screens_network.ts";
import type { ScreenSetting } from "../screens_client.ts";
import { PeerPool } from "./peer_pool.ts";

/** Called with events as they come. */
export type Show = (event: NostrEvent) => void;

/** The filters for each relay. */
export type Routes = ReadonlyMap<string, readonly NostrFilter[]>;

/** The base of each app. */
export class PeerApp {
  protected readonly network: ScreenNetwork;
  protected readonly pool: PeerPool;
  protected readonly random: () => number;
  /** The relays in the app's settings, and its indexers. */
  protected readonly big: readonly string[];
  protected readonly indexers: readonly string[];

  constructor({ network, random, bigRelays }: ScreenSetting) {
    this.network = network;
    this.random = random;
    this.pool = new PeerPool(network);
    this.big = bigRelays;
    this.indexers = network.screens.indexers;
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  /** The relays of somebody's list; none without a list. */
  protected relaysOf(pubkey: string, role: "write" | "read"): readonly string[] {
    return this.network.world.lists.get(pubkey)?.[role] ?? [];
  }

  protected wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.network.clock.after(ms, resolve));
  }

  /** The different events that something shows, until it is done. */
  protected async *stream(run: (show: Show) => Promise<unknown>): AsyncGenerator<NostrEvent> {
    const queue = new AsyncQueue<NostrEvent>();
    const ids = new Set<string>();
    const done = run((event) => {
      if (ids.has(event.id)) return;
      ids.add(event.id);
      queue.push(event);
    }).finally(() => queue.close());
    yield* queue.read(new AbortController().signal);
    await done;
  }

  /**
   * Gathers calls for some milliseconds, and makes one of them; each call resolves with what
   * that one resolves to.
   */
  protected batch<T, R>(ms: number, run: (items: T[]) => Promise<R>): (item: T) => Promise<R> {
    let items: T[] = [];
    let pending: Promise<R> | undefined;
    return (item) => {
      items.push(item);
      pending ??= this.wait(ms).then(() => {
        const some = items;
        items = [];
        pending = undefined;
        return run(some);
      });
      return pending;
    };
  }
}

/** Events in the order in which an app shows them, each once. */
export class Timeline {
  readonly #known = new Map<string, NostrEvent>();
  readonly #shown = new Set<string>();

  /** Adds an event; `false` if it is known. */
  add(event: NostrEvent): boolean {
    if (this.#known.has(event.id)) return false;
    this.#known.set(event.id, event);
    return true;
  }

  /** How many events wait to be shown. */
  get waiting(): number {
    return this.#known.size - this.#shown.size;
  }

  /** The newest events that were not shown yet. */
  page(size: number): NostrEvent[] {
    const page = [...this.#known.values()].filter(({ id }) => !this.#shown.has(id))
      .sort(newestFirst).slice(0, size);
    for (const { id } of page) this.#shown.add(id);
    return page;
  }
}

/** Adds to the list at a key. */
export function pushTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** The tag with which an event quotes another (NIP-18), in parts. */
export function quoteOf({ tags }: NostrEvent): { id: string; relay?: string; pubkey?: string } {
  const [, id, relay, pubkey] = tags.find(([name]) => name === "q")!;
  return { id, relay: relay || undefined, pubkey };
}
