/**
 * What `createOutbox` returns.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NRelay } from "@nostrify/types";
import type { CoverageReport } from "./coverage_report.ts";
import type { RouteOptions } from "./create_req_router.ts";
import type { DiscoveryProgress } from "./discovery/discovery_progress.ts";
import type { Explanation, RelayReport } from "./explain.ts";
import type { Feed } from "./feeds/feed.ts";
import type { FeedOptions } from "./feeds/feed_options.ts";
import type { Publication } from "./ledger/publication_handle.ts";
import type { RelayListStore } from "./lists/relay_list_store.ts";
import type { OutboxOptions } from "./outbox_options.ts";

/**
 * What {@link createOutbox} returns: the options of an `NPool`, and what an app asks an
 * outbox itself. After `close()` everything but `relays()` and `store` throws an error that says
 * so, and the first such error calls `onError`.
 */
export interface Outbox extends AsyncDisposable {
  /** `NPool`'s `open`: returns a relay whose requests always end and never throw for a failure. */
  readonly open: (url: string) => NRelay;
  /**
   * `NPool`'s `reqRouter`, by the outbox model. It does not wait for missing relay lists if
   * anything can be asked without them: the request follows them, and its EOSE waits for them, up
   * to `discoveryTimeout`.
   *
   * @throws {RoutingError} If the request cannot be sent anywhere.
   * @throws {TypeError} If it names nothing but invalid pubkeys or event ids.
   */
  readonly reqRouter: (
    filters: NostrFilter[],
    opts?: RouteOptions,
  ) => Promise<Map<string, NostrFilter[]>>;
  /**
   * `NPool`'s `eventRouter`, by the outbox model. It waits as `reqRouter` does.
   *
   * @throws {RoutingError} If the event must not or cannot be sent, with the reason.
   * @throws {TypeError} If the event is malformed or not signed.
   */
  readonly eventRouter: (
    event: NostrEvent,
    opts?: { signal?: AbortSignal },
  ) => Promise<string[]>;
  /**
   * Publishes an event: to the relays where `pool.event()` would send it, until each has taken or
   * refused it, or `publishFor` days have passed. Resolves once it is written down in `records`,
   * before anything is sent; what is pending goes on after a restart. Publishing an event again does
   * no harm.
   *
   * @throws {RoutingError} If the event must not or cannot be sent, with the reason.
   * @throws {TypeError} If the event is malformed or not signed.
   * @throws {RangeError} If 10,000 events wait for their relays already.
   * @throws {Error} If it has expired (NIP-40), or the database does not write it down.
   */
  readonly publish: (event: NostrEvent, opts?: { signal?: AbortSignal }) => Promise<Publication>;
  /**
   * What was published and is still tried somewhere, and the last 1,000 events that are done; the
   * first published first. Those of earlier runs are among them, if `records` keeps them.
   *
   * @param opts.state Leaves out those of another state.
   */
  readonly publications: (opts?: { state?: Publication["state"] }) => Promise<Publication[]>;
  /**
   * The relay to name in what one writes: in a `p` tag and an `nprofile` code for a person, in `e`,
   * `q` and `a` tags and `nevent` and `naddr` codes for an event. That is the person's best write
   * relay; for an event a relay where it was seen, one of its author's first, or else its author's.
   * `undefined` if none is known. Searches for nothing.
   *
   * @param subject A pubkey (64 lowercase hex), or an event.
   * @throws {TypeError} If it is neither.
   */
  readonly hintFor: (subject: string | NostrEvent) => Promise<string | undefined>;
  /**
   * The relays that an event came from or was taken by: the first three. Reactions, deletions, gift
   * wraps and what is replaced are not remembered.
   *
   * @param event An event id (64 lowercase hex) or the coordinate `kind:pubkey:d`.
   * @throws {TypeError} If it is neither.
   */
  readonly seenOn: (event: string) => Promise<string[]>;
  /**
   * `NPool`'s `eoseTimeout`: the pool waits for every relay, since each says EOSE in time.
   *
   * @throws {Error} If the outbox is closed: so `pool.query()` of `new NPool(outbox)` rejects.
   */
  readonly eoseTimeout: 0;
  /**
   * Changes options while the outbox is open: a user logs in, or changes settings. Requests that
   * are open go on as they are, and no connection is closed but those that the user blocks. New
   * requests and events go by the changes. A value that is `undefined` brings the default back.
   * Another `user` has no signer unless you name one.
   *
   * @throws {RangeError} If a number is out of its range; nothing changes then.
   * @throws {TypeError} If an option cannot change, has the wrong type, or names a relay that the
   * policy refuses; nothing changes then.
   */
  readonly use: (
    changes: {
      readonly [
        Name in
          | "user"
          | "signer"
          | "fallbackRelays"
          | "searchRelays"
          | "maxRelays"
          | "relaysPerAuthor"
          | "popularRelays"
          | "authorsPerFilter"
          | "maxFiltersPerRelay"
          | "maxInboxes"
      ]?: OutboxOptions[Name] | undefined;
    },
  ) => void;
  /**
   * Opens a feed: pages of events, the newest first, without gaps that nobody names, and what is
   * new from the first page on. It sends nothing before the first page is asked for.
   *
   * @param filters What the feed is about, usually `kinds` and `authors`; `since` and `until` bound
   * it. Filters that name nobody are read from the fallback relays.
   * @throws {TypeError} If a filter has `limit`, `ids` or `search`, which have no pages, or an option
   * is of the wrong type or does not exist.
   * @throws {RangeError} If a number is out of its range.
   */
  readonly feed: (filters: readonly NostrFilter[], options?: FeedOptions) => Feed;
  /**
   * Makes a filter of what a user typed or pasted: an `npub`, `nprofile`, `note`, `nevent` or
   * `naddr` (NIP-19, also as a `nostr:` URI, after `@` or inside a link), the address of a group
   * (`host'group-id`, NIP-29), or an internet identifier like `name@domain` (NIP-05), which it
   * resolves over HTTPS. It remembers the relays that these name.
   *
   * @throws {TypeError} If the text is none of these, or holds a secret key.
   * @throws {Error} If the domain does not answer, or does not know the name.
   */
  readonly find: (text: string, opts?: { signal?: AbortSignal }) => Promise<NostrFilter>;
  /**
   * Remembers relays of a person, an event or a group. They count as hints: a person's own
   * relay list comes first.
   *
   * @param subject A pubkey, `id:<event id>`, `address:<kind:pubkey:d>` or `group:<group id>`; see
   * {@link subjectKey}.
   * @throws {TypeError} If `subject` is none of these, or the policy refuses a relay.
   */
  readonly hint: (subject: string, relays: readonly string[]) => void;
  /**
   * Searches for the relay lists of people ahead of the first request for them; requests
   * search for missing lists by themselves. Resolves when every search has ended, or at once
   * if the app has no indexers. Calls `onError` with what is no pubkey, and searches for the
   * others.
   *
   * @throws {TypeError} If there is no pubkey among the values.
   * @throws The signal's reason, if it is aborted.
   */
  readonly discover: (
    pubkeys: Iterable<string>,
    opts?: { signal?: AbortSignal; onProgress?: (progress: DiscoveryProgress) => void },
  ) => Promise<DiscoveryProgress>;
  /**
   * Plans a request by what is known now, sends nothing, and reports on each relay of the
   * plan: the answer to "why can't I see this post?". Print it, or read its parts.
   *
   * @throws {TypeError} If a value in a filter has the wrong type.
   * @throws {RangeError} If a number in a filter is out of its range.
   */
  readonly explain: (filters: NostrFilter[]) => Promise<Explanation>;
  /**
   * What is known to be complete: the answer to "do I have everything?". It plans as `explain()`
   * does, by what is stored, and sends nothing. A person is complete from `since` to `until` where
   * each relay that a request would ask, and that can answer now, has answered completely for that
   * time and for the kinds of the filters. What answers prove ages: `inferred` counts for 7 days,
   * the other proofs for 30. Relays that cannot answer now stand in `missing`.
   *
   * @param of Filters with `authors`, of which only these, `kinds`, `since` and `until` matter. Or a
   * pubkey, which stands for all kinds that were requested of that person, as far as answers count.
   * @throws {TypeError} If a filter names no authors, no value is a pubkey, or a value in a filter
   * has the wrong type.
   * @throws {RangeError} If a number in a filter is out of its range.
   */
  readonly coverage: (of: string | readonly NostrFilter[]) => Promise<CoverageReport>;
  /** Reports on every relay that was ever used. */
  readonly relays: () => Promise<RelayReport[]>;
  /** The relay lists by which the outbox routes. */
  readonly store: RelayListStore;
  /**
   * Ends every request, connection and search, and writes down what was learned, and how far each
   * publication is. Close the pool first. Requests that are still open get CLOSED. A store that the app brought stays open.
   */
  readonly close: () => Promise<void>;
}
