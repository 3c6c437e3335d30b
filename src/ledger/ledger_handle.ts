/**
 * What an app holds of one publication of a ledger.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { Clock } from "../base/clock.ts";
import type { LedgerBook } from "./ledger_book.ts";
import { endOf } from "./publication.ts";
import type { PublicationChange } from "./publication_change.ts";
import { type Publication, publicationHandle } from "./publication_handle.ts";
import type { SendSchedule } from "./send_schedule.ts";

/** The parts of a ledger that a handle reads and changes. */
export interface LedgerHandleSource {
  readonly clock: Clock;
  /** How many days an event is tried. */
  readonly days: number;
  readonly book: Pick<LedgerBook, "get" | "isOwn" | "listen" | "restore">;
  readonly schedule: Pick<SendSchedule, "connected" | "failedAt" | "pausedUntil">;
  /** The error of a ledger that is closed. */
  readonly closedError: () => Error | undefined;
  /** Changes the publication. */
  readonly change: (change: PublicationChange) => void;
}

const DAY_MS = 86_400_000;

/** The handle of a publication that the book has. */
export function ledgerHandle(event: NostrEvent, source: LedgerHandleSource): Publication {
  const { id } = event;
  const { book, change, clock, closedError, days, schedule } = source;
  let last = book.get(id)!;
  const record = () => last = book.get(id) ?? last;
  const refuseForeign = (action: string) => {
    if (book.isOwn(id)) return;
    throw new Error(
      `Cannot ${action} event ${id}: another process over the same database sends it`,
    );
  };
  return publicationHandle({
    event,
    publishedAt: last.at,
    targets: () =>
      record().targets.map((target) => {
        const pausedUntil = schedule.pausedUntil(target.relay);
        if (target.nextAt === undefined || target.nextAt >= pausedUntil) return target;
        return { ...target, nextAt: pausedUntil };
      }),
    hasFailed: (relay) => schedule.failedAt(relay) >= Math.max(1, last.at),
    listen: (listener) => book.listen(id, listener),
    closedError,
    retry: () => {
      refuseForeign("try");
      const now = clock.now();
      const until = endOf(event, now + Math.max(1, days) * DAY_MS);
      book.restore(record());
      for (const { relay } of record().targets) schedule.connected(relay);
      if (until > now) change({ type: "retried", now, until });
    },
    drop: () => {
      refuseForeign("drop");
      change({ type: "given-up", reason: "the app dropped it" });
    },
  });
}
