/**
 * Lists that are found or change after an event was published: for a day their relays become
 * targets, and for as long as the event is pending those that no list names any longer end.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { Clock } from "./base/clock.ts";
import { LATE_INBOX_MS } from "./ledger/may_be_open.ts";
import type { ListListener } from "./lists/relay_list_store.ts";
import { ADDRESS_LIST_KINDS } from "./nostr/kinds.ts";
import type { EventPlan } from "./plan/event_plan.ts";
import { taggedUsers } from "./plan/tagged_users.ts";

/** What {@link LateInboxes} need. */
export interface LateInboxesOptions {
  readonly clock: Clock;
  /** Plans an event by what is stored; `undefined` if that cannot be looked up. */
  readonly plan: (event: NostrEvent) => Promise<EventPlan | undefined>;
  /** Whether an event is still tried anywhere. */
  readonly isPending: (id: string) => boolean;
  /**
   * Called with the plan of an event that a new list may change.
   *
   * @param isLate Whether that list came too late to add relays.
   * @returns Whether to call it again, since a relay that no list names was not tried yet.
   */
  readonly onPlan: (event: NostrEvent, plan: EventPlan, isLate: boolean) => boolean;
  readonly onError: (error: Error) => void;
}

/** How long lists are gathered before events are planned again. */
const GATHER_MS = 500;
/** When an event is planned again where a relay that no list names was not tried yet. */
const PLAN_AGAIN_MS = 60_000;
/** Most people of one event whose lists are waited for. */
const MAX_PEOPLE = 100;

/** See the module. */
export class LateInboxes {
  readonly #options: LateInboxesOptions;
  /** Events of the last day and pending ones, and until when lists add relays, by whom they concern. */
  readonly #events = new Map<string, Map<string, { event: NostrEvent; until: number }>>();
  #changed = new Map<string, { event: NostrEvent; until: number }>();
  #timer?: { readonly at: number; readonly cancel: () => void };
  #isClosed = false;

  constructor(options: LateInboxesOptions) {
    this.#options = options;
  }

  /** Waits for lists of an event's author and of the users it tags. */
  add(event: NostrEvent, publishedAt: number): void {
    const until = publishedAt + LATE_INBOX_MS;
    if (this.#isOver(event, until)) return;
    for (const pubkey of [event.pubkey, ...taggedUsers(event).slice(0, MAX_PEOPLE)]) {
      const events = this.#events.get(pubkey) ?? new Map();
      this.#events.set(pubkey, events.set(event.id, { event, until }));
    }
  }

  /** Takes a list that was stored. */
  readonly listed: ListListener = ({ pubkey }, kind) => {
    const events = this.#events.get(pubkey);
    if (!events || !ADDRESS_LIST_KINDS.includes(kind)) return;
    for (const [id, entry] of events) {
      if (this.#isOver(entry.event, entry.until)) events.delete(id);
      else this.#changed.set(id, entry);
    }
    if (events.size === 0) this.#events.delete(pubkey);
    this.#planIn(GATHER_MS);
  };

  /** Plans nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#events.clear();
  }

  #isOver({ id }: NostrEvent, until: number): boolean {
    return until <= this.#options.clock.now() && !this.#options.isPending(id);
  }

  #planIn(ms: number): void {
    if (this.#changed.size === 0 || this.#isClosed) return;
    const { clock } = this.#options;
    const at = clock.now() + ms;
    if (this.#timer && this.#timer.at <= at) return;
    this.#timer?.cancel();
    const cancel = clock.after(ms, () => {
      this.#timer = undefined;
      void this.#plan();
    });
    this.#timer = { at, cancel };
  }

  /** Never rejects. */
  async #plan(): Promise<void> {
    const { clock, onError, onPlan, plan } = this.#options;
    const changed = this.#changed;
    this.#changed = new Map();
    const again: typeof changed = new Map();
    for (const [id, entry] of changed) {
      const { event, until } = entry;
      try {
        const planned = await plan(event);
        if (planned && onPlan(event, planned, until <= clock.now())) again.set(id, entry);
      } catch (cause) {
        onError(new Error(`Cannot plan event ${event.id} again`, { cause }));
      }
    }
    const isSoon = this.#changed.size > 0;
    for (const [id, entry] of again) this.#changed.set(id, entry);
    this.#planIn(isSoon ? GATHER_MS : PLAN_AGAIN_MS);
  }
}
