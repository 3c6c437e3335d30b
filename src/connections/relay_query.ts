/**
 * One relay's whole answer on one connection: as many REQs and pages as it takes.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { type Clock, sleep } from "../base/clock.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import type { RelayLimits } from "../nostr/types.ts";
import { BACKOFFS, waitMs } from "../relays/backoff.ts";
import type { RelayMemory } from "../relays/relay_memory.ts";
import { failureOf, limitsFrom, refusalOf, retryAfter } from "../relays/relay_replies.ts";
import {
  enter,
  type FilterPage,
  firstPage,
  isCut,
  isPaged,
  lessonOf,
  nextPage,
  PageIndex,
  samePage,
} from "./pagination.ts";
import type { RelayConnection } from "./relay_connection.ts";
import type { RelaySubscription } from "./relay_subscription.ts";
import { splitReqs } from "./split_reqs.ts";

/** What an answer needs. */
export interface RelayQueryOptions {
  readonly clock: Clock;
  readonly memory: RelayMemory;
  readonly random: () => number;
  /** Most pages of one filter beyond the first. */
  readonly maxPages: number;
  /** Longest REQ, in bytes, where a longer one may have been the relay's trouble. */
  readonly maxLength?: number;
  /** Whether stored events are all that is wanted, so that no REQ stays open. @default false */
  readonly isOnce?: boolean;
  /** An event came that was asked for. */
  readonly onEvent: (event: NostrEvent) => void;
  /** Told of a refusal. */
  readonly onRelayError?: (error: RelayFailureError) => void;
  /** The answer goes on: something came that was waited for. */
  readonly onProgress: () => void;
  /** The relay is left alone for so many milliseconds, as it wants to be. */
  readonly onWait?: (ms: number, error: RelayFailureError) => void;
}

/** Most REQs that stay open for new events, as there is a place for each request; more are replaced. */
const MOST_STAYING = 1;
/** How often a REQ is sent anew, in smaller parts or after a while. */
const MOST_TRIES = 8;
/** Events that were not asked for after which a relay is not listened to. */
const MOST_UNASKED = 100;

/** Stored events first; then those of the REQs that stay open. */
export class RelayQuery {
  readonly #connection: RelayConnection;
  readonly #options: RelayQueryOptions;
  readonly #signal: AbortSignal;
  readonly #open = new Set<RelaySubscription>();
  /** Those that have not come to their EOSE, in the order in which they were sent. */
  readonly #waiting = new Set<RelaySubscription>();
  readonly #over = Promise.withResolvers<RelayFailureError>();
  #unasked = 0;
  #lost = 0;
  /** How many REQs are to stay open. */
  #staying = 0;
  #stays = true;
  #isLive = false;
  #isComplete = true;
  #answered = 0;
  #lastError?: RelayFailureError;

  constructor(session: RelayConnection, options: RelayQueryOptions, signal: AbortSignal) {
    this.#connection = session;
    this.#options = options;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.close(), { once: true });
  }

  /** Whether nothing was cut off, refused or dropped so far. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Resolves with the reason once a REQ ends that was to stay open. */
  get over(): Promise<RelayFailureError> {
    return this.#over.promise;
  }

  /** Whether a REQ is out that has not come to its EOSE. */
  get isAsking(): boolean {
    return this.#waiting.size > 0;
  }

  /** How long the longest REQ was that was not answered, in bytes. */
  get lost(): number {
    return this.#lost;
  }

  /** Whether the REQs that were asked stay open for new events, since they are few. */
  get stays(): boolean {
    return this.#stays;
  }

