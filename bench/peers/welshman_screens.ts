/**
 * The way of welshman (May 2026), as its apps use it: authors in chunks of about thirty, each
 * chunk from three relays that its dice choose anew for each page; windows of time that grow
 * where little came, with one end for all relays; half of the relays are enough.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { newestFirst } from "../../testing/event_index.ts";
import type { FeedTask, ScreenApp, ScreenClient, ScreenSetting } from "../screens_client.ts";
import { isFor, unionOf } from "./gathered_filters.ts";
import { PeerApp, quoteOf, type Show, Timeline } from "./peer_app.ts";

/** Relays for one purpose, and how much each counts. */
type Selection = readonly [urls: readonly string[], weight: number];

/** Relays of a choice, most relays of an author that are tried, and how many at once. */
const CHOICE = 3, MOST_OF_AUTHOR = 8, AT_ONCE = 2;
/** Authors in a chunk, most chunks, and what the user's own relays count. */
const CHUNK = 30, MOST_CHUNKS = 30, USER_WEIGHT = 0.2;
/** Share of relays, and of chunks, that is enough. */
const ENOUGH_RELAYS = 0.5, ENOUGH_CHUNKS = 0.8;
/** Single requests are gathered, and end after a while; pages have no time-out of their own. */
const GATHER_MS = 200, TIMEOUT_MS = 3_000, SOCKET_MS = 30_000;
/** Authors with which a feed's window begins at its narrowest, and the widest, in seconds. */
const MANY_AUTHORS = 300, WIDEST_S = 86_400;
/** Where windows end: 1 November 2020. */
const EPOCH_S = 1_604_188_800;
/** Windows that are loaded for one page at most. */
const MOST_LOADS = 12;

export const WELSHMAN: ScreenClient = {
  name: "as welshman does",
  start: (setting) => new WelshmanApp(setting),
};

/** A request that waits to be gathered with others. */
interface Load {
  readonly urls: readonly string[];
  readonly filter: NostrFilter;
  readonly onEvent: Show;
}

class WelshmanApp extends PeerApp implements ScreenApp {
  /** When each relay failed, in Unix seconds; kept from one start to the next. */
  readonly #errors: Map<string, number[]>;
  readonly #load = this.batch<Load, void>(GATHER_MS, (loads) => this.#loadAll(loads));

  constructor(setting: ScreenSetting) {
    super(setting);
    if (!setting.kept.has("errors")) setting.kept.set("errors", new Map());
    this.#errors = setting.kept.get("errors") as Map<string, number[]>;
  }

