/**
 * The values that pass between the parts: lists, options and what a plan says.
 *
 * @module
 */

/** Why a string is no relay this library connects to. */
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
  /** The app's user has blocked it (kind 10006, NIP-51). */
  | "blocked";

/** A string that a list names as a relay and that is not asked, with the reason. */
export interface RefusedRelay {
  /** What was seen, cut to 256 characters. */
  readonly url: string;
  /** Why it was refused. */
  readonly reason: RefusalReason;
}

/**
 * Which relays may be connected to. Everything is closed by default: relay lists
 * are written by strangers, and a server that follows them must not be steered
 * into its own network.
 */
export interface RelayUrlPolicy {
  /**
   * Accept loopback, private and otherwise non-public addresses, `.local` names
   * and single-label hosts. Open it for tests and for relays in your own network.
   * @default false
   */
  readonly allowLocal?: boolean;
  /**
   * Accept cleartext `ws://`. (Onion hosts need only `allowOnion`: Tor encrypts.)
   * @default false
   */
  readonly allowInsecure?: boolean;
  /**
   * Accept `.onion` hosts. Open it where the process speaks through Tor.
   * @default false
   */
  readonly allowOnion?: boolean;
  /**
   * The app's own rule, asked last, with the normal form: `false` refuses the
   * relay. Must be pure and fast: its answer is remembered.
   */
  readonly allow?: (url: string) => boolean;
}

/**
 * Where a hint comes from, in falling trust: entered by hand; a string somebody
 * pasted (`nprofile`, `nevent`, `naddr`, NIP-19); NIP-05; a follow list (kind 3); a
 * tag of an event; a relay that delivered.
 */
export type HintSource = "hand" | "nip19" | "nip05" | "follows" | "tag" | "delivered";

/** A relay where something may be, by hearsay. */
export interface RelayHint {
  /** The relay, in normal form. */
  readonly url: string;
  /** How much the hint is worth, in (0, 1]. */
  readonly weight: number;
  /** Where it comes from; `author`: the author of an event writes there. */
  readonly source: HintSource | "author";
}

/**
 * What is known of where somebody, an event or a group is to be found. URLs are in
 * normal form, in the order in which they are to be preferred.
 */
export interface RelayKnowledge {
  /** Outbox: where this user's posts are (kind 10002, NIP-65). */
  readonly write?: readonly string[];
  /** Inbox: where this user looks for what others address to them (kind 10002, NIP-65). */
  readonly read?: readonly string[];
  /** Where this user's gift wraps go (kind 10050, NIP-17). */
  readonly dm?: readonly string[];
  /** Where this user's private drafts are (kind 10013, NIP-37). */
  readonly private?: readonly string[];
  /** Hearsay, the best first; counts only where no list names a usable relay. */
  readonly hints?: readonly RelayHint[];
  /** Entries that name no usable relay. Absent where there are none. */
  readonly refused?: readonly RefusedRelay[];
}

/** A user's relays (NIP-65), in normal form, in the order of the list. */
export interface RelayList extends RelayKnowledge {
  /** Whose list it is: 64 lowercase hex characters. */
  readonly pubkey: string;
  /** When it was written, in Unix seconds. */
  readonly created_at: number;
  /** Outbox: where this user's posts are. */
  readonly write: readonly string[];
  /** Inbox: where this user looks for what others address to them. */
  readonly read: readonly string[];
}

/** Where a router gets relay lists from. {@link RelayListStore} is one. */
export interface RelayListSource {
  /**
   * The lists of these pubkeys. Those who have none are absent from the answer.
   *
   * @param opts.kind Which list: 10002 (the default) or 10050, whose relays are both
   * the `write` and the `read` of the answer.
   * @throws If the lists could not be looked up, which is not the same as none.
   */
  get(
    pubkeys: Iterable<string>,
    opts?: { signal?: AbortSignal; kind?: number },
  ): Promise<ReadonlyMap<string, RelayList>>;
}

