/**
 * Stores events by the thousand: verified in between other work, written in batches.
 *
 * @module
 */

import type { NostrEvent, NStore } from "@nostrify/types";
import { nextTurn } from "../base/clock.ts";
import { shapeFault } from "../nostr/check_event.ts";
import { EventRefusedError } from "../nostr/errors.ts";
import { LIST_KINDS } from "../nostr/kinds.ts";
import type { ListWriter } from "./list_writer.ts";

/** What became of events that were given together. */
export interface StoreResult {
  /**
   * How many were stored. The other lists were there already, or are older than what
   * is; of events that are no lists all count that the database took.
   */
  readonly stored: number;
  /** Why others were left out. */
  readonly refused: readonly EventRefusedError[];
}

/** With what events are stored. */
export interface BulkWriteTools {
  readonly db: NStore;
  readonly writer: ListWriter;
  /**
   * A copy of an event that is in order; its signature is verified unless it `isVerified`.
   *
   * @throws {EventRefusedError} If it is not.
   */
  readonly check: (event: NostrEvent, isVerified: boolean) => NostrEvent;
  /** Most events that are written together. */
  readonly batchSize: number;
  /** The time in milliseconds. */
  readonly now: () => number;
}

interface Options {
  readonly signal?: AbortSignal;
}

/** After how many milliseconds of verifying everything else has a turn. */
const TURN = 10;

/** Stores events in their order, each as it would be stored by itself. */
export async function bulkWrite(
  events: Iterable<NostrEvent>,
  tools: BulkWriteTools,
  opts: Options,
): Promise<StoreResult> {
  const result = { stored: 0, refused: [] as EventRefusedError[] };
  let batch: NostrEvent[] = [];
  for (const event of events) {
    batch.push(event);
    if (batch.length < tools.batchSize) continue;
    await storeBatch(batch, result, tools, opts);
    batch = [];
  }
  await storeBatch(batch, result, tools, opts);
  return result;
}

async function storeBatch(
  events: readonly NostrEvent[],
  result: { stored: number; readonly refused: EventRefusedError[] },
  tools: BulkWriteTools,
  opts: Options,
): Promise<void> {
  const { writer } = tools;
  let lists: NostrEvent[] = [];
  const storeLists = async () => {
    const { stored, refused } = await writer.lists(lists, opts);
    result.stored += stored;
    for (const error of refused) result.refused.push(error);
    lists = [];
  };
  for (const event of await checkAll(events, result.refused, tools, opts)) {
    if (LIST_KINDS.includes(event.kind)) {
      lists.push(event);
      continue;
    }
    // What takes lists back comes between those before it and those after it.
    await storeLists();
    try {
      await writer.other(event, opts);
      result.stored++;
    } catch (error) {
      take(error, result.refused);
    }
  }
  await storeLists();
}

/** Copies of those events that are in order. */
async function checkAll(
  events: readonly NostrEvent[],
  refused: EventRefusedError[],
  { db, check, now }: BulkWriteTools,
  opts: Options,
): Promise<NostrEvent[]> {
  const known = await storedAlready(db, events, opts);
  const checked: NostrEvent[] = [];
  let began = now();
  for (const event of events) {
    const isVerified = known.has(event);
    if (now() - began >= TURN) {
      await nextTurn();
      began = now();
    }
    opts.signal?.throwIfAborted();
    try {
      checked.push(check(event, isVerified));
    } catch (error) {
      take(error, refused);
    }
  }
  return checked;
}

/** Those lists that are stored as they are: they were verified before. */
async function storedAlready(
  db: NStore,
  events: readonly NostrEvent[],
  opts: Options,
): Promise<Set<NostrEvent>> {
  const lists = events.filter((event) =>
    shapeFault(event) === undefined && LIST_KINDS.includes(event.kind)
  );
  if (lists.length === 0) return new Set();
  const kinds = [...new Set(lists.map(({ kind }) => kind))];
  const authors = [...new Set(lists.map(({ pubkey }) => pubkey))];
  const stored = await db.query([{ kinds, authors }], opts);
  const byId = new Map(stored.map((event) => [event.id, text(event)]));
  return new Set(lists.filter((event) => byId.get(event.id) === text(event)));
}

function text({ id, pubkey, created_at, kind, tags, content, sig }: NostrEvent): string {
  return JSON.stringify([id, pubkey, created_at, kind, tags, content, sig]);
}

function take(error: unknown, refused: EventRefusedError[]): void {
  if (!(error instanceof EventRefusedError)) throw error;
  refused.push(error);
}