  async *feed({ authors, kinds, pageSize: limit }: FeedTask) {
    const timeline = new Timeline();
    const generality = Math.min(1, authors.length / MANY_AUTHORS);
    let until = this.network.now;
    let delta = Math.round(WIDEST_S * Math.max(0.01, 1 - generality));
    let since = until - delta;
    const load = async () => {
      const seen = new Set<string>();
      const filter = { kinds: [...kinds], since, until, limit };
      await this.#page(authors, filter, (event) => {
        if (seen.has(event.id)) return;
        seen.add(event.id);
        until = Math.min(until, event.created_at - 1);
        timeline.add(event);
      });
      if (seen.size < limit) {
        delta *= Math.round(100 * (2 - (seen.size + 1) / (limit + 1)));
        until = since;
      }
      since = Math.max(EPOCH_S, until - delta);
    };
    for (;;) {
      for (let i = 0; i < MOST_LOADS && timeline.waiting < limit && until > EPOCH_S; i++) {
        await load();
      }
      const page = timeline.page(limit);
      if (page.length === 0) return;
      yield page;
    }
  }

  profile(pubkey: string, limit: number) {
    const filter = { kinds: [1], authors: [pubkey], limit };
    return this.stream((show) =>
      Promise.all([
        this.#showPerson(pubkey, show),
        this.#request(this.#urls(this.#from([pubkey]), this.#user()), filter, show),
      ])
    );
  }

  thread({ id, pubkey }: NostrEvent) {
    const urls = this.#urls([this.relaysOf(pubkey, "read"), 1]);
    const filter = { kinds: [1], "#e": [id] };
    return this.stream((onEvent) => this.#load({ urls, filter, onEvent }));
  }

  notifications(pubkey: string, kinds: readonly number[], limit: number) {
    const urls = this.#urls([this.relaysOf(pubkey, "read"), 1]);
    const filter = { kinds: [...kinds], "#p": [pubkey], limit };
    return this.stream((onEvent) => this.#load({ urls, filter, onEvent }));
  }

  quoted(by: NostrEvent) {
    const { id, relay, pubkey } = quoteOf(by);
    const urls = this.#urls(
      [this.relaysOf(by.pubkey, "read"), 1],
      [this.relaysOf(by.pubkey, "write"), 1],
      [relay ? [relay] : [], 1],
      [pubkey ? this.relaysOf(pubkey, "write") : [], 1],
    );
    return this.stream((onEvent) => this.#load({ urls, filter: { ids: [id] }, onEvent }));
  }

  person(pubkey: string) {
    return this.stream((show) => this.#showPerson(pubkey, show));
  }

  /** Two of the author's relays after the other, until one has the profile. */
  async #showPerson(pubkey: string, show: Show): Promise<void> {
    const urls = this.#choose([[this.relaysOf(pubkey, "write"), 1]], MOST_OF_AUTHOR);
    const filter = { kinds: [0], authors: [pubkey], limit: 1 };
    for (let i = 0; i < urls.length; i += AT_ONCE) {
      const found: NostrEvent[] = [];
      const onEvent = (event: NostrEvent) => found.push(event);
      await this.#load({ urls: urls.slice(i, i + AT_ONCE), filter, onEvent });
      const [best] = found.sort(newestFirst);
      if (best) return show(best);
    }
  }

  /** One window of a feed, of all authors. */
  async #page(authors: readonly string[], filter: NostrFilter, show: Show): Promise<void> {
    const count = Math.min(MOST_CHUNKS, Math.max(1, Math.round(authors.length / CHUNK)));
    const chunks = Array.from(
      { length: count },
      (_, i) => authors.filter((_, j) => j % count === i),
    );
    const requests = [
      ...chunks.map((some) => [this.#urls(this.#from(some)), some] as const),
      [this.#urls(this.#user()), [...authors].slice(0, 1_000)] as const,
    ];
    const { promise, resolve } = Promise.withResolvers<void>();
    let done = 0;
    for (const [urls, some] of requests) {
      this.#request(urls, { ...filter, authors: [...some] }, show)
        .then(() => ++done >= requests.length * ENOUGH_CHUNKS && resolve());
    }
    await promise;
  }

  /** Asks relays, until half of them are done. */
  async #request(urls: readonly string[], filter: NostrFilter, onEvent: Show): Promise<void> {
    const over = new AbortController();
    let done = 0;
    await Promise.all(urls.map(async (url) => {
      const options = { connectTimeout: SOCKET_MS, eoseTimeout: SOCKET_MS };
      await this.#ask(url, [filter], { ...options, onEvent, signal: over.signal });
      if (++done >= urls.length * ENOUGH_RELAYS) over.abort();
    }));
  }

  /** Gathered requests: each relay is sent what concerns it once; half of a request's relays are enough. */
  async #loadAll(loads: readonly Load[]): Promise<void> {
    const over = new AbortController();
    const cancel = this.network.clock.after(TIMEOUT_MS, () => over.abort());
    const urls = [...new Set(loads.flatMap(({ urls }) => urls))];
    const done = new Set<string>();
    const { promise, resolve } = Promise.withResolvers<void>();
    const isEnough = ({ urls }: Load) =>
      urls.filter((url) => done.has(url)).length >= urls.length * ENOUGH_RELAYS;
    const asking = urls.map(async (url) => {
      const own = loads.filter(({ urls }) => urls.includes(url));
      await this.#ask(url, unionOf(own.map(({ filter }) => filter)), {
        connectTimeout: TIMEOUT_MS,
        eoseTimeout: TIMEOUT_MS,
        signal: over.signal,
        onEvent: (event) => {
          for (const { filter, onEvent } of own) if (isFor(filter, event)) onEvent(event);
        },
      });
      done.add(url);
      if (loads.every(isEnough)) resolve();
    });
    await Promise.race([promise, Promise.all(asking)]);
    over.abort();
    cancel();
  }

  async #ask(...[url, filters, options]: Parameters<PeerApp["pool"]["ask"]>): Promise<void> {
    const ending = await this.pool.ask(url, filters, options);
    if (ending !== "failed") return;
    const errors = this.#errors.get(url) ?? [];
    this.#errors.set(url, [...errors, this.network.now].slice(-20));
  }

  #from(authors: readonly string[]): Selection {
    return [authors.flatMap((author) => this.relaysOf(author, "write")), 1];
  }

  #user(): Selection {
    return [this.relaysOf(this.network.screens.user.pubkey, "read"), USER_WEIGHT];
  }

  #urls(...selections: readonly Selection[]): string[] {
    return this.#choose(selections, CHOICE);
  }

  /** Relays by dice that favour those of many; one of the app's own if there is none. */
  #choose(selections: readonly Selection[], count: number): string[] {
    const weights = new Map<string, number>();
    for (const [urls, weight] of selections) {
      for (const url of urls) weights.set(url, (weights.get(url) ?? 0) + weight);
    }
    const scored = [...weights].map(([url, weight]) => ({
      url,
      score: this.#quality(url) * (1 + Math.log(weight)) * this.random(),
    })).filter(({ score }) => score !== 0).sort((a, b) => b.score - a.score);
    const chosen = scored.slice(0, count).map(({ url }) => url);
    return chosen.length > 0 ? chosen : [this.big[Math.floor(this.random() * this.big.length)]];
  }

  /** None for a relay that failed lately, else more for one that is known. */
  #quality(url: string): number {
    const errors = this.#errors.get(url);
    const since = (seconds: number) =>
      errors?.filter((time) => time > this.network.now - seconds).length ?? 0;
    if (since(60) > 0 || since(3_600) > 3 || since(86_400) > 10) return 0;
    return this.pool.isConnected(url) ? 1 : errors ? 0.9 : 0.8;
  }
}
