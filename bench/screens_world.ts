/**
 * The world of the six screens: people, and what they write to each other.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import {
  below,
  createRandom,
  exponential,
  lognormal,
  pick,
  type Random,
} from "../testing/random.ts";
import { createWorld, type WorldOptions } from "../testing/world/world.ts";
import { Corpus } from "./screens_corpus.ts";
import { drawPeople, type Peopled, type PeopleShares, type Person } from "./screens_people.ts";

/** What a client shows. */
export interface ScreenWorld extends Peopled {
  readonly corpus: Corpus;
  /** The posts whose threads are opened. */
  readonly roots: readonly NostrEvent[];
  /** Posts that quote others (NIP-18). */
  readonly quotes: readonly NostrEvent[];
  /** Whose profiles are opened with their posts. */
  readonly opened: readonly string[];
  /** The people of whom a name and a picture are shown. */
  readonly shown: readonly string[];
}

/** How many threads, quotes and profiles are opened, and how many people are shown. */
const COUNTS = { threads: 30, quotes: 60, opened: 20, shown: 300 };
/** A thread is opened if its post is among so many newest ones of the follows. */
const ROOTS_AMONG = 200;
/** Quotes are by follows, as new as so many of their other posts. */
const QUOTES_AMONG = 100;
/** Notifications of the user, over so many days. */
const NOTES = 160, NOTES_DAYS = 3;
/** Share of writes to an ordinary relay that are refused or lost, as in the world. */
const LOST_SHARE = 0.15;
/** Replies per thread: a lognormal. */
const REPLIES = { median: 4, sigma: 0.9, most: 80 };
/** Mean seconds until a reply. */
const REPLY_AFTER_S = 2 * 3_600;
/** Share of replies to a reply; of events that quote with a relay, and with a pubkey. */
const NESTED_SHARE = 0.4, RELAY_SHARE = 0.6, PUBKEY_SHARE = 0.7;
/** Share of copies that an indexer or a hub has, and of those that are an old version. */
const INDEXED_SHARE = 0.9, ON_HUB_SHARE = 0.5, OLD_SHARE = 0.1;

const DAY_S = 86_400;

/** Draws everything; the same size and seed give the same. */
export function createScreenWorld(options: WorldOptions & PeopleShares): ScreenWorld {
  const { seed } = options;
  const people = drawPeople(createWorld(options), seed, options);
  const random = createRandom(seed + 13);
  const corpus = new Corpus(people.world);
  const writers = new Writers(people, corpus, random);
  writers.lists();
  const shown = people.follows.concat(people.strangers).slice(0, COUNTS.shown);
  for (const person of [...people.follows, ...people.strangers]) writers.profile(person);
  const recent = newest(people, corpus, ROOTS_AMONG);
  const roots = recent.filter(() => random() < 0.5).slice(0, COUNTS.threads);
  for (const root of roots) writers.thread(root);
  const own = writers.say(people.user, people.world.now - NOTES_DAYS * DAY_S, []);
  for (let i = 0; i < NOTES; i++) writers.notification(own);
  const quotesSince = recent[Math.min(QUOTES_AMONG, recent.length) - 1].created_at;
  const listed = people.follows.filter(({ reads }) => reads.length > 0);
  return {
    ...people,
    corpus,
    roots,
    quotes: Array.from({ length: COUNTS.quotes }, () => writers.quote(quotesSince)),
    opened: Array.from({ length: COUNTS.opened }, () => pick(random, listed).pubkey),
    shown: shown.map(({ pubkey }) => pubkey),
  };
}

/** The newest posts of follows with a list that a living relay holds. */
function newest({ world, follows }: Peopled, corpus: Corpus, count: number): NostrEvent[] {
  const posts = follows.flatMap(({ reads }, author) => {
    if (reads.length === 0) return [];
    const first = world.firstPost[author], end = world.firstPost[author + 1];
    return Array.from({ length: Math.min(count, end - first) }, (_, i) => first + i);
  });
  return posts.sort((a, b) => world.timeOf[b] - world.timeOf[a])
    .slice(0, 2 * count).filter((post) => corpus.isHeld(post)).slice(0, count)
    .map((post) => corpus.event(post));
}

/** Writes events, and leaves them where their authors' clients do. */
class Writers {
  readonly #people: Peopled;
  readonly #corpus: Corpus;
  readonly #random: Random;
  readonly #everybody: readonly Person[];
  readonly #byPubkey: ReadonlyMap<string, Person>;

  constructor(people: Peopled, corpus: Corpus, random: Random) {
    this.#people = people;
    this.#corpus = corpus;
    this.#random = random;
    this.#everybody = [...people.follows, ...people.strangers];
    this.#byPubkey = new Map([...this.#everybody, people.user].map((one) => [one.pubkey, one]));
  }

