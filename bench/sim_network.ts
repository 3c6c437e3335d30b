/**
 * The relays of a world as relays that a pool can open, in virtual time, and what a
 * client costs them.
 *
 * An answer to a REQ takes the relay's own time, more or less a third, and a moment
 * for each event. Its second half brings the events, in a few portions, and EOSE is
 * at its end. Nothing is written: the world holds still while it is asked.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { Random } from "../testing/random.ts";
import type { World } from "../testing/world/world.ts";
import type { Nature } from "./sim_nature.ts";
import { eventOf } from "./sim_posts.ts";
import { type Answer, SimRelay, type SimRelayOptions, type SimWire } from "./sim_relay.ts";
import type { VirtualClock } from "./virtual_clock.ts";

/** Milliseconds that an event takes on its way: 10,000 a second. */
const PER_EVENT = 0.1;
/** Who asks for posts of so few seconds is waiting for new ones, with an overlap of three hours. */
const NEW = 600 + 3 * 3_600;
/** Most portions in which an answer comes. */
const PORTIONS = 8;

/** What one relay was asked of an author, and how far it came. */
export interface Inquiry {
  /** REQs that were sent and neither answered nor refused. */
  open: number;
  /** REQs whose answer arrived to the end. */
  answered: number;
}

/** By author. */
export type Asked = Map<string, Inquiry>;

/** What a client did to the network. */
export interface Traffic {
  /** Times that a relay was opened. */
  connections: number;
  /** REQs sent, each with one or more filters. */
  reqs: number;
  /** Filters in all REQs together. */
  filters: number;
  /** REQs that go on where an earlier answer was cut: with `until`. */
  pages: number;
  /** Of the REQs, those refused. */
  refused: number;
  /** Events that came over the wire. */
  moved: number;
  /** By relay, those that were opened, the dead among them. */
  readonly asked: Map<string, Asked>;
}

/** A network for one client. */
export class SimNetwork implements SimWire {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly traffic: Traffic = {
    connections: 0,
    reqs: 0,
    filters: 0,
    pages: 0,
    refused: 0,
    moved: 0,
    asked: new Map(),
  };
  readonly #natures: ReadonlyMap<string, Nature>;
  readonly #random: Random;

  /** `natures`: how the world's relays behave; `random`: dice for how long answers take. */
  constructor(
    world: World,
    clock: VirtualClock,
    natures: ReadonlyMap<string, Nature>,
    random: Random,
  ) {
    this.world = world;
    this.clock = clock;
    this.#natures = natures;
    this.#random = random;
  }

  /** Opens a relay, as `new NRelay1(url, options)` would. */
  readonly open = (url: string, options: SimRelayOptions = {}): SimRelay => {
    this.opens(url);
    return new SimRelay(this, url, options);
  };

  /** Takes note of a connection. */
  protected opens(url: string): void {
    this.traffic.connections++;
    this.#asked(url);
  }

  /** How a relay is; `undefined` if the world has none of that name. */
  nature(url: string): Nature | undefined {
    return this.#natures.get(url);
  }

  /** Takes note of a REQ. */
  asks(url: string, filters: readonly NostrFilter[]): void {
    const { traffic } = this;
    traffic.reqs++;
    traffic.filters += filters.length;
    if (filters.some(({ until }) => until !== undefined)) traffic.pages++;
    for (const inquiry of this.#inquiries(url, filters)) inquiry.open++;
  }

  /** Takes note of a REQ whose answer has arrived. */
  answered(url: string, filters: readonly NostrFilter[]): void {
    for (const inquiry of this.#inquiries(url, filters)) {
      inquiry.open--;
      inquiry.answered++;
    }
  }

  /** Takes note of a REQ that is refused. */
  refused(url: string, filters: readonly NostrFilter[]): void {
    this.traffic.refused++;
    for (const inquiry of this.#inquiries(url, filters)) inquiry.open--;
  }

  /** What a living relay has to say to a REQ, and when. */
  answer({ relay }: Nature, filters: readonly NostrFilter[]): Answer {
    const seen = new Set<number>();
    for (const filter of filters) {
      for (const post of this.find(relay.url, filter)) seen.add(post);
    }
    const posts = Uint32Array.from(seen);
    const wait = relay.queryMs * (2 + 2 * this.#random()) / 3;
    const all = wait + posts.length * PER_EVENT;
    const count = Math.min(PORTIONS, Math.max(1, Math.ceil(posts.length / 50)));
    const portions = Array.from({ length: count }, (_, i) => ({
      after: all * (1 + (i + 1) / count) / 2,
      end: Math.round(posts.length * (i + 1) / count),
    }));
    return { posts, portions };
  }

  /** The post as an event. */
  event(post: number): NostrEvent {
    return eventOf(this.world, post);
  }

  /** The posts with which a living relay answers one filter, newest first. */
  protected find(url: string, filter: NostrFilter): Iterable<number> {
    return this.world.answer(url, filter) ?? [];
  }

  /** The authors of a REQ, unless it asks for nothing but what is new. */
  *#inquiries(url: string, filters: readonly NostrFilter[]): Iterable<Inquiry> {
    const asked = this.#asked(url);
    for (const { authors = [], since = 0, limit } of filters) {
      if (limit === 0 || since > this.world.now - NEW) continue;
      for (const author of authors) {
        let inquiry = asked.get(author);
        if (!inquiry) asked.set(author, inquiry = { open: 0, answered: 0 });
        yield inquiry;
      }
    }
  }

  #asked(url: string): Asked {
    let asked = this.traffic.asked.get(url);
    if (!asked) this.traffic.asked.set(url, asked = new Map());
    return asked;
  }
}
