/**
 * A relay of a simulated network. To those who use it, it looks like Nostrify's
 * `NRelay1` that does not reconnect: it connects when it is made, a REQ on a
 * connection that never comes about stays open without a word, CLOSED ends one, and
 * `log` is told what passes over the wire.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NRelay } from "@nostrify/types";
import type { Clock } from "../src/base/clock.ts";
import type { Nature } from "./sim_nature.ts";
import { type SimMessage, SimSubscription } from "./sim_subscription.ts";

/** An answer before it is on its way. */
export interface Answer {
  /** The posts, each once, in the order in which they are sent. */
  readonly posts: Uint32Array;
  /** After how many milliseconds each portion has come, and where it ends. */
  readonly portions: readonly { readonly after: number; readonly end: number }[];
}

/** The network of a relay, as far as the relay needs it. */
export interface SimWire {
  readonly clock: Clock;
  /** Counts the events that came over the wire. */
  readonly traffic: { moved: number };
  nature(url: string): Nature | undefined;
  asks(url: string, filters: readonly NostrFilter[]): void;
  answered(url: string, filters: readonly NostrFilter[]): void;
  refused(url: string, filters: readonly NostrFilter[]): void;
  answer(nature: Nature, filters: readonly NostrFilter[]): Answer;
  /** The post as it goes over the wire; called once each time that it does. */
  event(post: number): NostrEvent;
}

/** What `NRelay1` takes, as far as it matters here. */
export interface SimRelayOptions {
  readonly log?: (entry: { ns: string; state?: string; data?: unknown }) => void;
  readonly verifyEvent?: (event: NostrEvent) => boolean;
}

/** Milliseconds until a connection is refused. */
const REFUSED = 40;

/** One connection to one relay. */
export class SimRelay implements NRelay {
  readonly url: string;
  readonly #network: SimWire;
  readonly #nature?: Nature;
  readonly #options: SimRelayOptions;
  readonly #subscriptions = new Set<SimSubscription>();
  #cancelConnect: () => void = () => undefined;
  #isOpen = false;
  #isClosed = false;
  #ids = 0;

  constructor(network: SimWire, url: string, options: SimRelayOptions) {
    this.url = url;
    this.#network = network;
    this.#nature = network.nature(url);
    this.#options = options;
    this.#connect();
  }

  async *req(
    filters: NostrFilter[],
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<SimMessage> {
    const subscription = new SimSubscription(`${++this.#ids}`, filters);
    const abort = () => subscription.abort();
    if (signal?.aborted || this.#isClosed) abort();
    signal?.addEventListener("abort", abort);
    this.#subscriptions.add(subscription);
    try {
      this.#log("relay.ws.send", ["REQ", subscription.id, ...filters]);
      this.#network.asks(this.url, filters);
      if (this.#isOpen) this.#receive(subscription);
      yield* subscription.messages();
    } finally {
      signal?.removeEventListener("abort", abort);
      subscription.stop();
      this.#subscriptions.delete(subscription);
      this.#log("relay.ws.send", ["CLOSE", subscription.id]);
    }
  }

  event(): Promise<void> {
    return Promise.reject(new Error("blocked: nobody writes here"));
  }

  async query(filters: NostrFilter[], opts: { signal?: AbortSignal } = {}): Promise<NostrEvent[]> {
    const events: NostrEvent[] = [];
    for await (const message of this.req(filters, opts)) {
      if (message[0] !== "EVENT") break;
      events.push(message[2]);
    }
    return events;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isOpen = false;
    this.#cancelConnect();
    for (const subscription of this.#subscriptions) subscription.abort();
    await Promise.resolve();
    this.#options.log?.({ ns: "relay.ws.state", state: "close" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #connect(): void {
    const { ailment, relay } = this.#nature ?? { ailment: "refused" };
    if (ailment === "hang") return;
    const fails = ailment === "refused" || ailment === "http";
    const wait = ailment === "refused" ? REFUSED : relay?.connectMs ?? REFUSED;
    this.#cancelConnect = this.#network.clock.after(wait, () => {
      if (fails) this.#options.log?.({ ns: "relay.ws.error" });
      else this.#isOpen = true;
      this.#options.log?.({ ns: "relay.ws.state", state: fails ? "close" : "open" });
      if (!this.#isOpen) return;
      for (const subscription of this.#subscriptions) {
        const { id, filters } = subscription;
        this.#log("relay.ws.send", ["REQ", id, ...filters]);
        this.#receive(subscription);
      }
    });
  }

  /** The relay has a REQ before it. */
  #receive(subscription: SimSubscription): void {
    const { clock } = this.#network;
    const nature = this.#nature!;
    const { relay, ailment, maxFilters, maxSubscriptions } = nature;
    const open = [...this.#subscriptions].filter(({ isSent }) => isSent).length;
    subscription.isSent = true;
    const tooMany = subscription.filters.length > maxFilters;
    const refusal = ailment === "auth"
      ? "auth-required: sign in to read"
      : tooMany
      ? `too many filters: at most ${maxFilters} in a REQ`
      : open >= maxSubscriptions
      ? "too many concurrent REQs"
      : undefined;
    if (refusal !== undefined) {
      this.#network.refused(this.url, subscription.filters);
      const roundTrip = relay.connectMs / 3;
      subscription.cancel = clock.after(roundTrip, () => this.#refuse(subscription, refusal));
      return;
    }
    const { posts, portions } = this.#network.answer(nature, subscription.filters);
    const start = clock.now();
    let sent = 0, next = 0;
    const wait = () => {
      const { after, end } = portions[next++];
      subscription.cancel = clock.after(start + after - clock.now(), () => {
        while (sent < end) if (!this.#send(subscription, posts[sent++])) return;
        if (next < portions.length) wait();
        else this.#finish(subscription, relay.eose);
      });
    };
    wait();
  }

  #refuse(subscription: SimSubscription, refusal: string): void {
    if (this.#nature!.notices && !refusal.startsWith("auth")) {
      this.#log("relay.ws.message", ["NOTICE", `Subscription rejected: ${refusal}`]);
      subscription.isSent = false;
      return;
    }
    const words = refusal.startsWith("auth") ? refusal : `error: ${refusal}`;
    this.#log("relay.ws.message", ["CLOSED", subscription.id, words]);
    subscription.end();
  }

  /** Sends one event; `false` if nobody listens any longer. */
  #send(subscription: SimSubscription, post: number): boolean {
    if (subscription.isOver) return false;
    this.#network.traffic.moved++;
    const event = this.#network.event(post);
    const message: SimMessage = ["EVENT", subscription.id, event];
    this.#log("relay.ws.message", message);
    if (this.#options.verifyEvent?.(event) ?? true) subscription.push(message);
    return !subscription.isOver;
  }

  #finish(subscription: SimSubscription, eose: boolean): void {
    if (subscription.isOver) return;
    this.#network.answered(this.url, subscription.filters);
    if (!eose) return;
    const message: SimMessage = ["EOSE", subscription.id];
    this.#log("relay.ws.message", message);
    subscription.push(message);
  }

  #log(ns: string, data: unknown[]): void {
    this.#options.log?.({ ns, data });
  }
}
