/**
 * All that one relay answers to some filters on one connection: as many REQs and pages as it takes.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { onAbort } from "../base/abortable.ts";
import { sleep } from "../base/clock.ts";
import { type AnswerProof, weakestProof } from "../nostr/answer_proof.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import { isPrivateFilter } from "../nostr/filter_subjects.ts";
import type { RelayFailure, RelayLimits } from "../nostr/relay_failure.ts";
import type { EoseHint } from "../nostr/relay_frame.ts";
import { BACKOFFS, waitMs } from "../relays/backoff.ts";
import { limitsFrom } from "../relays/relay_replies.ts";
import {
  addToPage,
  endOf,
  type FilterPage,
  firstPage,
  lessonOf,
  PageIndex,
  samePage,
} from "./pagination.ts";
import { RateLimitWaits } from "./rate_limit_waits.ts";
import type { RelayConnection } from "./relay_connection.ts";
import type { QueryRequests, RelayQueryOptions, StoredEnd } from "./relay_query_options.ts";
import type { RelaySubscription } from "./relay_subscription.ts";
import { reqSize } from "./req_size.ts";
import { splitLiveReqs, splitReqs } from "./split_reqs.ts";

/** Most REQs of a query that stay open: connections have a slot for each request, not for more. */
const MAX_STAYING_REQS = 1;
/**
 * For how long a relay may refuse what was sent at once with a REQ too many, in milliseconds. What is
 * sent again sooner would pass for the one that the next NOTICE refuses.
 */
const REFUSALS_MS = 50;
/** How often a REQ is sent again, in smaller parts or after a wait. */
const MAX_REQ_TRIES = 8;

/** How a relay may refuse a REQ because it does not know `limit: 0`. */
const LIMIT_REFUSALS: readonly RelayFailure[] = ["invalid", "error", "unsupported", "closed"];

/** Filters on one connection: stored events first, then new ones over the REQs that stay open. */
export class RelayQuery implements QueryRequests {
  readonly #connection: RelayConnection;
  readonly #options: RelayQueryOptions;
  readonly #signal: AbortSignal;
  readonly #waits: RateLimitWaits;
  readonly #subscriptions = new Set<RelaySubscription>();
  /** Subscriptions without an EOSE so far. */
  readonly #pending = new Set<RelaySubscription>();
  readonly #ended = Promise.withResolvers<RelayFailureError>();
  /** What waits for a slot, or has no place, of what is to be live. */
  readonly #unserved = new Set<readonly FilterPage[]>();
  #unansweredBytes = 0;
  /** Whether it asks for anything but private kinds. */
  #hasPublicKinds = false;
  /** How many REQs are to stay open. */
  #stayingReqs = 0;
  #staysOpen = true;
  #isLive = false;
  #staleBefore = -Infinity;
  /** What the answer to each filter proves, as far as it is over. */
  readonly #proofs = new Map<NostrFilter, AnswerProof>();
  #answeredReqs = 0;
  #lastError?: RelayFailureError;

  constructor(connection: RelayConnection, options: RelayQueryOptions, signal: AbortSignal) {
    this.#connection = connection;
    this.#options = options;
    this.#signal = signal;
    this.#waits = new RateLimitWaits(connection.namedWait, options, signal);
    // The signal is of this connection's use alone, and goes with it.
    onAbort(signal, () => this.close());
  }

  /** What the answer to each filter proves; a filter that was too long stands there in parts. */
  get proofs(): ReadonlyMap<NostrFilter, AnswerProof> {
    return this.#proofs;
  }

  /** Resolves with the reason once a REQ ends that was to stay open. */
  get ended(): Promise<RelayFailureError> {
    return this.#ended.promise;
  }

