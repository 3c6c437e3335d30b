/**
 * The types that the rooms share: relay policies, relay lists and hints, roles, and the
 * reasons why something was refused, not routed, or failed.
 *
 * The room `nostr` has what the NIPs define, read from values: kinds, pubkeys, events, filters,
 * relay URLs, relay lists. Nothing in it waits.
 *
 * @module
 */

/** Why a string names no relay that this library connects to. */
export type RefusalReason =
  | "not-a-string"
  | "too-long"
  | "no-scheme"
  | "scheme"
  | "several-urls"
  | "comma"
  | "unparsable"
  | "credentials"
  | "host"
  | "local"
  | "insecure"
  | "onion"
  | "policy"
  /** The app's user has blocked the relay (kind 10006, NIP-51). */
  | "blocked";

/** An entry of a list that is not used, and the reason. */
export interface RefusedRelay {
  /** The entry as it was seen, cut to 256 characters. */
  readonly url: string;
  /** Why it was refused. */
  readonly reason: RefusalReason;
}

/**
 * Which relays may be connected to. By default only public `wss://` relays are allowed:
 * relay lists are written by strangers, and they must not lead a server into its own network.
 */
export interface RelayUrlPolicy {
  /**
   * Accept loopback, private and otherwise non-public addresses, `.local` names and
   * single-label hosts. Set it for tests, and for relays in your own network.
   * @default false
   */
  readonly allowLocal?: boolean;
  /**
   * Accept cleartext `ws://`. Onion hosts need only `allowOnion`, since Tor encrypts.
   * @default false
   */
  readonly allowInsecure?: boolean;
  /**
   * Accept `.onion` hosts. Set it if the process connects through Tor.
   * @default false
   */
  readonly allowOnion?: boolean;
  /**
   * The app's own rule, called last, with the URL in normal form: `false` refuses the relay.
   * It must be pure and fast; its result is remembered.
   * @default every relay is allowed
   */
  readonly allow?: (url: string) => boolean;
}

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
  /** Entries that name no usable relay; absent if there are none. */
  readonly refused?: readonly RefusedRelay[];
}

/** A user's relays (NIP-65), in normal form, in the order of the list. */
export interface RelayList extends RelayKnowledge {
  /** The user: 64 lowercase hex characters. */
  readonly pubkey: string;
  /** When the list was written, in Unix seconds. */
  readonly created_at: number;
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
}

/** A source of everything that a router must look up. */
export interface KnowledgeSource {
  /**
   * What is known, by pubkey, or by `subjectKey` for an event or a group. A subject about
   * which nothing is known is absent.
   *
   * @throws If the lookup failed, which is not the same as knowing nothing.
   */
  lookUp(
    lookup: Lookup,
    opts?: { signal?: AbortSignal },
  ): Promise<ReadonlyMap<string, RelayKnowledge>>;
}

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
 * - `group`: a group, on its host.
 */
export type Role = Side | "dm" | "private" | "index" | "id" | "group";

/** Why no relay was found for a subject, a filter or an event. */
export type UnroutedReason =
  /** No usable relay list is known, and there are no fallback relays. */
  | "no-list"
  /** None of the user's relays is within `maxRelays`, and no fallback relay is. */
  | "cap"
  /** The filter names no subject with relays of its own, and there are no fallback relays. */
  | "no-fallback"
  /** Not 64 lowercase hex characters, so no event can match. */
  | "invalid-pubkey"
  /** The filter has an empty list, so no event can match. */
  | "matches-nothing"
  /** No kind 10050 list is known; gift wraps go to its relays alone (NIP-17). */
  | "no-dm-list"
  /** The group's host is not known; its messages are there alone (NIP-29). */
  | "no-group-host"
  /** No kind 10013 list is known; private drafts go to its relays alone (NIP-37). */
  | "no-private-list"
  /** Events of this kind are never routed by relay lists. */
  | "never-routed";

/** Something for which a plan has no relay. */
export interface Unrouted {
  /** Why. */
  readonly reason: UnroutedReason;
  /** The user concerned; absent if no pubkey is. */
  readonly pubkey?: string;
  /** The index of the filter in the request; absent for an event. */
  readonly filter?: number;
}

/** How a relay failed. */
export type RelayFailure =
  /** It was not asked, since the app's user has blocked it (kind 10006, NIP-51); not its fault. */
  | "blocked-by-user"
  /** No WebSocket was opened: refused, no such host, TLS, an HTTP response, a bad URL. */
  | "unreachable"
  /** The WebSocket did not open in time. */
  | "connect-timeout"
  /** It connected, but did not reach the end of stored events (EOSE) in time. */
  | "no-answer"
  /** It connected, but did not acknowledge an event (OK) in time. */
  | "no-ok"
  /** The connection ended during the request. */
  | "disconnected"
  /** It sent more than an answer may hold. */
  | "flood"
  /** It sent forged events, or events that were not requested. */
  | "junk"
  /** This and the following are the prefixes of CLOSED and OK (NIP-01, NIP-42). */
  | "auth-required"
  | "restricted"
  | "rate-limited"
  | "blocked"
  | "invalid"
  | "pow"
  | "mute"
  | "unsupported"
  | "duplicate"
  | "error"
  /** CLOSED, or OK with `false`, without a prefix that NIP-01 defines. */
  | "closed";

/** The limits of a relay. An absent field is unknown. */
export interface RelayLimits {
  /** Most filters in one REQ. */
  readonly maxFilters?: number;
  /** Most subscriptions at the same time on one connection. */
  readonly maxSubscriptions?: number;
  /** Longest message that it accepts, in bytes. */
  readonly maxMessageLength?: number;
  /** The smallest number of events at which an answer to one filter is cut, as seen or by NIP-11. */
  readonly cutAt?: number;
  /** The largest number of events in a complete answer to one filter. */
  readonly fullAt?: number;
  /** Whether it answers only clients that have authenticated (NIP-42). */
  readonly authRequired?: boolean;
  /** Whether it serves only users who have paid. */
  readonly paymentRequired?: boolean;
}
