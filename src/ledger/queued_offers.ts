/**
 * Keeps the schedule in step with publications. Pure.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isUrgent } from "./offer_outcome.ts";
import { isOpenTarget, type PublicationRecord, type PublicationTarget } from "./publication.ts";
import type { SendSchedule } from "./send_schedule.ts";
import { addressOf } from "./superseded.ts";

/** See the module. */
export class QueuedOffers {
  readonly #schedule: SendSchedule;

  constructor(schedule: SendSchedule) {
    this.#schedule = schedule;
  }

  /** Queues an event for each relay where it is still tried. */
  put({ event, targets }: PublicationRecord, now: number): void {
    for (const target of targets) if (isOpenTarget(target)) this.putTarget(event, target, now);
  }

  /** Queues an event for one relay. */
  putTarget(event: NostrEvent, { relay, nextAt }: PublicationTarget, now: number): void {
    this.#schedule.put({
      relay,
      id: event.id,
      at: nextAt ?? now,
      isUrgent: isUrgent(event),
      address: addressOf(event),
    }, now);
  }

  /** Queues what a change opened, and takes out what it ended. */
  update(
    before: PublicationRecord | undefined,
    after: PublicationRecord | undefined,
    now: number,
  ): void {
    const old = new Map(before?.targets.map((target) => [target.relay, target]));
    for (const target of after?.targets ?? []) {
      const known = old.get(target.relay);
      old.delete(target.relay);
      if (target === known) continue;
      if (isOpenTarget(target)) this.putTarget(after!.event, target, now);
      else this.#schedule.remove(target.relay, after!.event.id);
    }
    for (const relay of old.keys()) this.#schedule.remove(relay, before!.event.id);
  }
}
