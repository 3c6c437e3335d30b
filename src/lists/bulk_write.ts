/**
 * Stores thousands of events: verifies them in slices of time, and writes them in batches.
 *
 * @module
 */

import type { NostrEvent, NStore } from "@nostrify/types";
import { nextTurn } from "../base/clock.ts";
import { shapeFault } from "../nostr/check_event.ts";
import { EventRefusedError } from "../nostr/errors.ts";
import { LIST_KINDS } from "../nostr/kinds.ts";
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
export interface BulkWriteTools {
  readonly db: NStore;
  readonly writer: ListWriter;
  /**
   * Copies a valid event; verifies its signature unless `isVerified`, in another thread perhaps.
   *
   * @throws {EventRefusedError} If the event is not valid.
   */
  readonly check: (event: NostrEvent, isVerified: boolean) => NostrEvent | Promise<NostrEvent>;
  /** Most events that are written together. */
  readonly batchSize: number;
  /** The time in milliseconds. */
  readonly now: () => number;
}

interface Options {
  readonly signal?: AbortSignal;
}

/** How many milliseconds of verifying pass before other work gets a turn. */
const VERIFYING_SLICE_MS = 10;

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

/**
 * Checks events, in slices of time.
 *
 * @param verified Those that are not verified again.
 * @param refused Takes the errors of those that are not valid.
 * @returns Copies of the events that are valid.
 * @throws The signal's reason.
 */
export async function checkAll(
  events: readonly NostrEvent[],
  verified: ReadonlySet<NostrEvent>,
  refused: EventRefusedError[],
  { check, now }: Pick<BulkWriteTools, "check" | "now">,
  opts: Options,
): Promise<NostrEvent[]> {
  const outcomes: (NostrEvent | Error | Promise<NostrEvent | Error>)[] = [];
  let sliceStart = now();
  for (const event of events) {
    const isVerified = verified.has(event);
    if (now() - sliceStart >= VERIFYING_SLICE_MS) {
      await nextTurn();
      sliceStart = now();
    }
    opts.signal?.throwIfAborted();
    outcomes.push(outcomeOf(() => check(event, isVerified)));
  }
  const checked: NostrEvent[] = [];
  for (const outcome of outcomes) {
    const result = outcome instanceof Promise ? await outcome : outcome;
    if (result instanceof Error) addRefusal(result, refused);
    else checked.push(result);
  }
  opts.signal?.throwIfAborted();
  return checked;
}

/** What a check returns or throws, now or later. */
function outcomeOf(
  check: () => NostrEvent | Promise<NostrEvent>,
): NostrEvent | Error | Promise<NostrEvent | Error> {
  try {
    const result = check();
    return result instanceof Promise ? result.catch((error) => error) : result;
  } catch (error) {
    return error as Error;
  }
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

/** Collects a refusal; anything else is thrown on. */
function addRefusal(error: unknown, refused: EventRefusedError[]): void {
  if (!(error instanceof EventRefusedError)) throw error;
  refused.push(error);
}
