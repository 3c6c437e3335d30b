/**
 * One request on all of its relays: when it is done, what came already, who takes
 * the place of a relay that is lost, and what is to be learned from it.
 *
 * @module
 */

import type {
  NostrEvent,
  NostrFilter,
  NostrRelayCLOSED,
  NostrRelayEOSE,
  NostrRelayEVENT,
} from "@nostrify/types";
import { Coverage } from "./coverage.ts";
import type { Planned } from "./create_req_router.ts";
import { Outlet } from "./outlet.ts";
import { type LegOptions, type LegOutcome, RelayLeg } from "./relay_leg.ts";
import type { RelayLink } from "./relay_link.ts";
import type { Seats } from "./seats.ts";
import { SeenIds } from "./seen_ids.ts";

/** What relays say of a subscription. */
export type RelayMessage = NostrRelayEVENT | NostrRelayEOSE | NostrRelayCLOSED;

/** What a request needs. */
export interface RequestOptions extends Omit<LegOptions, "rank"> {
  /** How long the whole may take before it counts as done, in milliseconds. */
  readonly timeout: number;
  /** How long to wait for stragglers once everybody is covered, in milliseconds. */
  readonly settle: number;
  /** The link to a relay. */
  readonly link: (url: string) => RelayLink;
}

/** Ids remembered of one request: a hundred times what `NPool` remembers. */
const REMEMBERED = 100_000;
/** How often people are given other relays in place of lost ones. */
const MOST_RESCUES = 3;

/** How long those who stand in for lost relays are waited for in the end, in milliseconds. */
const PATIENCE = 3_000;

/** Where the messages of one leg go. */
interface Listener {
  readonly push: (message: RelayMessage) => void;
  readonly signal: AbortSignal;
  /** What else runs on its behalf; it ends with the signal, too. */
  readonly others: Promise<void>[];
}

/** A request, from the first relay that is asked to the last that is let go. */
export class OutboxRequest {
  readonly #seats: Seats;
  readonly #options: RequestOptions;
  readonly #spare?: Planned["without"];
  readonly #rescues: number;
  readonly #coverage: Coverage;
  readonly #seen = new SeenIds(REMEMBERED);
  readonly #listeners = new Map<number, Listener>();
  /** The places whose EOSE is out. */
  readonly #said = new Set<number>();
  /** The places whose answer is complete, so that what it lacks the relay lacks. */
  readonly #complete = new Set<number>();
  /** The places of relays that do not work. */
  readonly #lost = new Set<number>();
  /** The rows of people who were given other relays. */
  readonly #rescued = new Set<number>();
  /** The requests that stand in for lost places, until they are done. */
  readonly #standIns = new Map<OutboxRequest, number>();
  #onDone?: () => void;
  #isDone = false;
  #cancelSettle?: () => void;
  #cancelPatience?: () => void;
  #cancelTimeout?: () => void;

  /**
   * @param without Plans anew for people whose relays are lost; absent where there is
   * no plan.
   * @param rescues How often that was done already.
   */
  constructor(
    seats: Seats,
    options: RequestOptions,
    without?: Planned["without"],
    rescues = 0,
  ) {
    this.#seats = seats;
    this.#options = options;
    this.#spare = without;
    this.#rescues = rescues;
    this.#coverage = new Coverage(seats);
  }

  /** Asks one of the relays: its messages, until the signal is aborted. */
  async *join(
    place: number,
    link: RelayLink,
    filters: readonly NostrFilter[],
    signal: AbortSignal,
  ): AsyncGenerator<RelayMessage, void> {
    const outlet = new Outlet<RelayMessage>();
    const own = new AbortController();
    const abort = () => own.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    const push = (message: RelayMessage) => outlet.push(message);
    const others: Promise<void>[] = [];
    const running = this.#run(place, link, filters, { push, signal: own.signal, others });
    try {
      yield* outlet.read(signal);
    } finally {
      signal.removeEventListener("abort", abort);
      own.abort();
      await running;
      await Promise.all(others);
    }
  }

