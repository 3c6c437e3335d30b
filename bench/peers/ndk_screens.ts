/**
 * The way of NDK (February 2026): two write relays of each author, connected ones first and
 * without a bound; filters without authors at the app's own relays; an answer counts as
 * complete soon after half of the connected relays have sent EOSE. It has no feed: its apps
 * request a page, and go on at the oldest event received.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { FeedTask, ScreenApp, ScreenClient } from "../screens_client.ts";
import { PeerApp, pushTo, quoteOf, type Routes, type Show, Timeline } from "./peer_app.ts";

/** How many relays each author is requested from. */
const GOAL = 2;
/** How long it waits for the next EOSE once half of the relays have sent theirs, at most. */
const NEXT_EOSE_MS = 1_000;
/** An answer that still brought events so recently is not complete. */
const STILL_COMING_MS = 20;
/** How long profiles are gathered, and how long the app waits to be connected. */
const GATHER_MS = 25, CONNECT_MS = 2_000;
/** When an app gives up, in milliseconds: the library itself may wait for ever. */
const GIVE_UP_MS = 15_000;

export const NDK: ScreenClient = {
  name: "as NDK does",
  start: (setting) => new NdkApp(setting),
};

class NdkApp extends PeerApp implements ScreenApp {
  #ready?: Promise<unknown>;
  readonly #people = this.batch<string, Map<string, NostrEvent>>(GATHER_MS, async (pubkeys) => {
    const found = new Map<string, NostrEvent>();
    const routes = this.#byAuthors({ kinds: [0], authors: [...new Set(pubkeys)] });
    await this.#fetch(routes, (event) => {
      const known = found.get(event.pubkey);
      if (!known || known.created_at < event.created_at) found.set(event.pubkey, event);
    });
    return found;
  });

  async *feed({ authors, kinds, pageSize }: FeedTask) {
    await this.#connected();
    const timeline = new Timeline();
    let until: number | undefined;
    for (;;) {
      const filter: NostrFilter = { kinds: [...kinds], authors: [...authors], limit: pageSize };
      if (until !== undefined) filter.until = until;
      await this.#fetch(this.#byAuthors(filter), (event) => timeline.add(event));
      const page = timeline.page(Infinity);
      if (page.length === 0) return;
      yield page;
      until = page.at(-1)!.created_at - 1;
    }
  }

  profile(pubkey: string, limit: number) {
    return this.stream(async (show) => {
      await this.#connected();
      const filter = { kinds: [1], authors: [pubkey], limit };
      await Promise.all([
        this.#showPerson(pubkey, show),
        this.#fetch(this.#byAuthors(filter), show),
      ]);
    });
  }

  thread({ id }: NostrEvent) {
    return this.stream((show) => this.#fetchBig({ kinds: [1], "#e": [id] }, show));
  }

  notifications(pubkey: string, kinds: readonly number[], limit: number) {
    const filter = { kinds: [...kinds], "#p": [pubkey], limit };
    return this.stream((show) => this.#fetchBig(filter, show));
  }

  quoted(by: NostrEvent) {
    const { id, relay } = quoteOf(by);
    return this.stream(async (show) => {
      await this.#connected();
      let isFound = false;
      const found = (event: NostrEvent) => {
        isFound = true;
        show(event);
      };
      const steps = [this.relaysOf(by.pubkey, "write"), this.big, relay ? [relay] : []];
      for (const urls of steps) {
        if (!isFound) await this.#fetch(same(urls, { ids: [id] }), found, 1);
      }
    });
  }

  person(pubkey: string) {
    return this.stream((show) => this.#showPerson(pubkey, show));
  }

  async #showPerson(pubkey: string, show: Show): Promise<void> {
    await this.#connected();
    const event = (await this.#people(pubkey)).get(pubkey);
    if (event) show(event);
  }

  async #fetchBig(filter: NostrFilter, show: Show): Promise<void> {
    await this.#connected();
    await this.#fetch(same(this.big, filter), show);
  }

  /** The app's own relays, once they are connected or have had their time. */
  #connected(): Promise<unknown> {
    return this.#ready ??= Promise.all(this.big.map((url) => this.pool.connect(url, CONNECT_MS)));
  }

  /** Splits a filter over its authors' relays. */
  #byAuthors(filter: NostrFilter): Routes {
    const authors = filter.authors ?? [];
    const listedBy = new Map<string, number>();
    for (const url of authors.flatMap((author) => this.relaysOf(author, "write"))) {
      listedBy.set(url, (listedBy.get(url) ?? 0) + 1);
    }
    const rank = (url: string) => listedBy.get(url)!;
    const chosen = new Map<string, string[]>();
    for (const author of authors) {
      const own = this.relaysOf(author, "write");
      if (own.length === 0) {
        for (const url of this.big) pushTo(chosen, url, author);
        continue;
      }
      const taken = own.filter((url) => this.pool.isConnected(url) || chosen.has(url));
      const others = own.filter((url) => !taken.includes(url))
        .sort((a, b) => rank(b) - rank(a)).slice(0, Math.max(0, GOAL - taken.length));
      for (const url of [...taken, ...others]) pushTo(chosen, url, author);
    }
    return new Map([...chosen].map(([url, some]) => [url, [{ ...filter, authors: some }]]));
  }

  /** Asks relays at once, until enough have sent EOSE; `count`: or so many events came. */
  async #fetch(routes: Routes, onEvent: Show, count = Infinity): Promise<void> {
    const { clock } = this.network;
    const over = new AbortController();
    const urls = [...routes.keys()];
    let eosed = 0, events = 0, lastEvent = -Infinity;
    let cancel: () => void = () => undefined;
    const settle = (wait: number) => {
      cancel();
      cancel = clock.after(wait, () => {
        if (clock.now() - lastEvent < STILL_COMING_MS) settle(wait);
        else over.abort();
      });
    };
    const judge = () => {
      const connected = urls.filter((url) => this.pool.isConnected(url)).length;
      const share = eosed / connected;
      if (eosed === urls.length || (eosed >= 2 && share >= 1)) over.abort();
      else if (eosed >= 2 && share >= 0.5) settle(NEXT_EOSE_MS * (1 - share));
    };
    const cancelGiveUp = clock.after(GIVE_UP_MS, () => over.abort());
    const ended = new Promise((resolve) => over.signal.addEventListener("abort", resolve));
    const asking = Promise.all(urls.map(async (url) => {
      const ending = await this.pool.ask(url, routes.get(url)!, {
        connectTimeout: GIVE_UP_MS,
        eoseTimeout: GIVE_UP_MS,
        signal: over.signal,
        onEvent: (event) => {
          lastEvent = clock.now();
          onEvent(event);
          if (++events >= count) over.abort();
        },
      });
      if (ending !== "eose" || over.signal.aborted) return;
      eosed++;
      judge();
    }));
    await Promise.race([asking, ended]);
    over.abort();
    cancel();
    cancelGiveUp();
  }
}

function same(urls: readonly string[], filter: NostrFilter): Routes {
  return new Map(urls.map((url) => [url, [filter]]));
}
