/**
 * Several processes that publish over one database, in virtual time; each can be killed.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { RecordStore, RecordTopic } from "../../src/base/record_store.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { TestClock } from "../../testing/test_clock.ts";

/** A process with a ledger. */
export interface PublishingProcess {
  readonly ledger: Ledger;
  /** What it offered: relay and id, in order. */
  readonly offers: string[];
  /** Cuts it off from the database, or ends that. */
  cut(isCut: boolean): void;
  /** From here on, nothing that it does has an effect. */
  kill(): void;
  /** Ends it properly. */
  close(): Promise<void>;
}

/** A database, relays, and the processes that use them. */
export class PublishingProcesses {
  readonly clock: TestClock = new TestClock();
  readonly errors: Error[] = [];
  /** Whether relays can be reached. */
  areAway = false;
  /** Whether relays want a sign-in (NIP-42). */
  areWalled = false;
  /** The ids that each relay took, in order. */
  readonly taken: string[] = [];
  readonly #topics = new Map<RecordTopic, Map<string, string>>();
  readonly #claims = new Map<string, { readonly owner: string; readonly until: number }>();

  /** What the database has of a topic. */
  texts(topic: RecordTopic): Map<string, string> {
    const texts = this.#topics.get(topic) ?? new Map<string, string>();
    this.#topics.set(topic, texts);
    return texts;
  }

  /** Starts a process. */
  async start(): Promise<PublishingProcess> {
    let isKilled = false, isCut = false;
    const offers: string[] = [];
    const alive = async <T>(run: () => T): Promise<T> => {
      await Promise.resolve();
      if (isKilled) await new Promise(() => {});
      return run();
    };
    const stored = <T>(run: () => T): Promise<T> =>
      alive(() => {
        if (isCut) throw new Error("no database now");
        return run();
      });
    const backend: RecordStore = {
      readRecords: (topic) => stored(() => new Map(this.texts(topic))),
      writeRecords: (topic, records) =>
        stored(() => {
          const texts = this.texts(topic);
          for (const [key, text] of records) text === "" ? texts.delete(key) : texts.set(key, text);
        }),
      claim: (keys, ms, owner) => stored(() => this.#claim(keys, ms, owner!)),
    };
    const ledger = new Ledger({
      clock: this.clock,
      random: () => 0.5,
      backend,
      onError: (error) => this.errors.push(error),
      days: 7,
      send: (url, event) =>
        alive(() => {
          offers.push(`${url} ${event.id}`);
          this.#offer(url, event);
        }),
    });
    await ledger.ready();
    const close = async () => {
      ledger.end(new Error("closed"));
      await ledger.close();
    };
    return {
      ...{ ledger, offers, close },
      cut: (now) => void (isCut = now),
      kill: () => void (isKilled = true),
    };
  }

  #offer(url: string, { id }: NostrEvent): void {
    if (this.areAway) throw new RelayFailureError(url, "unreachable", "no connection");
    if (this.areWalled) throw new RelayFailureError(url, "auth-required", "who are you?");
    this.taken.push(`${url} ${id}`);
  }

  #claim(keys: readonly string[], ms: number, owner: string): ReadonlySet<string> {
    const now = this.clock.now();
    const claimed = keys.filter((key) => {
      const claim = this.#claims.get(key);
      return !claim || claim.until <= now || claim.owner === owner;
    });
    for (const key of claimed) this.#claims.set(key, { owner, until: now + ms });
    return new Set(claimed);
  }
}