  /**
   * Asks for stored events, and resolves when there are no more.
   *
   * @throws {RelayFailureError} If the relay answered none of it.
   */
  async stored(filters: readonly NostrFilter[]): Promise<void> {
    await this.#askAll(filters.map(firstPage), !this.#options.isOnce, 0);
    if (this.#answered === 0 && this.#lastError) throw this.#lastError;
  }

  /** Closes what is open, and asks for new events alone. */
  live(filters: readonly NostrFilter[]): Promise<void> {
    this.close();
    this.#isLive = true;
    return this.#askAll(filters.map(firstPage), true, 0);
  }

  /**
   * What the relay says to nobody in particular may be about a REQ of ours: that it
   * has too many filters, is one too many, or is refused.
   */
  notice(words: string): void {
    const { url, subscriptions } = this.#connection;
    const largest = [...this.#waiting].sort((a, b) =>
      b.filters.length - a.filters.length || sizeOf(b.filters).bytes - sizeOf(a.filters).bytes
    ).at(0);
    const last = [...this.#waiting].at(-1);
    for (const subscription of new Set([largest, last])) {
      if (!subscription) continue;
      const lesson = limitsFrom(words, { ...sizeOf(subscription.filters), subscriptions });
      const about = lesson.maxSubscriptions === undefined ? largest : last;
      if (Object.keys(lesson).length === 0 || about !== subscription) continue;
      subscription.reasonText = words;
      this.#waiting.delete(subscription);
      return subscription.end(new RelayFailureError(url, failureOf(words), words));
    }
    const refusal = refusalOf(words);
    if (refusal === undefined || !last) return;
    last.reasonText = words;
    this.#waiting.delete(last);
    last.end(new RelayFailureError(url, refusal, words));
  }

  /** Closes all that is open. */
  close(): void {
    for (const subscription of this.#open) subscription.close();
    this.#open.clear();
  }

  get #limits(): RelayLimits {
    const known = this.#options.memory.limits(this.#connection.url);
    const { maxMessageLength = Infinity } = known;
    const { maxLength = Infinity } = this.#options;
    if (maxLength >= maxMessageLength) return known;
    return { ...known, maxMessageLength: maxLength };
  }

  async #askAll(pages: readonly FilterPage[], stay: boolean, tries: number): Promise<void> {
    const pageOf = new Map(pages.map((page) => [page.filter, page]));
    const reqs = splitReqs(pages.map(({ filter }) => filter), this.#limits);
    if (stay && !this.#mayStay(reqs.length)) this.#stays = stay = false;
    if (stay) this.#staying += reqs.length;
    await Promise.all(reqs.map((req) => {
      // A filter that was too long by itself comes in parts, each a first page.
      const own = req.map((filter) => pageOf.get(filter) ?? firstPage(filter));
      return this.#ask(own, stay, tries);
    }));
  }

  /** New events alone are worth waiting for until others leave; stored ones are not to wait. */
  #mayStay(count: number): boolean {
    if (this.#isLive) return true;
    return this.#staying + count <= MOST_STAYING && this.#connection.mayStay(count);
  }

  async #ask(pages: readonly FilterPage[], stay: boolean, tries: number): Promise<void> {
    const leave = await this.#connection.enter(this.#signal, stay);
    this.#options.onProgress();
    // It may have been given up just when its turn had come.
    if (this.#signal.aborted) return leave();
    const { subscription, ended } = this.#subscribe(pages, stay, leave);
    const error = await ended;
    this.#waiting.delete(subscription);
    if (error || !stay) this.#open.delete(subscription);
    if (this.#signal.aborted) return;
    if (error) {
      if (stay) this.#staying--;
      return await this.#again(pages, stay, tries, error, subscription);
    }
    this.#answered++;
    this.#options.onProgress();
    if (!stay) subscription.close();
    await this.#turn(pages);
  }

  /** Sends a REQ; `ended` says how it came to its EOSE, `undefined` if well. */
  #subscribe(pages: readonly FilterPage[], stay: boolean, leave: () => void) {
    const { promise: ended, resolve } = Promise.withResolvers<RelayFailureError | undefined>();
    const index = new PageIndex(pages);
    const filters = pages.map(({ filter }) => filter);
    let isStored = true;
    const settle = (error?: RelayFailureError) => {
      isStored = false;
      resolve(error);
    };
    // All of this may be called before there is a subscription to speak of.
    const subscription = this.#connection.subscribe(
      filters,
      {
        event: (event) => {
          const own = index.of(event);
          if (own.length === 0) return this.#isUnasked();
          if (isStored) { for (const page of own) enter(page, event); }
          this.#options.onEvent(event);
        },
        eose: () => settle(),
        end: (error) => {
          if (isStored) {
            this.#lost = Math.max(this.#lost, sizeOf(filters).bytes);
            settle(error);
          } else if (stay) this.#over.resolve(error);
        },
      },
      leave,
    );
    this.#open.add(subscription);
    this.#waiting.add(subscription);
    // Closing from this side ends the waiting, too.
    this.#signal.addEventListener("abort", () => settle(), { once: true });
    return { subscription, ended };
  }

  /** Goes on to the next pages of what was cut. */
  async #turn(pages: readonly FilterPage[]): Promise<void> {
    const { memory, maxPages } = this.#options;
    const next: FilterPage[] = [];
    for (const page of pages) {
      const lesson = lessonOf(page, this.#limits);
      if (Object.keys(lesson).length > 0) memory.learnLimits(this.#connection.url, lesson);
      if (!isCut(page, this.#limits)) continue;
      const following = isPaged(page.filter) ? nextPage(page) : undefined;
      if (following && following.page <= maxPages) next.push(following);
      else if (!isPaged(page.filter) || following) this.#isComplete = false;
    }
    if (next.length > 0) await this.#askAll(next, false, 0);
  }

  /** Sends a REQ again that was not answered, if there is a better way to send it. */
  async #again(
    pages: readonly FilterPage[],
    stay: boolean,
    tries: number,
    error: RelayFailureError,
    { filters, reasonText = "" }: RelaySubscription,
  ): Promise<void> {
    const { memory, clock, random } = this.#options;
    const { url, ended, subscriptions } = this.#connection;
    if (!ended && tries < MOST_TRIES) {
      const sent = { ...sizeOf(filters), subscriptions: subscriptions + 1 };
      const lesson = limitsFrom(reasonText, sent);
      if (Object.keys(lesson).length > 0) {
        memory.learnLimits(url, lesson);
        return await this.#askAll(pages.map(samePage), stay, tries + 1);
      }
      if (error.reason === "rate-limited") {
        const wait = retryAfter(reasonText) ??
          waitMs(BACKOFFS.rateLimitedReq, tries + 1, random);
        this.#options.onWait?.(wait, error);
        await sleep(clock, wait, this.#signal);
        return await this.#askAll(pages.map(samePage), stay, tries + 1);
      }
    }
    this.#isComplete = false;
    this.#lastError = error;
    if (!ended) {
      memory.failed(url, error.reason, clock.now());
      this.#options.onRelayError?.(error);
    }
    if (stay) this.#over.resolve(error);
  }

  #isUnasked(): void {
    if (++this.#unasked < MOST_UNASKED) return;
    const detail = `${this.#unasked} events that were not asked for`;
    this.#connection.end(new RelayFailureError(this.#connection.url, "junk", detail));
  }
}

/** What a REQ has besides its filters: the verb, an id, commas. */
const OVERHEAD = 80;

function sizeOf(filters: readonly NostrFilter[]) {
  return { filters: filters.length, bytes: JSON.stringify(filters).length + OVERHEAD };
}