  /** Relay lists, at their authors' relays and at indexers. */
  lists(): void {
    const { world: { lists, tags }, indexers } = this.#people;
    for (const [pubkey, { created_at }] of lists) {
      const { writes } = this.#byPubkey.get(pubkey)!;
      const at = [...writes, ...this.#ranks(indexers).filter(() => this.#random() < INDEXED_SHARE)];
      const own = tags.get(pubkey)!.map((tag) => [...tag]);
      this.#corpus.add({ kind: 10002, pubkey, created_at, tags: own }, this.#kept(at));
    }
  }

  /** Two versions of a profile: each relay has one of them at most. */
  profile({ pubkey, writes }: Person): void {
    const { world: { now, relays }, indexers } = this.#people;
    const created_at = now - DAY_S - below(this.#random, 200 * DAY_S);
    const some = (ranks: readonly number[], share: number) =>
      ranks.filter(() => this.#random() < share);
    const hubs = relays.filter(({ hub }) => hub).map(({ rank }) => rank);
    const fresh = new Set(this.#kept(writes));
    const copies = [
      ...some(hubs, ON_HUB_SHARE),
      ...some(this.#ranks(indexers), INDEXED_SHARE),
    ];
    for (const rank of copies) if (this.#random() >= OLD_SHARE) fresh.add(rank);
    const old = [...writes, ...copies].filter((rank) => !fresh.has(rank));
    const draft = { kind: 0, pubkey, tags: [] };
    this.#corpus.add({ ...draft, created_at: created_at - 90 * DAY_S }, old);
    this.#corpus.add({ ...draft, created_at }, fresh);
  }

  /** Replies to a post, and to its replies (NIP-10). */
  thread(root: NostrEvent): void {
    const { median, sigma, most } = REPLIES;
    const size = Math.min(most, Math.round(lognormal(this.#random, median, sigma)));
    const replies: NostrEvent[] = [];
    for (let i = 0; i < size; i++) {
      const parent = replies.length > 0 && this.#random() < NESTED_SHARE
        ? pick(this.#random, replies)
        : root;
      const author = this.#writer(root.pubkey);
      const tags = [["e", root.id, "", "root"], ["p", root.pubkey]];
      if (parent !== root) tags.push(["e", parent.id, "", "reply"], ["p", parent.pubkey]);
      replies.push(this.say(author, this.#after(parent.created_at), tags));
    }
  }

  /** A reply, a repost or a reaction to the user's post, or a mention. */
  notification({ id, pubkey }: NostrEvent): void {
    const at = this.#random();
    const kind = at < 0.5 ? 7 : at < 0.6 ? 6 : 1;
    const tags = at < 0.9 ? [["e", id], ["p", pubkey]] : [["p", pubkey]];
    const created_at = this.#people.world.now - below(this.#random, NOTES_DAYS * DAY_S);
    this.say(this.#writer(pubkey), created_at, tags, kind);
  }

  /** A new post by somebody whom the user follows, which quotes another. */
  quote(since: number): NostrEvent {
    const { world, follows } = this.#people;
    const quoted = this.#quoted();
    const author = this.#byPubkey.get(quoted.pubkey)!;
    const hint = this.#random() < RELAY_SHARE
      ? world.relays[pick(this.#random, author.writes)].url
      : "";
    const tag = ["q", quoted.id, hint];
    if (this.#random() < PUBKEY_SHARE) tag.push(quoted.pubkey);
    const created_at = world.now - below(this.#random, world.now - since);
    return this.say(pick(this.#random, follows), created_at, [tag, ["p", quoted.pubkey]]);
  }

  /** Writes an event, to the author's relays and, if their client does so, to inboxes. */
  say(author: Person, created_at: number, tags: string[][], kind = 1): NostrEvent {
    const inboxes = tags.filter(([name]) => name === "p")
      .flatMap(([, pubkey]) => this.#byPubkey.get(pubkey)?.reads ?? []);
    const at = this.#kept([...author.writes, ...(author.delivers ? inboxes : [])]);
    return this.#corpus.event(
      this.#corpus.add({ kind, pubkey: author.pubkey, created_at, tags }, at),
    );
  }

  #quoted(): NostrEvent {
    const { world, follows, strangers } = this.#people;
    const days = (count: number) => world.now - DAY_S - below(this.#random, count * DAY_S);
    for (let tries = 0; tries < 200; tries++) {
      const author = below(this.#random, follows.length);
      const first = world.firstPost[author], count = world.firstPost[author + 1] - first;
      if (this.#random() < 0.3) return this.say(pick(this.#random, strangers), days(60), []);
      const post = first + below(this.#random, Math.min(60, count));
      if (count > 0 && this.#corpus.isHeld(post)) return this.#corpus.event(post);
    }
    throw new Error("Cannot draw a quote: no relay of this world lives");
  }

  /** Somebody else, as often a stranger as one of the follows. */
  #writer(not: string): Person {
    const { follows, strangers } = this.#people;
    for (;;) {
      const one = pick(this.#random, this.#random() < 0.5 ? follows : strangers);
      if (one.pubkey !== not) return one;
    }
  }

  #after(time: number): number {
    const { now } = this.#people.world;
    const at = time + 30 + Math.floor(exponential(this.#random, REPLY_AFTER_S));
    return at < now ? at : time + Math.floor((now - time) * this.#random());
  }

  /** The relays that keep what is written to these: the three biggest lose nothing. */
  #kept(ranks: readonly number[]): number[] {
    const { relays } = this.#people.world;
    return [...new Set(ranks)].filter((rank) => relays[rank].hub || this.#random() >= LOST_SHARE);
  }

  #ranks(urls: readonly string[]): number[] {
    return urls.map((url) => this.#people.world.relayOf.get(url)!.rank);
  }
}
