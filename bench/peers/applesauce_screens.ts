/**
 * The way of applesauce (July 2026), as in its example of a social feed: the thirty relays
 * that most follows list, each author from all of these; a cursor for each relay, which is
 * moved by a block of a hundred whenever the app has shown what it has. It is said nothing of
 * relays that failed before.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { FeedTask, ScreenApp, ScreenClient } from "../screens_client.ts";
import { PeerApp, pushTo, quoteOf, type Routes, type Show, Timeline } from "./peer_app.ts";

/** Most relays of a feed. Its bound on relays per author has no effect. */
const MAX_RELAYS = 30;
/** Events in a block. */
const BLOCK = 100;
/** Single requests are gathered so long, in milliseconds. */
const GATHER_MS = 1_000;
/** How long a relay may be silent, and how long others may take after the first EOSE. */
const PATIENCE = { connectTimeout: 30_000, eoseTimeout: 30_000 };
const AFTER_FIRST_MS = 5_000;

export const APPLESAUCE: ScreenClient = {
  name: "as applesauce does",
  start: (setting) => new ApplesauceApp(setting),
};

/** A profile by its pubkey, or an event by its id. */
interface Wanted {
  readonly key: string;
  readonly relay?: string;
  readonly show: Show;
}

/** The position at one relay. */
interface Cursor {
  readonly url: string;
  readonly authors: readonly string[];
  until?: number;
  isLoading: boolean;
  isComplete: boolean;
}

class ApplesauceApp extends PeerApp implements ScreenApp {
  readonly #people = this.batch<Wanted, void>(GATHER_MS, (people) => {
    const ways = [this.big, this.indexers];
    return this.#inTurn(
      people,
      ways.map((urls) => (some) => same(urls, [{ kinds: [0], authors: some }])),
      ({ pubkey }) => pubkey,
    );
  });
  readonly #events = this.batch<Wanted, void>(GATHER_MS, (quoted) => {
    const hints = new Map<string, string[]>();
    for (const { key, relay } of quoted) if (relay) pushTo(hints, relay, key);
    const byHint = (ids: string[]): Routes =>
      new Map([...hints].flatMap(([url, some]) => {
        const left = some.filter((id) => ids.includes(id));
        return left.length > 0 ? [[url, [{ ids: left }]]] : [];
      }));
    return this.#inTurn(
      quoted,
      [byHint, (some) => same(this.big, [{ ids: some }])],
      ({ id }) => id,
    );
  });

  async *feed({ authors, kinds, pageSize }: FeedTask) {
    const timeline = new Timeline();
    const cursors = this.#cursors(authors);
    const filter = { kinds: [...kinds], limit: BLOCK };
    const loading = new Set<Promise<void>>();
    for (;;) {
      while (timeline.waiting < pageSize) {
        for (const cursor of cursors) {
          if (cursor.isComplete || cursor.isLoading) continue;
          const block = this.#block(cursor, filter, timeline).then(() =>
            void loading.delete(block)
          );
          loading.add(block);
        }
        if (loading.size === 0) break;
        await Promise.race(loading);
      }
      const page = timeline.page(pageSize);
      if (page.length === 0) return;
      yield page;
    }
  }

  profile(pubkey: string, limit: number) {
    const write = this.relaysOf(pubkey, "write");
    const routes = same(write.length > 0 ? write : this.big, [
      { kinds: [1], authors: [pubkey], limit },
    ]);
    return this.stream((show) =>
      Promise.all([this.#people({ key: pubkey, show }), this.#group(routes, show)])
    );
  }

  thread({ id, pubkey }: NostrEvent) {
    const seen = this.pool.seenOn.get(id) ?? [];
    const urls = [...new Set([...this.relaysOf(pubkey, "read"), ...seen])];
    const filter = { kinds: [1], "#e": [id] };
    return this.stream(async (onEvent) => {
      await this.wait(GATHER_MS);
      await Promise.all(
        (urls.length > 0 ? urls : this.big).map((url) =>
          this.pool.ask(url, [filter], { ...PATIENCE, onEvent })
        ),
      );
    });
  }

  notifications(pubkey: string, kinds: readonly number[], limit: number) {
    const filter = { kinds: [...kinds], "#p": [pubkey], limit };
    return this.stream((show) => this.#group(same(this.relaysOf(pubkey, "read"), [filter]), show));
  }

  quoted(by: NostrEvent) {
    const { id: key, relay } = quoteOf(by);
    return this.stream((show) => this.#events({ key, relay, show }));
  }

  person(pubkey: string) {
    return this.stream((show) => this.#people({ key: pubkey, show }));
  }

  /** The relays that most follows list; authors without a list are at the app's own. */
  #cursors(authors: readonly string[]): Cursor[] {
    const byRelay = new Map<string, string[]>();
    for (const author of authors) {
      const write = this.relaysOf(author, "write");
      for (const url of write.length > 0 ? write : this.big) pushTo(byRelay, url, author);
    }
    return [...byRelay].sort(([, a], [, b]) => b.length - a.length).slice(0, MAX_RELAYS)
      .map(([url, some]) => ({ url, authors: some, isLoading: false, isComplete: false }));
  }

  /** Loads the next block of one relay. */
  async #block(cursor: Cursor, filter: NostrFilter, timeline: Timeline): Promise<void> {
    cursor.isLoading = true;
    const { until } = cursor;
    let oldest = Infinity;
    const block = { ...filter, authors: [...cursor.authors], ...until !== undefined && { until } };
    await this.pool.ask(cursor.url, [block], {
      ...PATIENCE,
      onEvent: (event) => {
        oldest = Math.min(oldest, event.created_at);
        timeline.add(event);
      },
    });
    cursor.isLoading = false;
    if (oldest === Infinity || (until !== undefined && oldest > until)) cursor.isComplete = true;
    else cursor.until = oldest - 1;
  }

  /** Tries one way after the other for what the ones before did not find. */
  async #inTurn(
    wanted: readonly Wanted[],
    ways: readonly ((keys: string[]) => Routes)[],
    keyOf: (event: NostrEvent) => string,
  ): Promise<void> {
    const found = new Set<string>();
    for (const routesOf of ways) {
      const left = wanted.map(({ key }) => key).filter((key) => !found.has(key));
      if (left.length === 0) break;
      await this.#group(routesOf([...new Set(left)]), (event) => {
        found.add(keyOf(event));
        for (const { key, show } of wanted) if (key === keyOf(event)) show(event);
      });
    }
  }

  /** Asks relays at once; all EOSEs end it, or a while after the first. */
  async #group(routes: Routes, onEvent: Show): Promise<void> {
    const over = new AbortController();
    let cancel: (() => void) | undefined;
    await Promise.all([...routes].map(async ([url, filters]) => {
      const ending = await this.pool.ask(url, filters, {
        ...PATIENCE,
        onEvent,
        signal: over.signal,
      });
      if (ending !== "eose") return;
      cancel ??= this.network.clock.after(AFTER_FIRST_MS, () => over.abort());
    }));
    cancel?.();
  }
}

function same(urls: readonly string[], filters: readonly NostrFilter[]): Routes {
  return new Map(urls.map((url) => [url, filters]));
}
