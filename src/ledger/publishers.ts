/**
 * Which of several outboxes over one database sends what is written down there.
 *
 * An outbox that publishes is a *publisher*: it has a name in the database, and claims it for some
 * seconds at a time, for as long as it has anything left to send. What a publisher wrote down is
 * its own to send. Once a claim has ended, its outbox is gone, or has nothing left to send: whoever
 * claims the name first takes over what is left.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { RecordStore } from "../base/record_store.ts";
import { LOOK_ALONE_INTERVAL_MS } from "./may_be_open.ts";

/** What {@link Publishers} need. */
export interface PublishersOptions {
  readonly clock: Clock;
  /** Absent, or without claims: this outbox is the only one. */
  readonly backend?: RecordStore;
  readonly onError: (error: Error) => void;
  /** Whether this outbox has anything left to send. */
  readonly isBusy: () => boolean;
  /** Whether anybody waits for what other outboxes send. */
  readonly isWaiting: () => boolean;
  /** Called when this outbox may have to send more than before, or less. Never rejects. */
  readonly onChange: () => Promise<void>;
  /** Called before a writing when another outbox has taken over what this one had to send. */
  readonly onLost: () => Promise<void>;
}

/** How long others leave a publisher alone that was killed. */
const CLAIM_MS = 10_000;
/** How often a publisher that has something left to send claims its name again. */
const RENEWAL_INTERVAL_MS = 4_000;
/** How often an outbox that knows of others looks whether these are gone. */
const LOOK_INTERVAL_MS = 4_000;

/** See the module. */
export class Publishers {
  readonly #options: PublishersOptions;
  readonly #claim?: NonNullable<RecordStore["claim"]>;
  #id?: string;
  /** When the own name is to be claimed again, if this outbox sends anything; 0 before the first. */
  #claimedUntil = 0;
  /** The names of those that are not gone. */
  #others: ReadonlySet<string> = new Set();
  /** Whose publications are being taken over. */
  readonly #taken = new Set<string>();
  #cancel?: () => void;
  #looking?: Promise<void>;
  #hasFailed = false;
  #isClosed = false;

  /** Reads and claims nothing yet. */
  constructor(options: PublishersOptions) {
    const { backend } = options;
    this.#options = options;
    if (!backend?.claim) return;
    this.#claim = (...args) => backend.claim!(...args);
    this.#id = crypto.randomUUID();
  }

  /** The name of this outbox; absent if it is the only one. */
  get id(): string | undefined {
    return this.#id;
  }

  /** Whether there were other publishers when this one last looked. */
  get hasOthers(): boolean {
    return this.#others.size > 0;
  }

  /** Whether another outbox sends what the publisher of this name wrote down. */
  isOther(id: string | undefined): boolean {
    return id !== undefined && id !== this.#id && this.#others.has(id);
  }

  /**
   * Claims the own name, unless that was just done. Call it before writing.
   *
   * @throws What the database throws.
   */
  async enter(): Promise<void> {
    const { backend, clock, onLost } = this.#options;
    if (!this.#claim || clock.now() < this.#claimedUntil) return;
    const isLost = this.#claimedUntil > 0 && !await this.#renew();
    await this.#claimOwn();
    await backend!.writeRecords("publisher", new Map([[this.#id!, "1"]]));
    this.#schedule(RENEWAL_INTERVAL_MS);
    if (isLost) await onLost();
  }

  /**
   * Looks who publishes, and takes over from those that are gone. Call it before reading what is
   * published, and {@link look} after it.
   *
   * @throws What the database throws.
   */
  async takeOver(): Promise<void> {
    if (!this.#claim || this.#isClosed) return;
    // What could not be finished last time counts no longer: its publisher may be back.
    this.#taken.clear();
    await this.look();
    if (this.#others.size === 0) return;
    const others = [...this.#others];
    const claimed = await this.#claim(others.map(keyOf), CLAIM_MS, this.#id);
    for (const id of others) if (claimed.has(keyOf(id))) this.#taken.add(id);
    this.#others = new Set(others.filter((id) => !this.#taken.has(id)));
  }

  /** Looks who else publishes. @throws What the database throws. */
  async look(): Promise<void> {
    if (!this.#claim || this.#isClosed) return;
    const rows = await this.#options.backend!.readRecords("publisher");
    this.#others = new Set(
      [...rows.keys()].filter((id) => id !== this.#id && !this.#taken.has(id)),
    );
    this.#schedule(this.#others.size > 0 ? LOOK_INTERVAL_MS : LOOK_ALONE_INTERVAL_MS);
  }

  /** What was taken over is written down as the own. @throws What the database throws. */
  async tookOver(): Promise<void> {
    if (this.#taken.size === 0) return;
    const taken = [...this.#taken];
    await this.#options.backend!.writeRecords("publisher", new Map(taken.map((id) => [id, ""])));
    for (const id of taken) this.#taken.delete(id);
  }

  /** Lets others take over at once. Never rejects. */
  async close(): Promise<void> {
    const { backend, isBusy, onError } = this.#options;
    this.#isClosed = true;
    this.#cancel?.();
    await this.#looking;
    if (!this.#claim || this.#claimedUntil === 0) return;
    try {
      if (!isBusy()) await backend!.writeRecords("publisher", new Map([[this.#id!, ""]]));
      await this.#claim([keyOf(this.#id!)], 0, this.#id);
    } catch (cause) {
      onError(new Error("Cannot leave what is pending to other processes at once", { cause }));
    }
  }

  /** Claims the own name again; takes another name, and returns `false`, if that was taken over. */
  async #renew(): Promise<boolean> {
    // Whoever takes over from a publisher deletes its name.
    const isOwn = await this.#claimOwn() &&
      (await this.#options.backend!.readRecords("publisher")).has(this.#id!);
    if (isOwn) return true;
    this.#id = crypto.randomUUID();
    this.#claimedUntil = 0;
    return false;
  }

  async #claimOwn(): Promise<boolean> {
    const key = keyOf(this.#id!);
    const at = this.#options.clock.now();
    const claimed = await this.#claim!([key], CLAIM_MS, this.#id);
    if (!claimed.has(key)) return false;
    this.#claimedUntil = at + RENEWAL_INTERVAL_MS;
    return true;
  }

  #schedule(ms: number): void {
    if (this.#isClosed) return;
    this.#cancel?.();
    const { clock, isBusy } = this.#options;
    const mayRenew = clock.now() < this.#claimedUntil || (this.#claimedUntil > 0 && isBusy());
    this.#cancel = clock.after(mayRenew ? RENEWAL_INTERVAL_MS : ms, () => {
      this.#looking = this.#turn().finally(() => this.#looking = undefined);
    });
  }

  /** Renews the claim, and looks after others. Never rejects. */
  async #turn(): Promise<void> {
    const { isBusy, isWaiting, onChange, onError } = this.#options;
    try {
      const isLost = isBusy() && this.#claimedUntil > 0 && !await this.#renew();
      await this.takeOver();
      this.#hasFailed = false;
      if (isLost || this.#taken.size > 0 || isWaiting()) await onChange();
    } catch (cause) {
      if (this.#isClosed) return;
      const isFirst = !this.#hasFailed;
      this.#hasFailed = true;
      const error = new Error("Cannot agree with other processes on who publishes", { cause });
      if (isFirst) onError(error);
      this.#schedule(LOOK_ALONE_INTERVAL_MS);
    }
  }
}

function keyOf(id: string): string {
  return `publisher:${id}`;
}
