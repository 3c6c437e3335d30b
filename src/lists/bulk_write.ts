/**
 * Stores thousands of events: verifies them in slices of time, and writes them in batches.
 *
 * @module
 */

import type { NostrEvent, NStore } from "@nostrify/types";
import { shapeFault } from "../nostr/check_event.ts";
import type { EventRefusedError } from "../nostr/errors.ts";
import { LIST_KINDS } from "../nostr/kinds.ts";
import { addRefusal, checkAll, type CheckTools } from "./check_all.ts";
import type { ListWriter } from "./list_writer.ts";

/** The result of storing events together. */
export interface StoreResult {
  /**
   * How many events were stored. Lists that the store held already, or that are older than
   * the stored version, do not count; every event that is no list counts if the database
   * accepts it.
   */
  readonly stored: number;
  /** One error for each event that was refused. */
  readonly refused: readonly EventRefusedError[];
}

/** What {@link bulkWrite} works with. */
export interface BulkWriteTools extends CheckTools {
  readonly db: NStore;
  readonly writer: ListWriter;
  /** Most events that are written together. */
  readonly batchSize: number;
}

interface Options {
  readonly signal?: AbortSignal;
}

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
    await writeBatch(batch, result, tools, opts);
    batch = [];
  }
  await writeBatch(batch, result, tools, opts);
  return result;
}

async function writeBatch(
  events: readonly NostrEvent[],
  result: { stored: number; readonly refused: EventRefusedError[] },
  tools: BulkWriteTools,
  opts: Options,
): Promise<void> {
  const { writer } = tools;
  let lists: NostrEvent[] = [];
  const writeLists = async () => {
    const { stored, refused } = await writer.writeLists(lists, opts);
    result.stored += stored;
    for (const error of refused) result.refused.push(error);
    lists = [];
  };
  const verified = await storedAlready(tools.db, events, opts);
  for (const event of await checkAll(events, verified, result.refused, tools, opts)) {
    if (LIST_KINDS.includes(event.kind)) {
      lists.push(event);
      continue;
    }
    // A deletion comes between the lists before it and those after it.
    await writeLists();
    try {
      await writer.writeOther(event, opts);
      result.stored++;
    } catch (error) {
      addRefusal(error, result.refused);
    }
  }
  await writeLists();
}

/** The lists that are stored exactly as given: they were verified before. */
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
  const byId = new Map(stored.map((event) => [event.id, canonicalText(event)]));
  return new Set(lists.filter((event) => byId.get(event.id) === canonicalText(event)));
}

function canonicalText(
  { id, pubkey, created_at, kind, tags, content, sig }: NostrEvent,
): string {
  return JSON.stringify([id, pubkey, created_at, kind, tags, content, sig]);
}
