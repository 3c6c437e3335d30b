/**
 * Lets one process at a time search for a list, of several that share a database.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { ListSearch } from "./list_search.ts";

/** What {@link SearchClaims} need. */
export interface SearchClaimsOptions {
  readonly clock: Clock;
  /** Claims keys for `ms` milliseconds; returns those that no other process has claimed. */
  readonly claim: (keys: readonly string[], ms: number) => Promise<ReadonlySet<string>>;
  /** Called with each search that is for this process. */
  readonly onClaimed: (search: ListSearch) => void;
  /** Called with each search that nobody waits for any longer. */
  readonly onUnwanted: (search: ListSearch) => void;
  /** Looks what other processes have found. Must not reject. */
  readonly recheck: (searches: readonly ListSearch[]) => Promise<void>;
  /** Called with each failure to claim; the searches begin then. */
  readonly onError: (error: Error) => void;
}

/** How long others leave a search to a process that was killed. */
const CLAIM_MS = 10_000;
/** How often a process claims again what it still searches for. */
const RENEWAL_INTERVAL_MS = 4_000;
/** How often a process looks whether a search of another is over, or its claim has ended. */
const RECHECK_INTERVAL_MS = 2_000;

/** See the module. */
export class SearchClaims {
  readonly #options: SearchClaimsOptions;
  /** Searches that begin together at the end of this turn. */
  #pending: ListSearch[] = [];
  /** Searches that another process has claimed. */
  readonly #held = new Set<ListSearch>();
  /** Searches under way that this process has claimed. */
  readonly #claimed = new Set<ListSearch>();
  #cancelPending?: () => void;
  #cancelRenewal?: () => void;
  #cancelRecheck?: () => void;
  #isClosed = false;

  constructor(options: SearchClaimsOptions) {
    this.#options = options;
  }

  /** Begins a search once no other process has claimed it, together with others of this turn. */
  start(search: ListSearch): void {
    this.#pending.push(search);
    this.#cancelPending ??= this.#options.clock.after(0, () => {
      this.#cancelPending = undefined;
      const searches = this.#pending;
      this.#pending = [];
      void this.#claim(searches);
    });
  }

  /** The searches of these people that wait for another process. */
  held(pubkeys: Iterable<string>): readonly ListSearch[] {
    if (this.#held.size === 0) return [];
    const people = new Set(pubkeys);
    return [...this.#held].filter(({ pubkey }) => people.has(pubkey));
  }

  /** Waits for another process no longer; returns whether a search did. */
  release(search: ListSearch): boolean {
    return this.#held.delete(search);
  }

  /** Claims a search that is over no longer; others soon see its result. */
  ended(search: ListSearch): void {
    this.#held.delete(search);
    if (!this.#claimed.delete(search) || this.#claimed.size > 0) return;
    this.#cancelRenewal?.();
    this.#cancelRenewal = undefined;
  }

  /** Begins no search any longer. */
  close(): void {
    this.#isClosed = true;
    this.#cancelPending?.();
    this.#cancelRecheck?.();
    this.#cancelRenewal?.();
    this.#held.clear();
    this.#claimed.clear();
  }

  async #claim(searches: readonly ListSearch[]): Promise<void> {
    const { claim, onClaimed, onError, recheck } = this.#options;
    const keys = searches.map(keyOf);
    let claimed: ReadonlySet<string>;
    try {
      claimed = await claim(keys, CLAIM_MS);
    } catch (cause) {
      if (this.#isClosed) return;
      onError(new Error(`Cannot claim the searches for ${keys.length} lists`, { cause }));
      claimed = new Set(keys);
    }
    if (this.#isClosed) return;
    for (const search of searches) {
      if (!claimed.has(keyOf(search))) this.#held.add(search);
      else {
        this.#held.delete(search);
        this.#claimed.add(search);
        onClaimed(search);
      }
    }
    this.#renewLater();
    const held = searches.filter((search) => this.#held.has(search));
    if (held.length === 0) return;
    // The other process may have been done before this one began to wait.
    await recheck(held);
    if (this.#isClosed || this.#held.size === 0) return;
    this.#cancelRecheck ??= this.#options.clock.after(RECHECK_INTERVAL_MS, () => this.#retry());
  }

  #renewLater(): void {
    if (this.#claimed.size === 0 || this.#isClosed) return;
    this.#cancelRenewal ??= this.#options.clock.after(RENEWAL_INTERVAL_MS, () => {
      this.#cancelRenewal = undefined;
      void this.#renew();
    });
  }

  async #renew(): Promise<void> {
    try {
      await this.#options.claim([...this.#claimed].map(keyOf), CLAIM_MS);
    } catch (cause) {
      if (this.#isClosed) return;
      this.#options.onError(new Error("Cannot renew the claims of searches for lists", { cause }));
    }
    this.#renewLater();
  }

  #retry(): void {
    this.#cancelRecheck = undefined;
    const wanted: ListSearch[] = [];
    for (const search of this.#held) {
      if (search.callers > 0) wanted.push(search);
      else {
        this.#held.delete(search);
        this.#options.onUnwanted(search);
      }
    }
    if (wanted.length > 0) void this.#claim(wanted);
  }
}

function keyOf({ kind, pubkey }: ListSearch): string {
  return `${kind}:${pubkey}`;
}
