/**
 * Writes thousands of events in one transaction.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isEphemeralKind } from "nostr-tools/kinds";
import { deletedError } from "../nostr/deleted_error.ts";
import { EventRefusedError } from "../nostr/errors.ts";
import { type Outcome, runsOf } from "./event_runs.ts";
import type { PreparedEvent } from "./prepared_event.ts";

/** The result of a bulk write. */
export interface BulkResult {
  /** How many events were stored. */
  readonly stored: number;
  /** How many events were stored before, older than a stored version, or ephemeral. */
  readonly ignored: number;
  /** An error for each event that is malformed, or covered by a stored deletion. */
  readonly refused: readonly EventRefusedError[];
}

/** Options of `EventDatabase.events`. */
export interface BulkOptions {
  /** Aborting it undoes the whole transaction. */
  readonly signal?: AbortSignal;
  /** Called now and then with the number of events that are written, and of all events. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** How a database writes many events. */
export interface BulkWriter {
  /** Checks an event, and brings it into the form of the tables. */
  readonly prepare: (event: NostrEvent) => PreparedEvent;
  /** Writes one run; returns the outcome of each of its events, in order. */
  readonly writeRun: (events: readonly PreparedEvent[]) => Promise<readonly Outcome[]>;
  /** Waits between two runs. */
  readonly pause?: () => Promise<void>;
}

/** Writes many events inside a transaction. */
export async function writeBulk(
  events: readonly NostrEvent[],
  { prepare, writeRun, pause }: BulkWriter,
  { signal, onProgress }: BulkOptions,
): Promise<BulkResult> {
  const refused: EventRefusedError[] = [];
  let stored = 0;
  let done = 0;
  for (const run of runsOf(prepareAll(events, prepare, refused))) {
    signal?.throwIfAborted();
    const outcomes = await writeRun(run);
    outcomes.forEach((outcome, i) => {
      if (outcome === "stored") stored++;
      if (outcome === "deleted") refused.push(deletedError(run[i].event));
    });
    done += run.length;
    onProgress?.(done, events.length);
    await pause?.();
  }
  signal?.throwIfAborted();
  const ignored = events.length - stored - refused.length;
  return { stored, ignored, refused };
}

function* prepareAll(
  events: readonly NostrEvent[],
  prepare: (event: NostrEvent) => PreparedEvent,
  refused: EventRefusedError[],
): Generator<PreparedEvent> {
  for (const event of events) {
    if (isEphemeralKind(event.kind)) continue;
    try {
      yield prepare(event);
    } catch (error) {
      if (!(error instanceof EventRefusedError)) throw error;
      refused.push(error);
    }
  }
}
