/**
 * Lists that are found after an event was published: their relays become targets for a day.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { Clock } from "./base/clock.ts";
import type { ListListener } from "./lists/relay_list_store.ts";
import { ADDRESS_LIST_KINDS } from "./nostr/kinds.ts";
import type { EventPlan } from "./plan/event_plan.ts";
import { taggedUsers } from "./plan/tagged_users.ts";

/** What {@link LateInboxes} need. */
export interface LateInboxesOptions {
  readonly clock: Clock;
  /** Plans an event by what is stored; `undefined` if that cannot be looked up. */
  readonly plan: (event: NostrEvent) => Promise<EventPlan | undefined>;
  /** Called with the plan of an event that a new list may change. */
  readonly onPlan: (event: NostrEvent, plan: EventPlan) => void;
  readonly onError: (error: Error) => void;
}

/** For how long a list counts that is found after an event was published. */
const LATE_INBOX_MS = 86_400_000;
/** How long lists are gathered before events are planned again. */
const GATHER_MS = 500;
/** Most people of one event whose lists are waited for. */
const MAX_PEOPLE = 100;

/** See the module. */
export class LateInboxes {
  readonly #options: LateInboxesOptions;
  /** Events of the last day, and until when lists count, by whom they concern. */
  readonly #events = new Map<string, Map<string, { event: NostrEvent; until: number }>>();
  #changed = new Map<string, NostrEvent>();
  #cancel?: () => void;

  constructor(options: LateInboxesOptions) {
    this.#options = options;
  }

  /** Waits for lists of an event's author and of the users it tags. */
  add(event: NostrEvent, publishedAt: number): void {
    const until = publishedAt + LATE_INBOX_MS;
    if (until <= this.#options.clock.now()) return;
    for (const pubkey of [event.pubkey, ...taggedUsers(event).slice(0, MAX_PEOPLE)]) {
      const events = this.#events.get(pubkey) ?? new Map();
      this.#events.set(pubkey, events.set(event.id, { event, until }));
    }
  }

  /** Takes a list that was stored. */
  readonly listed: ListListener = ({ pubkey }, kind) => {
    const events = this.#events.get(pubkey);
    if (!events || !ADDRESS_LIST_KINDS.includes(kind)) return;
    const { clock } = this.#options;
    const now = clock.now();
    for (const [id, { event, until }] of events) {
      if (until <= now) events.delete(id);
      else this.#changed.set(id, event);
    }
    if (events.size === 0) this.#events.delete(pubkey);
    if (this.#changed.size === 0 || this.#cancel) return;
    this.#cancel = clock.after(GATHER_MS, () => {
      this.#cancel = undefined;
      void this.#plan();
    });
  };

  /** Plans nothing any more. */
  close(): void {
    this.#cancel?.();
    this.#events.clear();
  }

  /** Never rejects. */
  async #plan(): Promise<void> {
    const { onError, onPlan, plan } = this.#options;
    const changed = this.#changed;
    this.#changed = new Map();
    for (const event of changed.values()) {
      try {
        const planned = await plan(event);
        if (planned) onPlan(event, planned);
      } catch (cause) {
        onError(new Error(`Cannot plan event ${event.id} again`, { cause }));
      }
    }
  }
}
