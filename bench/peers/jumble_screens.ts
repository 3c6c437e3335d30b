/**
 * The way of jumble (August 2026): four write relays of each author, the small ones left out
 * where all their authors have two bigger; a timeline for each relay, shown when half of them
 * have answered; five relays for a thread; its big relays first for profiles and events.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { newestFirst } from "../../testing/event_index.ts";
import type { FeedTask, ScreenApp, ScreenClient } from "../screens_client.ts";
import { PeerApp, pushTo, quoteOf, type Show } from "./peer_app.ts";

/** How long it waits for a connection, and for an EOSE. */
const PATIENCE = { connectTimeout: 10_000, eoseTimeout: 10_000 };
/** Events in a page that it requests, of a feed and of a thread or notifications. */
const FEED_LIMIT = 200, LIMIT = 100;
/** How long it gathers requests for profiles and events, in milliseconds. */
const GATHER_MS = 50;

export const JUMBLE: ScreenClient = {
  name: "as jumble does",
  start: (setting) => new JumbleApp(setting),
};

/** One relay of a feed, and what came from it, newest first. */
interface Source {
  readonly url: string;
  readonly filter: NostrFilter;
  events: NostrEvent[];
}

class JumbleApp extends PeerApp implements ScreenApp {
  readonly #profiles = this.batch<string, Map<string, NostrEvent>>(GATHER_MS, async (pubkeys) => {
    const found = new Map<string, NostrEvent>();
    await this.#query(this.big, { kinds: [0], authors: [...new Set(pubkeys)] }, (event) => {
      const known = found.get(event.pubkey);
      if (!known || known.created_at < event.created_at) found.set(event.pubkey, event);
    });
    return found;
  });
  readonly #events = this.batch<string, Map<string, NostrEvent>>(GATHER_MS, async (ids) => {
    const found = new Map<string, NostrEvent>();
    const filter = { ids: [...new Set(ids)], limit: ids.length };
    await this.#query(this.big, filter, (event) => found.set(event.id, event));
    return found;
  });

  async *feed({ authors, kinds, pageSize }: FeedTask) {
    const filter = { kinds: [...kinds], limit: FEED_LIMIT };
    const sources = [...this.#relaysOf(authors)].map(([url, some]): Source => ({
      url,
      filter: { ...filter, authors: some },
      events: [],
    }));
    let list: NostrEvent[] = [];
    let answered = 0, isScrolled = false;
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    for (const source of sources) {
      this.#query([source.url], source.filter, (event) => source.events.push(event)).then(() => {
        source.events.sort(newestFirst);
        if (++answered < Math.floor(sources.length / 2)) return;
        const merged = newest(sources.map(({ events }) => events), FEED_LIMIT);
        list = isScrolled ? newest([list, merged]) : merged;
        resolve();
      });
    }
    await enough;
    const shown = new Set<string>();
    for (;;) {
      const page = list.filter(({ id }) => !shown.has(id)).slice(0, pageSize);
      if (page.length < pageSize && list.length > 0) {
        isScrolled = true;
        const more = await this.#more(sources, list.at(-1)!.created_at - 1);
        list = newest([list, more]);
        if (more.length > 0) continue;
      }
      if (page.length === 0) return;
      for (const { id } of page) shown.add(id);
      yield page;
    }
  }

  profile(pubkey: string, limit: number) {
    const urls = [...this.relaysOf(pubkey, "write"), ...this.big].slice(0, 8);
    return this.stream((show) =>
      Promise.all([
        this.#showPerson(pubkey, show),
        this.#query(urls, { kinds: [1], authors: [pubkey], limit }, show),
      ])
    );
  }

  thread({ id, pubkey }: NostrEvent) {
    const seen = this.pool.seenOn.get(id) ?? [];
    const all = new Set([...this.relaysOf(pubkey, "read"), ...this.big, ...seen]);
    const filter = { kinds: [1], "#e": [id], limit: LIMIT };
    return this.stream((show) => this.#query([...all].slice(0, 5), filter, show));
  }

  notifications(pubkey: string, kinds: readonly number[], limit: number) {
    const read = this.relaysOf(pubkey, "read").slice(0, 5);
    const filter = { kinds: [...kinds], "#p": [pubkey], limit };
    return this.stream((show) => this.#query(read.length > 0 ? read : this.big, filter, show));
  }

  quoted(by: NostrEvent) {
    const { id, relay, pubkey } = quoteOf(by);
    return this.stream(async (show) => {
      const filter = { ids: [id], limit: 1 };
      const hinted = relay && !this.big.includes(relay) ? [relay] : [];
      const steps = [hinted, pubkey && !relay ? this.relaysOf(pubkey, "write").slice(0, 5) : []];
      let event = (await this.#events(id)).get(id);
      for (const urls of steps) {
        if (!event) await this.#query(urls, filter, (found) => event = found);
      }
      if (event) show(event);
    });
  }

  person(pubkey: string) {
    return this.stream((show) => this.#showPerson(pubkey, show));
  }

  async #showPerson(pubkey: string, show: Show): Promise<void> {
    const event = (await this.#profiles(pubkey)).get(pubkey);
    if (event) return show(event);
    const urls = this.relaysOf(pubkey, "write").filter((url) => !this.big.includes(url));
    const found: NostrEvent[] = [];
    const filter = { kinds: [0], authors: [pubkey], limit: 1 };
    await this.#query(urls.slice(0, 5), filter, (event) => found.push(event));
    const [best] = found.sort(newestFirst);
    if (best) show(best);
  }

  /** Which authors each relay is asked for. */
  #relaysOf(authors: readonly string[]): Map<string, string[]> {
    const groups = new Map<string, string[]>();
    for (const author of authors) {
      const write = this.relaysOf(author, "write").slice(0, 4);
      for (const url of write.length > 0 ? write : this.big) pushTo(groups, url, author);
    }
    const copies = new Map<string, number>();
    const isMany = groups.size > 10;
    for (const [url, some] of [...groups].sort(([, a], [, b]) => b.length - a.length)) {
      const isSpare = some.every((author) => (copies.get(author) ?? 0) >= 2);
      if (isMany && some.length < 10 && isSpare) groups.delete(url);
      else for (const author of some) copies.set(author, (copies.get(author) ?? 0) + 1);
    }
    return groups;
  }

  /** The next page of a feed: from what is there, and from each relay as far as that ends. */
  async #more(sources: readonly Source[], until: number): Promise<NostrEvent[]> {
    const pages = await Promise.all(sources.map(async (source) => {
      const page = source.events.filter(({ created_at }) => created_at <= until)
        .slice(0, FEED_LIMIT);
      if (page.length === FEED_LIMIT) return page;
      const from = page.length > 0 ? page.at(-1)!.created_at - 1 : until;
      const more: NostrEvent[] = [];
      const filter = { ...source.filter, until: from, limit: FEED_LIMIT - page.length };
      await this.#query([source.url], filter, (event) => more.push(event));
      source.events = newest([source.events, more]);
      return [...page, ...more];
    }));
    return newest(pages, FEED_LIMIT);
  }

  /** Asks relays at once, and waits for all of them. */
  async #query(urls: readonly string[], filter: NostrFilter, onEvent: Show): Promise<void> {
    await Promise.all(
      [...new Set(urls)].map((url) => this.pool.ask(url, [filter], { ...PATIENCE, onEvent })),
    );
  }
}

/** The newest of several lists, each event once. */
function newest(lists: readonly (readonly NostrEvent[])[], count = Infinity): NostrEvent[] {
  const byId = new Map(lists.flat().map((event) => [event.id, event]));
  return [...byId.values()].sort(newestFirst).slice(0, count);
}
