/**
 * What an outbox publishes, before and after the ledger is loaded: for the first event, or if a
 * stored one may still be published somewhere.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { abortable } from "./base/abortable.ts";
import type { OnDemand } from "./base/on_demand.ts";
import { LOOK_ALONE_INTERVAL_MS, mayBeOpen } from "./ledger/may_be_open.ts";
import type { Publication } from "./ledger/publication_handle.ts";
import type { OutboxLedger, OutboxLedgerOptions } from "./outbox_ledger.ts";

/** See the module. */
export class Publishing {
  readonly #options: OutboxLedgerOptions;
  readonly #ledger: OnDemand<OutboxLedger>;
  #cancelLook?: () => void;
  /** Whether what is stored needs the ledger. Never rejects. */
  #reading?: Promise<boolean>;

  /** Reads and loads nothing before {@link Publishing.start}. */
  constructor(
    options: OutboxLedgerOptions,
    part: Pick<OnDemand<{ readonly OutboxLedger: typeof OutboxLedger }>, "of">,
  ) {
    this.#options = options;
    this.#ledger = part.of(({ OutboxLedger }) => {
      const ledger = new OutboxLedger(options);
      this.#cancelLook?.();
      void ledger.start();
      return ledger;
    }, options.onError);
  }

  /** Goes on with what an earlier run left; never rejects. */
  async start(): Promise<void> {
    const { backend, closing, ready } = this.#options;
    if (!backend) return;
    // The caller of createOutbox() goes first.
    await Promise.resolve();
    await ready();
    if (!closing.isClosed && !this.#ledger.made) await this.#look(backend);
  }

  /** See `Outbox.publish`. */
  async publish(event: NostrEvent, opts?: { signal?: AbortSignal }): Promise<Publication> {
    const ledger = await this.#loaded("publish an event", opts?.signal);
    return await ledger.publish(event, opts);
  }

  /** See `Outbox.publications`. */
  async publications(opts?: { state?: Publication["state"] }): Promise<Publication[]> {
    return await (await this.#loaded("list publications")).publications(opts);
  }

  /** See `Outbox.eventRouter`. */
  async route(event: NostrEvent, opts?: { signal?: AbortSignal }): Promise<string[]> {
    const ledger = await this.#loaded("publish an event", opts?.signal);
    return await ledger.route(event, opts);
  }

  /** See {@link OutboxLedger.carry}. What was routed has loaded the ledger. */
  readonly carry: OutboxLedger["carry"] = (event, url, offer) => {
    return this.#ledger.made?.carry(event, url, offer) ?? offer();
  };

  /** See {@link OutboxLedger.policyChanged}. */
  policyChanged(): void {
    this.#ledger.made?.policyChanged();
  }

  /** A relay is connected. */
  connected(url: string): void {
    this.#ledger.made?.connected(url);
  }

  /** The user is signed in at a relay (NIP-42). */
  signedIn(url: string): void {
    this.#ledger.made?.signedIn(url);
  }

  /** Offers nothing any more; what is under way may end. */
  end(): void {
    this.#cancelLook?.();
    this.#ledger.made?.end();
  }

  /** Writes down how far everything is; the relays must be closed by then. Never rejects. */
  async close(): Promise<void> {
    this.end();
    // Nothing is read once the app may close the database.
    await this.#reading;
    await this.#ledger.made?.close();
  }

  async #loaded(action: string, signal?: AbortSignal): Promise<OutboxLedger> {
    const { closing, refuseClosed } = this.#options;
    const ledger = await abortable(this.#ledger.load(), signal);
    if (closing.isClosed) ledger.end();
    refuseClosed(action);
    return ledger;
  }

  /** Loads the ledger if it may have anything to do; looks again later where others may publish. */
  async #look(backend: NonNullable<OutboxLedgerOptions["backend"]>): Promise<void> {
    const { clock, closing } = this.#options;
    this.#reading = this.#mayBeNeeded(backend);
    const isNeeded = await this.#reading;
    if (closing.isClosed || this.#ledger.made) return;
    if (isNeeded && await this.#ledger.attempt()) return;
    if (closing.isClosed || !isNeeded && !backend.claim) return;
    this.#cancelLook = clock.after(LOOK_ALONE_INTERVAL_MS, () => void this.#look(backend));
  }

  /** Whether something stored may be open, or others over the same database publish. */
  async #mayBeNeeded(backend: NonNullable<OutboxLedgerOptions["backend"]>): Promise<boolean> {
    try {
      if (backend.claim && (await backend.readRecords("publisher")).size > 0) return true;
      const now = this.#options.clock.now();
      const stored = await backend.readRecords("publication");
      return [...stored.values()].some((text) => mayBeOpen(text, now));
    } catch {
      // The ledger reads again, says what is wrong, and tries again later.
      return true;
    }
  }
}
