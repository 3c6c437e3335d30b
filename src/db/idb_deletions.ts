/**
 * What deletions (NIP-09) and requests to vanish (NIP-62) do to the events of an IndexedDB.
 *
 * @module
 */

import { isAddressableKind } from "nostr-tools/kinds";
import { deletionTargets } from "../nostr/deletion_targets.ts";
import { DELETION_KIND, VANISH_KIND } from "../nostr/kinds.ts";
import { vanishesFrom } from "../nostr/vanish_requests.ts";
import type { IdbEvent, IdbTransaction } from "./idb_schema.ts";
import type { PreparedEvent } from "./prepared_event.ts";

/** The kind of stored gift wraps (NIP-59). */
const WRAP_KIND = 1059;

/** From how many people on all deletions between them are read at once, if these are fewer. */
const MAX_LOOKS = 50;

/** The events of a transaction. */
type Events = ReturnType<typeof eventsOf>;

function eventsOf(db: IdbTransaction) {
  return db.objectStore("events");
}

/**
 * Which of these events a stored deletion or request to vanish covers, by id.
 *
 * @param places What a request to vanish must name to count, besides all relays.
 */
export async function deletedAmong(
  db: IdbTransaction,
  events: readonly PreparedEvent[],
  places: readonly string[],
): Promise<Set<string>> {
  const store = eventsOf(db);
  const deleters = await deletersAmong(store, [...new Set(events.flatMap(concerned))].sort());
  const suspects = events.filter((event) => concerned(event).some((one) => deleters.has(one)));
  const covered = await Promise.all(suspects.map((event) => isCovered(store, event, places)));
  return new Set(suspects.filter((_, i) => covered[i]).map(({ row }) => row.id));
}

/**
 * Those of some people, sorted, who have deleted anything. They are few, and one look for each of
 * them, or for all, spares three for each event.
 */
async function deletersAmong(store: Events, people: readonly string[]): Promise<Set<string>> {
  const marks = store.index("mark");
  if (people.length > MAX_LOOKS) {
    const all = IDBKeyRange.bound([people[0]], [people[people.length - 1], []]);
    const rows = await marks.getAll(all, MAX_LOOKS);
    if (rows.length < MAX_LOOKS) return new Set(rows.map(({ event }) => event.pubkey));
  }
  const keys = await Promise.all(people.map((pubkey) => marks.getKey(startingWith([pubkey]))));
  return new Set(people.filter((_, i) => keys[i] !== undefined));
}

/** Whose deletions and requests to vanish may cover an event. */
function concerned({ row, tags }: PreparedEvent): string[] {
  if (row.kind !== WRAP_KIND) return [row.pubkey];
  return [row.pubkey, ...recipients(tags)];
}

function recipients(tags: PreparedEvent["tags"]): string[] {
  return tags.filter(([name]) => name === "p").map(([, value]) => value);
}

async function isCovered(
  store: Events,
  event: PreparedEvent,
  places: readonly string[],
): Promise<boolean> {
  const { id, kind, pubkey, created_at } = event.row;
  if (kind === VANISH_KIND) return false;
  const marks = store.index("mark");
  const requests = await Promise.all(
    concerned(event).map((one) => marks.getAll(upwards([one, "v"], created_at))),
  );
  if (requests.flat().some((row) => vanishesFrom(row.event, places))) return true;
  if (kind === DELETION_KIND) return false;
  const { address } = event;
  const ranges = [
    IDBKeyRange.only([pubkey, "e", id]),
    ...address === undefined ? [] : [upwards([pubkey, "a", address], created_at)],
  ];
  const keys = await Promise.all(ranges.map((range) => marks.getKey(range)));
  return keys.some((key) => key !== undefined);
}

/** The stored events that an event deletes; none for most kinds. */
export async function deletedBy(
  db: IdbTransaction,
  { row: { kind, pubkey, created_at }, event }: PreparedEvent,
  places: readonly string[],
): Promise<IdbEvent[]> {
  const store = eventsOf(db);
  const isBefore = (row: IdbEvent) => row.event.created_at <= created_at;
  if (kind === VANISH_KIND) {
    if (!vanishesFrom(event, places)) return [];
    const own = await store.index("author").getAll(startingWith([pubkey]));
    const wraps = await store.index("tag").getAll(startingWith(["p", pubkey]));
    return [
      ...own.filter((row) => row.event.kind !== VANISH_KIND && isBefore(row)),
      ...wraps.filter((row) => row.event.kind === WRAP_KIND && isBefore(row)),
    ];
  }
  if (kind !== DELETION_KIND) return [];
  const { ids, addresses } = deletionTargets(event);
  const named = await Promise.all([...new Set(ids)].map((id) => store.get(id)));
  const versions = await Promise.all(
    addresses.map(({ kind, d }) => storedVersions(db, kind, pubkey, d)),
  );
  return [
    ...named.filter((row) =>
      row?.event.pubkey === pubkey && ![DELETION_KIND, VANISH_KIND].includes(row.event.kind)
    ) as IdbEvent[],
    // Versions newer than the deletion stay.
    ...versions.flat().filter(isBefore),
  ];
}

/**
 * The stored versions of a replaceable or addressable event: one at most.
 *
 * @param d Its `d` tag, if its kind is addressable.
 */
export async function storedVersions(
  db: IdbTransaction,
  kind: number,
  pubkey: string,
  d: string,
): Promise<IdbEvent[]> {
  const store = eventsOf(db);
  if (isAddressableKind(kind)) {
    return await store.index("address").getAll(`${kind}:${pubkey}:${d}`);
  }
  return await store.index("author").getAll(startingWith([pubkey, kind]));
}

/** All keys that begin with these. */
export function startingWith(prefix: readonly IDBValidKey[]): IDBKeyRange {
  return IDBKeyRange.bound([...prefix], [...prefix, []]);
}

/** All keys that begin with these, and go on with a number of at least `from`. */
function upwards(prefix: readonly IDBValidKey[], from: number): IDBKeyRange {
  return IDBKeyRange.bound([...prefix, from], [...prefix, []]);
}
