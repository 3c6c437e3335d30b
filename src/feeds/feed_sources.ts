/**
 * What a feed reads from, and what it hands out.
 *
 * The room `feeds` has pages of events, merged over the relays of a plan, with a cursor for each
 * relay, and without gaps that nobody names.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { Clock } from "../base/clock.ts";
import type { AnswerProof } from "../nostr/answer_proof.ts";
import type { RelayFailure, RelayLimits } from "../nostr/relay_failure.ts";
import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import type { UnroutedReason } from "../nostr/unrouted.ts";
import type { Planned } from "../plan/replan.ts";
import type { SpanBook } from "../spans/span_book.ts";

/** Why somebody's events may be missing. */
export type GapReason =
  /** The relay has not answered yet. Its events come in `late`. */
  | "late"
  /** The relay has more events in one second than it sends. */
  | "cut"
  /** The relay answers, and keeps events back. */
  | "withheld"
  /** The relay was not tried: it failed a short while ago. */
  | "resting"
  /**
   * Only relays that the person does not name were read: no relay on the person's list can be asked,
   * or has a place among `maxRelays`.
   */
  | "fallback"
  | RelayFailure
  | UnroutedReason;

/** Whose events may be missing in the pages so far. */
export interface FeedGap {
  /** The person; absent where the filter names nobody. */
  readonly pubkey?: string;
  /** The relay, in normal form; absent if none is known yet, or at all: it may be any. */
  readonly relay?: string;
  /** From this second on, in Unix seconds, events of the person at the relay may be missing. */
  readonly since: number;
  /** Why they may be missing. */
  readonly reason: GapReason;
}

/** The plan of a feed. */
export interface FeedPlan extends Planned {
  /** The search for lists that goes on meanwhile; absent if there is none. */
  readonly search?: {
    /** The people whose lists are looked for. They are read from fallback relays. */
    readonly people: ReadonlySet<string>;
    /** All that is known once it is over. */
    readonly found: Promise<ReadonlyMap<string, RelayKnowledge>>;
  };
}

/** One page of a feed. */
export interface FeedPage {
  /**
   * The newest events that no page had yet, the newest first. No later page has a newer one in
   * `events`.
   */
  readonly events: readonly NostrEvent[];
  /**
   * From this second up to the feed's start nothing is missing but what `behind` names, in Unix
   * seconds.
   */
  readonly since: number;
  /** Whose events may be missing, where, and why. */
  readonly behind: readonly FeedGap[];
  /** Events that belong into earlier pages and came since, the newest first. */
  readonly late: readonly NostrEvent[];
}

/** How a relay answered some filters. */
export interface FeedAnswer {
  /** Why it did not answer; absent if it did. */
  readonly reason?: RelayFailure;
  /** What the answer to each filter proves. */
  readonly proofs: ReadonlyMap<NostrFilter, AnswerProof>;
}

/** What a feed needs of an outbox. */
export interface FeedSources {
  readonly clock: Clock;
  /** Plans the feed; waits for missing relay lists, unless `isEarly` and something can be asked. */
  readonly plan: (
    filters: readonly NostrFilter[],
    signal: AbortSignal,
    isEarly?: boolean,
  ) => Promise<FeedPlan>;
  /** Asks one relay for stored events. Never rejects. */
  readonly ask: (
    url: string,
    filters: readonly NostrFilter[],
    opts: { readonly onEvent: (event: NostrEvent) => void; readonly signal: AbortSignal },
  ) => Promise<FeedAnswer>;
  /** New events, from a time on, as relays send them, until the signal is aborted. */
  readonly live: (
    filters: readonly NostrFilter[],
    signal: AbortSignal,
  ) => AsyncIterable<NostrEvent>;
  /** Whether a relay is not to be connected to for now. */
  readonly isResting: (url: string) => boolean;
  /** Where a relay is known to cut its answers. */
  readonly limits: (url: string) => RelayLimits;
  readonly spans: Pick<SpanBook, "ready" | "add" | "get" | "relaysOf" | "storeMarks" | "markStore">;
  /** Calls the listener with what changed lists say of their authors, until the result is called. */
  readonly onList: (listener: (pubkey: string, news: RelayKnowledge) => void) => () => void;
  /** Called with what a page shows of a relay: how much of others' events it had, and lacked. */
  readonly onDelivery: (url: string, hits: number, misses: number) => void;
  readonly onError: (error: Error) => void;
}
