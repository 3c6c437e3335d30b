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
  | "policy";

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

/** A user's relays (NIP-65), in normal form, in the order of the list. */
export interface RelayList {
  /** Whose list it is: 64 lowercase hex characters. */
  readonly pubkey: string;
  /** When it was written, in Unix seconds. */
  readonly created_at: number;
  /** Outbox: where this user's posts are. */
  readonly write: readonly string[];
  /** Inbox: where this user looks for what others address to them. */
  readonly read: readonly string[];
  /** Entries that name no usable relay. Absent where there are none. */
  readonly refused?: readonly RefusedRelay[];
}

/** Where a router gets relay lists from. {@link RelayListStore} is one. */
export interface RelayListSource {
  /**
   * The lists of these pubkeys. Those who have none are absent from the answer.
   *
   * @throws If the lists could not be looked up, which is not the same as none.
   */
  get(
    pubkeys: Iterable<string>,
    opts?: { signal?: AbortSignal },
  ): Promise<ReadonlyMap<string, RelayList>>;
}

/** Outbox (`write`) or inbox (`read`): which of a user's relays count. */
export type Side = "write" | "read";

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