  /** Whether a REQ was sent that has not come to its EOSE. */
  get isPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Each resolves once what came so far of a REQ is verified; empty if nothing waits for that. */
  get verifying(): Promise<void>[] {
    return [...this.#subscriptions].filter(({ isVerifying }) => isVerifying)
      .map((subscription) => subscription.verified());
  }

  /** The length of the longest REQ that ended before its EOSE, in bytes; 0 if none did. */
  get unansweredBytes(): number {
    return this.#unansweredBytes;
  }

  /**
   * Whether REQs that were to stay open may: `false` once REQs for stored events are too many for
   * that. Also `true` before the first, and where none is to stay open (`isOnce`).
   */
  get staysOpen(): boolean {
    return this.#staysOpen;
  }

  /**
   * The filters of {@link RelayQuery.requestLive} without a REQ: it waits for a slot, or the relay
   * takes no more REQs of one query.
   */
  get unserved(): NostrFilter[] {
    return [...this.#unserved].flatMap((pages) => pages.map(({ filter }) => filter));
  }

  /**
   * Requests stored events, and resolves when there are no more.
   *
   * @throws {RelayFailureError} If the relay answered no REQ.
   */
  async requestStored(filters: readonly NostrFilter[]): Promise<void> {
    await this.#requestAll(filters.map(firstPage), !this.#options.isOnce, 0);
    if (this.#answeredReqs === 0 && this.#lastError) throw this.#lastError;
  }

  /**
   * Requests new events alone, from now on, and resolves once the relay sends them. Of more REQs
   * than the relay lets stay open, the last are not sent.
   *
   * @param staleBefore Stored events that are older, in Unix seconds, are dropped: a relay may
   * answer `limit: 0` with all that it has.
   */
  async requestLive(filters: readonly NostrFilter[], staleBefore: number): Promise<void> {
    this.#isLive = true;
    this.#staleBefore = staleBefore;
    await this.#requestAll(filters.map(firstPage), true, 0);
  }

  /**
   * Requests stored events beside the REQs for new ones, and resolves when there are no more.
   *
   * @throws {RelayFailureError} If the relay answered no REQ.
   */
  async catchUp(filters: readonly NostrFilter[]): Promise<void> {
    if (filters.length === 0) return;
    this.#answeredReqs = 0;
    await this.#requestAll(filters.map(firstPage), false, 0);
    if (this.#answeredReqs === 0 && this.#lastError) throw this.#lastError;
  }

  /** Closes all subscriptions. */
  close(): void {
    for (const subscription of this.#subscriptions) subscription.close();
    this.#subscriptions.clear();
  }

  get #limits(): RelayLimits {
    const limits = this.#options.memory.limits(this.#connection.url);
    const { maxMessageLength = Infinity } = limits;
    const { maxReqBytes = Infinity } = this.#options;
    if (maxReqBytes >= maxMessageLength) return limits;
    return { ...limits, maxMessageLength: maxReqBytes };
  }

  async #requestAll(pages: readonly FilterPage[], stay: boolean, tries: number): Promise<void> {
    if (!pages.every(({ filter }) => isPrivateFilter(filter))) this.#hasPublicKinds = true;
    const pageOf = new Map(pages.map((page) => [page.filter, page]));
    const filters = pages.map(({ filter }) => filter);
    const isLive = stay && this.#isLive;
    const places = Math.max(0, this.#connection.maxStaying - this.#stayingReqs);
    const reqs = isLive
      ? splitLiveReqs(filters, this.#limits, Math.max(1, places))
      : splitReqs(filters, this.#limits);
    if (stay && !this.#mayStay(reqs.length)) this.#staysOpen = stay = false;
    // A filter that was too long by itself comes in parts, each a first page.
    const all = reqs.map((req) => req.map((filter) => pageOf.get(filter) ?? firstPage(filter)));
    if (isLive) {
      // Nothing could be requested beside the REQ in a single slot: it is for stored events then.
      const isOneTooFew = this.#connection.hasOneSlot && all.length > 1;
      for (const rest of all.splice(isOneTooFew ? 0 : places)) this.#unserved.add(rest);
    }
    if (stay) this.#stayingReqs += all.length;
    await Promise.all(all.map((reqPages) => this.#request(reqPages, stay, tries)));
  }

  /** REQs for new events may wait for slots; REQs for stored events must not. */
  #mayStay(count: number): boolean {
    if (this.#isLive) return true;
    return this.#stayingReqs + count <= MAX_STAYING_REQS && this.#connection.mayStay(count);
  }

  async #request(pages: readonly FilterPage[], stay: boolean, tries: number): Promise<void> {
    if (stay && this.#isLive) this.#unserved.add(pages);
    await this.#waits.beforeReq();
    const releaseSlot = await this.#connection.acquireSlot(this.#signal, stay);
    this.#unserved.delete(pages);
    this.#options.onProgress();
    // The signal may have been aborted just when the slot was free.
    if (this.#signal.aborted) return releaseSlot();
    const { subscription, stored } = this.#subscribe(pages, stay, releaseSlot);
    const { error, hints } = await stored;
    this.#pending.delete(subscription);
    if (error || !stay) this.#subscriptions.delete(subscription);
    if (this.#signal.aborted) return;
    if (error) {
      if (stay) this.#stayingReqs--;
      return await this.#retry(pages, stay, tries, error, subscription);
    }
    this.#answeredReqs++;
    this.#waits.answered();
    this.#options.onProgress();
    if (stay && this.#isLive) return this.#checkLive(pages);
    if (!stay) subscription.close();
    const isWithheld = hints.includes("auth");
    const rest = isWithheld ? await this.#askSignedIn(pages, stay) : pages;
    await this.#continue(rest, hints);
  }

  /** Sends a REQ. `stored` resolves at its EOSE, or with what went wrong before that. */
  #subscribe(pages: readonly FilterPage[], stay: boolean, releaseSlot: () => void) {
    const { promise: stored, resolve } = Promise.withResolvers<StoredEnd>();
    const index = new PageIndex(pages);
    const filters = pages.map(({ filter }) => filter);
    let isStored = true;
    const settle = (end: StoredEnd) => {
      isStored = false;
      resolve(end);
    };
    // The connection may call each of these before it returns the subscription.
    const subscription = this.#connection.subscribe(
      filters,
      {
        event: (event) => {
          const matching = index.of(event);
          if (matching.length === 0) return this.#connection.countJunk();
          if (isStored) { for (const page of matching) addToPage(page, event); }
          const isOld = isStored && stay && this.#isLive && event.created_at < this.#staleBefore;
          if (isOld) return;
          this.#options.onEvent(event);
        },
        eose: (hints) => settle({ hints }),
        end: (error) => {
          if (isStored) {
            this.#unansweredBytes = Math.max(this.#unansweredBytes, reqSize(filters).bytes);
            settle({ error, hints: [] });
          } else if (stay) this.#ended.resolve(error);
        },
      },
      releaseSlot,
    );
    this.#subscriptions.add(subscription);
    this.#pending.add(subscription);
    // Closing the subscription from this side reports nothing, so the abort settles it.
    const release = onAbort(this.#signal, () => settle({ hints: [] }));
    return { subscription, stored: stored.finally(release) };
  }

  /** Notices a relay that answers `limit: 0` with stored events; one may just have come. */
  #checkLive(pages: readonly FilterPage[]): void {
    const count = pages.reduce(
      (sum, { filter, count }) => sum + (filter.limit === 0 ? count : 0),
      0,
    );
    if (count > 1) this.#options.memory.learnLimits(this.#connection.url, { minLimit: 1 });
  }

  /** Requests the next pages of what was cut. */
  async #continue(pages: readonly FilterPage[], hints: readonly EoseHint[]): Promise<void> {
    const { memory, maxPages } = this.#options;
    const nextPages: FilterPage[] = [];
    const isMoving = pages.some(({ fresh }) => fresh > 0);
    for (const page of pages) {
      // Where a relay says what is left, it teaches nothing about where it cuts by itself.
      const lesson = hints.length > 0 ? {} : lessonOf(page, this.#limits);
      if (Object.keys(lesson).length > 0) memory.learnLimits(this.#connection.url, lesson);
      const { next, proof } = endOf(page, this.#limits, hints, { isMoving, maxPages });
      if (next) nextPages.push(next);
      if (proof) this.#prove(page, proof);
    }
    if (nextPages.length > 0) await this.#requestAll(nextPages, false, 0);
  }

  #prove({ origin }: FilterPage, proof: AnswerProof): void {
    this.#proofs.set(origin, weakestProof([this.#proofs.get(origin) ?? proof, proof]));
  }

  /** Sends a REQ again that was not answered, if there is a better way to send it. */
  async #retry(
    refused: readonly FilterPage[],
    stay: boolean,
    tries: number,
    error: RelayFailureError,
    { filters, place, reasonText = "" }: RelaySubscription,
  ): Promise<void> {
    const { memory, clock } = this.#options;
    const { url, ended } = this.#connection;
    let pages = refused;
    if (!ended && tries < MAX_REQ_TRIES && error.reason === "auth-required") {
      // A relay may send its challenge only now.
      if (await this.#signIn()) return await this.#requestAll(pages.map(samePage), stay, tries + 1);
      pages = await this.#askSignedIn(refused, stay);
      if (pages.length === 0 || this.#signal.aborted) return;
    }
    if (!ended && tries < MAX_REQ_TRIES) {
      // Of several REQs too many, the one that was sent first shows how many are not.
      const { maxSubscriptions = Infinity } = this.#limits;
      const subscriptions = Math.min(place, maxSubscriptions + 1);
      const sent = { ...reqSize(filters), subscriptions };
      const lesson = limitsFrom(reasonText, sent);
      if (Object.keys(lesson).length > 0) {
        memory.learnLimits(url, lesson);
        if (lesson.maxSubscriptions) await sleep(clock, REFUSALS_MS, this.#signal);
        return await this.#requestAll(pages.map(samePage), stay, tries + 1);
      }
      if (this.#limits.minLimit === undefined && LIMIT_REFUSALS.includes(error.reason)) {
        const asked = pages.filter(({ filter }) => filter.limit === 0);
        if (stay && this.#isLive && asked.length === pages.length) {
          memory.learnLimits(url, { minLimit: 1 });
          const live = pages.map(({ filter }) => firstPage({ ...filter, limit: 1 }));
          return await this.#requestAll(live, stay, tries + 1);
        }
      }
      if (error.reason === "rate-limited") {
        await this.#waits.refused(reasonText, tries + 1, error);
        return await this.#requestAll(pages.map(samePage), stay, tries + 1);
      }
    }
    for (const page of pages) this.#prove(page, "unknown");
    this.#lastError = error;
    if (this.#isWithheld(pages.map(({ filter }) => filter), error)) {
      if (tries === 0) this.#options.onRelayError?.(error);
      return void this.#retryWithheld(pages, stay, tries);
    }
    if (!ended) {
      memory.failed(url, error.reason, clock.now());
      this.#options.onRelayError?.(error);
    }
    if (stay) this.#ended.resolve(error);
  }

  /** Signs in on this connection; `false` if it cannot, or need not any more. */
  async #signIn(): Promise<boolean> {
    try {
      return await this.#connection.signIn(this.#signal);
    } catch (error) {
      if (error instanceof RelayFailureError || this.#signal.aborted) return false;
      throw error;
    }
  }

  /** Requests pages over connections that sign in; returns those that nobody signs in for. */
  async #askSignedIn(pages: readonly FilterPage[], stay: boolean): Promise<readonly FilterPage[]> {
    const filters = pages.map(({ filter }) => filter);
    const proofs = await this.#options.onAuthRequired?.(filters, (query, some) => {
      if (!stay) return query.catchUp(some);
      return this.#isLive ? query.requestLive(some, this.#staleBefore) : query.requestStored(some);
    });
    return pages.filter((page) => {
      const proof = proofs?.get(page.filter);
      if (proof === undefined) return true;
      this.#proofs.set(page.origin, proof);
      this.#answeredReqs++;
      return false;
    });
  }

  /**
   * Whether a relay keeps private kinds from us, and serves the rest: that ends no query, and says
   * nothing against the relay.
   */
  #isWithheld(filters: readonly NostrFilter[], { reason }: RelayFailureError): boolean {
    return this.#hasPublicKinds && filters.every(isPrivateFilter) &&
      (reason === "auth-required" || reason === "restricted");
  }

  /** Requests withheld events again, some times: the user may have signed in meanwhile. */
  async #retryWithheld(pages: readonly FilterPage[], stay: boolean, tries: number): Promise<void> {
    if (tries >= MAX_REQ_TRIES) return;
    const { clock, random } = this.#options;
    await sleep(clock, waitMs(BACKOFFS.refused, tries + 1, random), this.#signal);
    try {
      await this.#requestAll(pages.map(samePage), stay, tries + 1);
    } catch (error) {
      // A query that is over gets no slot for a REQ, which is no failure.
      if (!this.#signal.aborted) throw error;
    }
  }
}
