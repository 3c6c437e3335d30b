/**
 * What an outbox is to those who use it.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NRelay } from "@nostrify/types";
import type { RouteOptions } from "./create_req_router.ts";
import type { DiscoveryProgress } from "./discovery/discovery_progress.ts";
import type { Explanation, RelayReport } from "./explain.ts";
import type { RelayListStore } from "./lists/relay_list_store.ts";

/** What {@link createOutbox} returns: goes straight into `NPool`, or is spread into its options. */
export interface Outbox extends AsyncDisposable {
  /** `NPool`'s `open`: a relay that never hangs and never throws out of turn. */
  readonly open: (url: string) => NRelay;
  /**
   * `NPool`'s `reqRouter`, by the outbox model. Waits for relay lists that are missing, up
   * to `discoveryTimeout`.
   */
  readonly reqRouter: (
    filters: NostrFilter[],
    opts?: RouteOptions,
  ) => Promise<Map<string, NostrFilter[]>>;
  /** `NPool`'s `eventRouter`, by the outbox model; it waits likewise. */
  readonly eventRouter: (
    event: NostrEvent,
    opts?: { signal?: AbortSignal },
  ) => Promise<string[]>;
  /** `NPool` is to wait for every relay: each of them says EOSE in time. */
  readonly eoseTimeout: 0;
  /**
   * A filter that finds what a user typed or pasted: `npub`, `nprofile`, `note`, `nevent`,
   * `naddr` (NIP-19, also as `nostr:` URI or inside a link), or an internet identifier like
   * `name@domain` (NIP-05), for which that domain is asked over HTTPS. The relays that it
   * names are remembered.
   *
   * @throws {TypeError} If the text is none of these, or a secret key.
   * @throws {Error} If the domain does not answer, or does not know the name.
   */
  readonly find: (text: string, opts?: { signal?: AbortSignal }) => Promise<NostrFilter>;
  /**
   * Remembers relays where somebody, an event or a group is, entered by hand. A relay list
   * of their own comes before any hint.
   *
   * @param about A pubkey, `id:<event id>` or `group:<group id>`.
   * @throws {TypeError} If `about` is none of these, or the policy refuses a relay.
   */
  readonly hint: (about: string, relays: readonly string[]) => void;
  /**
   * Finds the relay lists of people, ahead of requests for them: a request looks for those
   * that are missing, too. Resolves when nobody is left to ask, at once where the app names
   * no indexer.
   *
   * @throws The reason of the signal, if it is aborted.
   */
  readonly discover: (
    pubkeys: Iterable<string>,
    opts?: { signal?: AbortSignal; onProgress?: (progress: DiscoveryProgress) => void },
  ) => Promise<DiscoveryProgress>;
  /**
   * Plans a request as the router would, sends nothing, and says what is known of
   * each relay: the answer to "why can't I see this post?". Print it, or read its parts.
   */
  readonly explain: (filters: NostrFilter[]) => Promise<Explanation>;
  /** What is known of every relay that was ever asked. */
  readonly relays: () => Promise<RelayReport[]>;
  /** The relay lists: what is stored here is routed by. */
  readonly store: RelayListStore;
  /**
   * Ends every connection and every search, and writes down what was learned. Close the
   * pool first. A store that the app brought stays open.
   */
  readonly close: () => Promise<void>;
}
