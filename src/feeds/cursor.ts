/**
 * How far one relay has been read for one filter: what to request next, and what an answer shows.
 *
 * Pure: an answer in, a position out.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { matchFilter } from "nostr-tools";
import { type AnswerProof, weakestProof } from "../nostr/answer_proof.ts";

/** A range of time that was read to its end before, both ends inclusive, in Unix seconds. */
export interface KnownRange {
  readonly since: number;
  readonly until: number;
}

/** What a cursor reads. */
export interface CursorOptions {
  /** The relay, in normal form; empty for the app's own store. */
  readonly url: string;
  /** The filter, narrowed to its subjects, without `since`, `until` and `limit`. */
  readonly filter: NostrFilter;
  /** The filter as the feed has it, but its subjects, as a text. */
  readonly shape: string;
  /** The subjects that the filter names, by their keys; empty if it names none. */
  readonly subjects: readonly string[];
  /** The filter for some of the subjects; absent if it names none. */
  readonly narrow?: (subjects: readonly string[]) => NostrFilter;
  /** The newest second to read. */
  readonly top: number;
  /** The oldest second to read. */
  readonly floor: number;
  /** Ranges that need not be requested, the newest first: the app's store has their events. */
  readonly known?: readonly KnownRange[];
}

/** A request for some events of a cursor, the newest first. */
export interface CursorRequest {
  readonly cursor: Cursor;
  readonly filter: NostrFilter;
  readonly until: number;
  readonly since: number;
  readonly limit: number;
  /** The known range that follows once all is read down to `since`. */
  readonly next?: KnownRange;
}

/** How a relay answered a request. */
export interface CursorAnswer {
  /** Different events that match the filter. */
  readonly events: readonly NostrEvent[];
  /** What the answer to each filter proves; a filter that was too long stands there in parts. */
  readonly proofs: ReadonlyMap<NostrFilter, AnswerProof>;
  /** Fewer events than this, or as many, are no answer that the relay cut by itself. */
  readonly uncut: number;
}

/** What an answer shows to be complete. */
export interface ReadRange extends KnownRange {
  readonly proof: AnswerProof;
}

/** Why a cursor does not go on. */
export interface CursorFailure {
  readonly reason: string;
}

/** Reads this much of a known range again, in seconds: events arrive late, and clocks differ. */
export const OVERLAP_S = 3_600;
/** Most events that one request asks for: many relays refuse or cut more. */
export const MAX_LIMIT = 500;
/** The same where one second holds more events than a page. */
const MAX_SECOND_LIMIT = 5_000;
/** Most seconds that are remembered as cut. */
const MAX_CUT_SECONDS = 20;

/** The oldest second from `since` on that none of some disjoint ranges has, the newest first. */
export function missingFrom(ranges: readonly KnownRange[], since: number): number {
  return ranges.reduceRight(
    (from, range) => range.since <= from && from <= range.until ? range.until + 1 : from,
    since,
  );
}

/** See the module. */
export class Cursor {
  readonly url: string;
  readonly shape: string;
  readonly floor: number;
  readonly top: number;
  readonly #narrow?: CursorOptions["narrow"];
  #filter: NostrFilter;
  #subjects: readonly string[];
  #position: number;
  #known: readonly KnownRange[];
  /** The ids of the last answer's oldest second. */
  #edge: ReadonlySet<string> = new Set();
  #secondLimit = 0;
  /** How many events came. */
  count = 0;
  /** Whether a request is under way. */
  isAsking = false;
  /** Whether no page waits for it, until it answers. */
  isLate = false;
  /** Whether it was ever answered. */
  isAnswered = false;
  /** Whether the relay sent events and never said that they are all: more may be missing. */
  isUnproven = false;
  /** Why it does not go on; absent while it does. */
  failure?: CursorFailure;
  /** Whether known ranges were left out of requests. */
  leftOut = false;
  /** The ids of the events that it brought and no page had yet. */
  readonly sent = new Set<string>();
  /** Seconds of which the relay does not send everything. */
  readonly cutSeconds: number[] = [];

  constructor({ url, filter, narrow, shape, subjects, top, floor, known = [] }: CursorOptions) {
    this.url = url;
    this.#filter = filter;
    this.#narrow = narrow;
    this.shape = shape;
    this.floor = floor;
    this.top = top;
    this.#subjects = subjects;
    this.#position = top + 1;
    this.#known = known;
  }

  /** Everything from this second up to `top` was read, or is known. */
  get position(): number {
    return this.#position;
  }

  /** Whether everything was read. */
  get isDone(): boolean {
    return this.#position <= this.floor;
  }

  /** Whether pages wait for it. */
  get isAwaited(): boolean {
    return !this.isDone && !this.isLate && this.failure === undefined;
  }

  /** Whether a request can be sent. */
  get isIdle(): boolean {
    return !this.isDone && !this.isAsking && this.failure === undefined;
  }

  /** The filter, narrowed to the subjects, without `since`, `until` and `limit`. */
  get filter(): NostrFilter {
    return this.#filter;
  }

  /** The subjects that it is still read for. */
  get subjects(): readonly string[] {
    return this.#subjects;
  }

