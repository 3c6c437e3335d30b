/**
 * What is known about the relays of subjects, and where routers look it up.
 *
 * The room `nostr` has what the NIPs define, read from values: kinds, pubkeys, events, filters,
 * relay URLs, relay lists. Nothing in it waits.
 *
 * @module
 */

import type { RefusedRelay } from "./relay_policy.ts";

/** The side of a relay list that counts: outbox (`write`) or inbox (`read`). */
export type Side = "write" | "read";

/**
 * As what a subject is looked for, which decides the relays that count.
 * - `write`: an author, on their write relays.
 * - `read`: a tagged user, on their read relays.
 * - `dm`: the recipient of gift wraps, on the relays of their kind 10050 list.
 * - `private`: the author of private drafts, on the relays of their kind 10013 list, besides
 *   `write`.
 * - `index`: the author of a profile or list, on indexers, besides `write`.
 * - `id`: an event by its id, on relays that hints name.
 * - `thread`: an event whose replies, reactions and quotes are looked for, on its author's read
 *   relays and where the event was seen.
 * - `group`: a group, on its host.
 * - `given`: a person or an event, on relays that come with the request (a pasted link's own),
 *   besides the other roles.
 */
export type Role = Side | "dm" | "private" | "index" | "id" | "thread" | "group" | "given";

/**
 * Where a hint comes from, in order of falling trust: entered by hand; a code that a user
 * pasted (`nprofile`, `nevent`, `naddr`, NIP-19); a NIP-05 document; a follow list (kind 3); a
 * tag of an event; a relay that delivered an event.
 */
export type HintSource = "hand" | "nip19" | "nip05" | "follows" | "tag" | "delivered";

/** A relay that may have a subject's events, by hearsay. */
export interface RelayHint {
  /** The relay, in normal form. */
  readonly url: string;
  /** The weight of the hint, in (0, 1]. */
  readonly weight: number;
  /** Where the hint comes from; `author`: the author of the event writes to this relay. */
  readonly source: HintSource | "author";
}

/**
 * What is known about the relays of one subject: a user, an event or a group. URLs are in
 * normal form, the preferred ones first.
 */
export interface RelayKnowledge {
  /** Outbox: the relays that this user writes to (kind 10002, NIP-65). */
  readonly write?: readonly string[];
  /** Inbox: the relays where this user looks for mentions (kind 10002, NIP-65). */
  readonly read?: readonly string[];
  /** The relays that gift wraps for this user go to (kind 10050, NIP-17). */
  readonly dm?: readonly string[];
  /** The relays of this user's private drafts (kind 10013, NIP-37). */
  readonly private?: readonly string[];
  /** Hints, best first. They count only if no list names a usable relay. */
  readonly hints?: readonly RelayHint[];
  /** The author, if the subject is an event and its author is known. */
  readonly author?: string;
  /**
   * Relays that the request itself names for this person or event: the best `relaysPerAuthor` of
   * them are asked, whatever else is known.
   */
  readonly given?: readonly string[];
  /** Entries that name no usable relay; absent if there are none. */
  readonly refused?: readonly RefusedRelay[];
}

/** A user's relays (NIP-65), in normal form, in the order of the list. */
export interface RelayList extends RelayKnowledge {
  /** The user: 64 lowercase hex characters. */
  readonly pubkey: string;
  /** When the list was written, in Unix seconds. */
  readonly created_at: number;
  /** When the list expires, in Unix seconds (NIP-40); absent if it never does. */
  readonly expires_at?: number;
  /** Outbox: the relays that this user writes to. */
  readonly write: readonly string[];
  /** Inbox: the relays where this user looks for mentions. */
  readonly read: readonly string[];
}

/** A source of relay lists for routers. {@link RelayListStore} is one. */
export interface RelayListSource {
  /**
   * The lists of these pubkeys. A pubkey without a list is absent from the result.
   *
   * @param opts.kind The kind of the lists: 10002 (the default), or 10050, whose relays are in
   * both `write` and `read` of the result.
   * @throws If the lists could not be looked up, which is not the same as having none.
   */
  get(
    pubkeys: Iterable<string>,
    opts?: { signal?: AbortSignal; kind?: number },
  ): Promise<ReadonlyMap<string, RelayList>>;
}

/** What a router must look up before it plans. */
export interface Lookup {
  /** Pubkeys whose kind 10002 lists are needed, or else hints. */
  readonly people: readonly string[];
  /** Pubkeys whose kind 10050 lists are needed. */
  readonly dm: readonly string[];
  /** Pubkeys whose kind 10013 lists are needed. */
  readonly private: readonly string[];
  /** Events and groups that hints are needed for, as keys (see `subjectKey`). */
  readonly eventsAndGroups: readonly string[];
  /**
   * Those of `eventsAndGroups` whose author must be known, too, and the author's kind 10002 list:
   * their replies are looked for. Absent if there are none.
   */
  readonly threads?: readonly string[];
}

/** A source of everything that a router must look up. */
export interface KnowledgeSource {
  /**
   * What is known, by pubkey, or by `subjectKey` for an event or a group. A subject about
   * which nothing is known is absent.
   *
   * @param opts.onFailure Called with what a database throws; the result is then what is known
   * without it.
   * @throws If the lookup failed, which is not the same as knowing nothing.
   */
  lookUp(
    lookup: Lookup,
    opts?: { signal?: AbortSignal; onFailure?: (error: unknown) => void },
  ): Promise<ReadonlyMap<string, RelayKnowledge>>;
}
