/**
 * A plain `NPool` with the library's routers, as most apps would use it: it pages with `until`.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import { nip19 } from "nostr-tools";
import {
  createOutbox,
  filterOf,
  type Outbox,
  type OutboxOptions,
  subjectKey,
  withHints,
} from "../src/mod.ts";
import { newestFirst } from "../testing/event_index.ts";
import type { FeedTask, ScreenApp, ScreenClient, ScreenSetting } from "./screens_client.ts";
import { storeWithLists } from "./screens_store.ts";
import { relayInfo } from "./sim_info.ts";
import { RecordMap } from "./sim_session.ts";

/** Options that differ from the defaults, and how long a page is that is requested. */
export interface PlainOptions {
  readonly outbox?: OutboxOptions;
  /** The `limit` of a page. @default as many as are shown */
  readonly limit?: number;
}

/** Goes on at the oldest event received, wherever it came from: gaps are not noticed. */
export function careless(options: PlainOptions = {}): ScreenClient {
  return plain("plain NPool, careless", options, (events) => events);
}

/** Cuts each page to its newest events, and goes on at the oldest of these. */
export function careful(options: PlainOptions = {}): ScreenClient {
  return plain("plain NPool, careful", options, (events, limit) => events.slice(0, limit));
}

type Cut = (events: NostrEvent[], limit: number) => NostrEvent[];

function plain(name: string, { outbox, limit }: PlainOptions, cut: Cut): ScreenClient {
  return {
    name,
    warmUp: (setting) => warmUp(setting, outbox),
    start: (setting) => new PoolApp(setting, outbox, cut, limit),
  };
}

/** Searches for the lists that are missing, as an app did some minutes ago. */
export async function warmUp(setting: ScreenSetting, options?: OutboxOptions): Promise<void> {
  const { network: { screens: { follows, strangers } } } = setting;
  await using outbox = openOutbox(setting, options);
  await outbox.discover([...follows, ...strangers].map(({ pubkey }) => pubkey));
}

/** The outbox of an app, with what its former starts kept. */
export function openOutbox(setting: ScreenSetting, options: OutboxOptions = {}): Outbox {
  const { network, random, bigRelays } = setting;
  return createOutbox({
    store: storeOf(setting),
    records: kept(setting, "records", () => new RecordMap()),
    fallbackRelays: bigRelays.slice(0, 2),
    indexerRelays: network.screens.indexers,
    open: network.open,
    fetch: relayInfo(network),
    clock: network.clock,
    random,
    verifyEvent: () => true,
    ...options,
  });
}

/** The app's database. */
export function storeOf(setting: ScreenSetting): NStore {
  return kept(setting, "store", () => storeWithLists(setting.network.world));
}

function kept<T>({ kept }: ScreenSetting, name: string, make: () => T): T {
  if (!kept.has(name)) kept.set(name, make());
  return kept.get(name) as T;
}

/** The app over a pool. */
export class PoolApp implements ScreenApp {
  protected readonly outbox: Outbox;
  readonly #pool: NPool;
  readonly #cut: Cut;
  readonly #limit?: number;

  constructor(
    setting: ScreenSetting,
    options?: OutboxOptions,
    cut: Cut = (all) => all,
    limit?: number,
  ) {
    this.outbox = openOutbox(setting, options);
    this.#pool = new NPool(this.outbox);
    this.#cut = cut;
    this.#limit = limit;
  }

  async *feed({ authors, kinds, pageSize }: FeedTask): AsyncIterable<readonly NostrEvent[]> {
    const limit = this.#limit ?? pageSize;
    let until: number | undefined;
    for (;;) {
      const filter: NostrFilter = { kinds: [...kinds], authors: [...authors], limit };
      if (until !== undefined) filter.until = until;
      const received = new Map<string, NostrEvent>();
      for await (const event of this.#read([filter])) received.set(event.id, event);
      const page = this.#cut([...received.values()].sort(newestFirst), limit);
      if (page.length === 0) return;
      yield page;
      until = page.at(-1)!.created_at - 1;
    }
  }

  profile(pubkey: string, limit: number): AsyncIterable<NostrEvent> {
    return this.#read([
      { kinds: [0], authors: [pubkey], limit: 1 },
      { kinds: [1], authors: [pubkey], limit },
    ]);
  }

  thread(root: NostrEvent): AsyncIterable<NostrEvent> {
    // The app shows the post, so it knows who wrote it.
    const author = {
      subject: subjectKey("id", root.id),
      author: root.pubkey,
      source: "tag",
    } as const;
    return this.#read([withHints({ kinds: [1], "#e": [root.id] }, [author])]);
  }

  notifications(
    pubkey: string,
    kinds: readonly number[],
    limit: number,
  ): AsyncIterable<NostrEvent> {
    return this.#read([{ kinds: [...kinds], "#p": [pubkey], limit }]);
  }

  quoted(by: NostrEvent): AsyncIterable<NostrEvent> {
    const [, id, relay, author] = by.tags.find(([name]) => name === "q")!;
    return this.#read([filterOf(nip19.neventEncode({ id, relays: relay ? [relay] : [], author }))]);
  }

  person(pubkey: string): AsyncIterable<NostrEvent> {
    return this.#read([{ kinds: [0], authors: [pubkey] }]);
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await this.outbox.close();
  }

  async *#read(filters: NostrFilter[]): AsyncIterable<NostrEvent> {
    for await (const message of this.#pool.req(filters)) {
      if (message[0] !== "EVENT") break;
      yield message[2];
    }
  }
}
