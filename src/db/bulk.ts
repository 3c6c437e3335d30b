/**
 * Thousands of events in one transaction.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isEphemeralKind } from "nostr-tools/kinds";
import { deletedError } from "../nostr/deleted_error.ts";
import { EventRefusedError } from "../nostr/errors.ts";
import type { AnyExecutor } from "./any_kysely.ts";
import type { EventSql } from "./event_sql.ts";
import { type PreparedEvent, prepareEvent } from "./prepared_event.ts";
import { runsOf, writeRun } from "./write_events.ts";

/** What became of events that were given together. */
export interface BulkResult {
  /** How many were stored. */
  readonly stored: number;
  /** How many were there already, are older than what is there, or ephemeral. */
  readonly ignored: number;
  /** Why others were left out: malformed, or covered by a stored deletion. */
  readonly refused: readonly EventRefusedError[];
}

/** What `EventDatabase.events` takes besides the events. */
export interface BulkOptions {
  /** Aborting it undoes the whole transaction. */
  readonly signal?: AbortSignal;
  /** Told now and then how many events are done of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Writes many events inside a transaction. */
export async function writeBulk(
  db: AnyExecutor,
  sql: EventSql,
  events: readonly NostrEvent[],
  maxCreatedAt: number,
  { signal, onProgress }: BulkOptions,
): Promise<BulkResult> {
  const refused: EventRefusedError[] = [];
  let stored = 0;
  let done = 0;
  for (const run of runsOf(prepareAll(events, maxCreatedAt, refused))) {
    signal?.throwIfAborted();
    const outcomes = await writeRun(db, sql, run);
    outcomes.forEach((outcome, i) => {
      if (outcome === "stored") stored++;
      if (outcome === "deleted") refused.push(deletedError(run[i].event));
    });
    done += run.length;
    onProgress?.(done, events.length);
    // An embedded database never waits, so timers and sockets get their turn here.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  signal?.throwIfAborted();
  const ignored = events.length - stored - refused.length;
  return { stored, ignored, refused };
}

function* prepareAll(
  events: readonly NostrEvent[],
  maxCreatedAt: number,
  refused: EventRefusedError[],
): Generator<PreparedEvent> {
  for (const event of events) {
    if (isEphemeralKind(event.kind)) continue;
    try {
      yield prepareEvent(event, maxCreatedAt);
    } catch (error) {
      if (!(error instanceof EventRefusedError)) throw error;
      refused.push(error);
    }
  }
}