  async #run(
    place: number,
    link: RelayLink,
    filters: readonly NostrFilter[],
    listener: Listener,
  ): Promise<void> {
    const { clock, timeout } = this.#options;
    this.#listeners.set(place, listener);
    this.#cancelTimeout ??= clock.after(timeout, () => this.#finish());
    const leg = new RelayLeg(link, filters, { ...this.#options, rank: place }, {
      event: (event) => this.#event(place, event),
      late: () => {
        this.#coverage.isLate(place);
        this.#check();
      },
      settled: (outcome) => this.#settled(place, outcome),
      lost: () => this.#lose(place),
    });
    if (this.#isDone) this.#sayEose(place);
    await leg.run(listener.signal);
    this.#listeners.delete(place);
    if (this.#listeners.size === 0) this.#finish();
  }

  #event(place: number, event: NostrEvent): void {
    const isNew = this.#seen.add(event.id);
    if (!this.#isDone) this.#coverage.saw(place, event, isNew);
    if (isNew) this.#listeners.get(place)?.push(["EVENT", SUBSCRIPTION, event]);
  }

  #settled(place: number, { answered, complete }: LegOutcome): void {
    this.#coverage.settle(place, answered);
    if (answered) this.#lost.delete(place);
    if (complete) this.#complete.add(place);
    this.#sayEoseUnlessStoodIn(place);
    this.#check();
  }

  /** Gives those who have no other relay left new ones, on behalf of the lost. */
  #lose(place: number): void {
    this.#lost.add(place);
    const listener = this.#listeners.get(place);
    if (!this.#spare || !listener || this.#rescues >= MOST_RESCUES) return;
    const { urls, pubkeys, authors } = this.#seats;
    const orphans = { write: new Set<string>(), read: new Set<string>() };
    for (const row of this.#coverage.orphans(this.#lost)) {
      if (this.#rescued.has(row)) continue;
      this.#rescued.add(row);
      orphans[row < authors ? "write" : "read"].add(pubkeys[row]);
    }
    if (orphans.write.size + orphans.read.size === 0) return;
    const avoid = new Set([...this.#lost].map((lost) => urls[lost]));
    const isMeant = (pubkey: string, side: "write" | "read") => orphans[side].has(pubkey);
    const { plan, seats, without } = this.#spare(avoid, isMeant, this.#lost.size);
    if (plan.routes.size === 0) return;

    const standIn = new OutboxRequest(seats, this.#options, without, this.#rescues + 1);
    this.#standIns.set(standIn, place);
    standIn.#onDone = () => {
      this.#standIns.delete(standIn);
      this.#sayEoseUnlessStoodIn(place);
      this.#check();
    };
    const push = (message: RelayMessage) => {
      if (message[0] === "EVENT" && this.#seen.add(message[2].id)) listener.push(message);
    };
    for (const [url, filters] of plan.routes) {
      const other = seats.urls.indexOf(url);
      const run = standIn.#run(other, this.#options.link(url), filters, { ...listener, push });
      listener.others.push(run);
    }
  }

  /** Looks whether everybody is covered. */
  #check(): void {
    if (this.#isDone || !this.#coverage.isDone) return;
    const { clock, settle } = this.#options;
    if (this.#standIns.size > 0) {
      this.#cancelPatience ??= clock.after(PATIENCE, () => this.#finish());
    } else if (this.#coverage.isSettled) this.#finish();
    else this.#cancelSettle ??= clock.after(settle, () => this.#finish());
  }

  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#cancelSettle?.();
    this.#cancelPatience?.();
    this.#cancelTimeout?.();
    this.#learn();
    for (const place of this.#listeners.keys()) this.#sayEose(place);
    this.#onDone?.();
  }

  #sayEoseUnlessStoodIn(place: number): void {
    if (![...this.#standIns.values()].includes(place)) this.#sayEose(place);
  }

  #sayEose(place: number): void {
    if (this.#said.has(place)) return;
    this.#said.add(place);
    this.#listeners.get(place)?.push(["EOSE", SUBSCRIPTION]);
  }

  /** Tells the memory which relays had what others had, too. */
  #learn(): void {
    const { memory } = this.#options;
    for (const place of this.#complete) {
      let hits = 0, misses = 0;
      for (const { sent, known } of this.#coverage.delivery(place)) {
        const share = Math.min(1, sent / known);
        hits += share;
        misses += 1 - share;
      }
      if (hits + misses > 0) memory.learned(this.#seats.urls[place], hits, misses);
    }
  }
}

/** `NPool` does not look at it. */
const SUBSCRIPTION = "outbox";