  /** From this second on, the oldest that is neither read nor known, if any is. */
  gapSince(since: number): number {
    return missingFrom(this.#known, Math.max(since, this.floor));
  }

  /** Whether ranges are known that were not reached yet. */
  get hasKnown(): boolean {
    return this.#known.length > 0;
  }

  /** How many events a second the relay holds, as far as it was read. */
  get rate(): number {
    return (this.count + 1) / (this.top - Math.min(this.top, this.#position) + 60);
  }

  /** No longer reads for these subjects. */
  leave(isGone: (subject: string) => boolean): void {
    const left = this.#subjects.filter((subject) => !isGone(subject));
    if (left.length === this.#subjects.length) return;
    this.#subjects = left;
    this.#filter = this.#narrow?.(left) ?? this.#filter;
  }

  /**
   * The next request.
   *
   * @param goal Down to which second to read, or further if a known range begins before it.
   * @param limit Most events to ask for.
   */
  request(goal: number, limit: number): CursorRequest {
    const until = this.#position - 1;
    const [next] = this.#known;
    const beforeNext = next && Math.max(this.floor, Math.min(until, next.until - OVERLAP_S));
    const isNext = beforeNext !== undefined && beforeNext >= goal;
    const since = isNext ? beforeNext : Math.max(this.floor, Math.min(until, goal));
    const most = Math.max(this.#secondLimit, Math.min(limit, MAX_LIMIT));
    const filter = { ...this.filter, until, limit: most, ...since > 0 ? { since } : {} };
    return { cursor: this, filter, until, since, limit: most, ...isNext ? { next } : {} };
  }

  /**
   * Takes in an answer.
   *
   * @returns What it shows to be complete; absent if it brought the cursor no further.
   */
  answered(request: CursorRequest, answer: CursorAnswer): ReadRange | undefined {
    this.isAnswered = true;
    this.isLate = this.isUnproven;
    const { until, since } = request;
    const parts = this.#parts(request, answer);
    const read = Math.max(...parts.map(({ position }) => position));
    this.count += answer.events.length;
    if (read > until) return this.#stuck(request, answer);
    this.#secondLimit = 0;
    const edge = answer.events.filter(({ created_at }) => created_at < read);
    this.#edge = new Set(edge.map(({ id }) => id));
    const isWhole = parts.every(({ isWhole }) => isWhole);
    this.#position = isWhole && request.next ? Math.min(read, request.next.since) : read;
    if (isWhole && request.next) this.leftOut = true;
    if (isWhole) this.#known = this.#known.filter((range) => range !== request.next);
    this.#skipKnown();
    const proof = isWhole ? weakestProof(parts.map(({ proof }) => proof)) : "inferred";
    return { since: isWhole ? since : read, until, proof };
  }

  /**
   * Takes in events of a relay that never said that they are all. It is read on, and nothing is
   * complete; no page waits for it.
   *
   * @returns Whether they bring the cursor further.
   */
  unproven(events: readonly NostrEvent[]): boolean {
    const oldest = Math.min(...events.map(({ created_at }) => created_at));
    if (!(oldest + 1 < this.#position)) return false;
    this.#position = oldest + 1;
    this.#edge = new Set(events.filter((e) => e.created_at === oldest).map(({ id }) => id));
    this.count += events.length;
    this.isUnproven = this.isLate = true;
    this.#skipKnown();
    return true;
  }

  /** Takes known ranges that the position has reached. */
  #skipKnown(): void {
    for (let [next] = this.#known; next; [next] = this.#known) {
      if (next.until < this.#position - 1) return;
      this.leftOut = true;
      this.#position = Math.min(this.#position, next.since);
      this.#known = this.#known.slice(1);
    }
  }

  /** How far each part of the filter was read; usually there is one. */
  #parts({ filter, since, until, limit }: CursorRequest, answer: CursorAnswer) {
    const { events, proofs, uncut } = answer;
    const whole = proofs.get(filter);
    const parts: [NostrFilter, AnswerProof][] = whole ? [[filter, whole]] : [...proofs];
    if (parts.length === 0) parts.push([filter, "unknown"]);
    return parts.map(([part, proof]) => {
      const own = parts.length === 1 ? events : events.filter((event) => matchFilter(part, event));
      const isNew = own.some(({ id }) => !this.#edge.has(id));
      const isProven = proof === "finish" || proof === "drained";
      // A relay may cut at fewer than it was asked for, and call that complete. What it sends of
      // one second, again and again, may be cut as well; one event is not.
      const isUncut = own.length <= uncut && own.length < limit;
      const isWhole = proof !== "unknown" &&
        (isProven || isUncut || !isNew && own.length < 2);
      if (isWhole) {
        const isDrained = proof === "inferred" && !isNew && own.length > 0;
        return { position: since, isWhole, proof: isDrained ? "drained" as const : proof };
      }
      const oldest = own.reduce((min, { created_at }) => Math.min(min, created_at), until + 1);
      return { position: oldest + 1, isWhole, proof };
    });
  }

  /** The answer lies within one second, or is empty and proves nothing. */
  #stuck({ until, limit }: CursorRequest, { events }: CursorAnswer): ReadRange | undefined {
    if (events.length === 0) {
      this.failure = { reason: "withheld" };
      return undefined;
    }
    if (events.length >= limit && limit < MAX_SECOND_LIMIT) {
      this.#secondLimit = Math.min(4 * limit, MAX_SECOND_LIMIT);
      return undefined;
    }
    if (this.cutSeconds.length < MAX_CUT_SECONDS) this.cutSeconds.push(until);
    this.#secondLimit = 0;
    this.#position = until;
    this.#skipKnown();
    return undefined;
  }
}
