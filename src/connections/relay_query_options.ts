/**
 * What a query needs, and how it is asked.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { AnswerProof } from "../nostr/answer_proof.ts";
import type { RelayFailureError } from "../nostr/errors.ts";
import type { EoseHint } from "../nostr/relay_frame.ts";
import type { RelayMemory } from "../relays/relay_memory.ts";
import type { RateLimitWaitsOptions } from "./rate_limit_waits.ts";

/** The three ways to request filters from a query; each resolves when there is no more to wait for. */
export interface QueryRequests {
  /** Requests stored events, and keeps REQs open for new ones unless only stored ones are wanted. */
  requestStored(filters: readonly NostrFilter[]): Promise<void>;
  /** Requests new events, and drops stored ones from before `staleBefore`, in Unix seconds. */
  requestLive(filters: readonly NostrFilter[], staleBefore: number): Promise<void>;
  /** Requests stored events alone. */
  catchUp(filters: readonly NostrFilter[]): Promise<void>;
}

/** Dependencies and settings of a `RelayQuery`. */
export interface RelayQueryOptions extends RateLimitWaitsOptions {
  readonly memory: RelayMemory;
  /** Most pages of one filter beyond the first. */
  readonly maxPages: number;
  /** Longest REQ, in bytes, where a longer one may have made the relay hang up. */
  readonly maxReqBytes?: number;
  /** Whether only stored events are wanted, so that no REQ stays open. @default false */
  readonly isOnce?: boolean;
  /** Called with each event that matches the filters. */
  readonly onEvent: (event: NostrEvent) => void;
  /** Called with each refusal. */
  readonly onRelayError?: (error: RelayFailureError) => void;
  /** Called when the query makes progress: a REQ is sent, or one comes to its EOSE. */
  readonly onProgress: () => void;
  /**
   * Called with filters that the relay does not answer without a sign-in; `ask` requests them from
   * another query as they were requested here. Resolves with what the answers to some of them prove.
   */
  readonly onAuthRequired?: (
    filters: readonly NostrFilter[],
    ask: (query: QueryRequests, filters: readonly NostrFilter[]) => Promise<void>,
  ) => Promise<ReadonlyMap<NostrFilter, AnswerProof>>;
}

/** How the stored events of a REQ came to their end. */
export interface StoredEnd {
  /** What went wrong before EOSE. */
  readonly error?: RelayFailureError;
  /** What the EOSE says (NIP-67). */
  readonly hints: readonly EoseHint[];
}