/** What a router has to know before it plans. */
export interface Lookup {
  /** Pubkeys of whom the kind 10002 list, or else hints, are wanted. */
  readonly people: readonly string[];
  /** Pubkeys of whom the kind 10050 list is wanted. */
  readonly dm: readonly string[];
  /** Pubkeys of whom the kind 10013 list is wanted. */
  readonly private: readonly string[];
  /** Events and groups of which hints are wanted, as keys (see `subjectKey`). */
  readonly eventsAndGroups: readonly string[];
}

/** Where a router gets all that it has to know from. */
export interface KnowledgeSource {
  /**
   * What is known, by pubkey and by key of an event or a group. Those of which nothing
   * is known are absent.
   *
   * @throws If it could not be looked up, which is not the same as nothing.
   */
  lookUp(
    wishes: Lookup,
    opts?: { signal?: AbortSignal },
  ): Promise<ReadonlyMap<string, RelayKnowledge>>;
}

/** Outbox (`write`) or inbox (`read`): which of a user's relays count. */
export type Side = "write" | "read";

/**
 * What something is looked for as, which says whose relays count: an author
 * (`write`), a tagged user (`read`), whom gift wraps are for (`dm`), the author of
 * private drafts (`private`), an author's profile and lists on the indexers, besides
 * `write` (`index`), an event by its id (`id`), a group (`group`).
 */
export type Role = Side | "dm" | "private" | "index" | "id" | "group";

/** Why something got no relay. */
export type UnroutedReason =
  /** No usable relay list is known, and there are no fallback relays. */
  | "no-list"
  /** None of the user's relays is within `maxRelays`, and no fallback relay is. */
  | "cap"
  /** The filter names nobody, and there are no fallback relays. */
  | "no-fallback"
  /** Not 64 lowercase hex characters, so no event can match. */
  | "invalid-pubkey"
  /** An empty list in the filter: no event can match. */
  | "matches-nothing"
  /** Gift wraps go through the relays of a kind 10050 list alone (NIP-17). */
  | "no-dm-list"
  /** A group's messages go through its host alone, which is not known (NIP-29). */
  | "no-group-host"
  /** Private drafts go through the relays of a kind 10013 list alone (NIP-37). */
  | "no-private-list"
  /** A kind that is never sent to relays by lists. */
  | "never-routed";

/** Something that a plan could not place. */
export interface Unrouted {
  /** Why. */
  readonly reason: UnroutedReason;
  /** Whom it is about; absent where it names nobody. */
  readonly pubkey?: string;
  /** Which of the request's filters, counted from 0; absent for an event. */
  readonly filter?: number;
}

/** Why a relay did not do what it was asked to. */
export type RelayFailure =
  /** Not asked, since the app's user has blocked it (kind 10006, NIP-51); no fault of the relay. */
  | "blocked-by-user"
  /** No WebSocket came about: refused, no such host, TLS, an HTTP answer, a bad URL. */
  | "unreachable"
  /** The WebSocket was not open in time. */
  | "connect-timeout"
  /** Connected, but the end of the stored events (EOSE) did not come in time. */
  | "no-answer"
  /** Connected, but an event was not acknowledged (OK) in time. */
  | "no-ok"
  /** The connection ended in the middle. */
  | "disconnected"
  /** It sent more than any answer may hold. */
  | "flood"
  /** It sent forged events, or ones that were not asked for. */
  | "junk"
  /** The prefixes of CLOSED and OK (NIP-01, NIP-42). */
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
  /** CLOSED or OK false without a prefix that NIP-01 knows. */
  | "closed";

/** What a relay accepts and answers. Absent is not known. */
export interface RelayLimits {
  /** Most filters in one REQ. */
  readonly maxFilters?: number;
  /** Most subscriptions open at once on one connection. */
  readonly maxSubscriptions?: number;
  /** Longest message it takes, in bytes. */
  readonly maxMessageLength?: number;
  /** Fewest events at which an answer to one filter was cut, or would be (NIP-11). */
  readonly cutAt?: number;
  /** Most events that an answer to one filter had and was complete. */
  readonly fullAt?: number;
  /** It answers nobody who has not signed in (NIP-42). */
  readonly authRequired?: boolean;
  /** It serves those who have paid. */
  readonly paymentRequired?: boolean;
}
