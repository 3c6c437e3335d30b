/**
 * Removes what a deletion (NIP-09) or a request to vanish (NIP-62) covers.
 *
 * @module
 */

import { isAddressableKind, isReplaceableKind } from "nostr-tools/kinds";
import { type AnyExecutor, run } from "./any_kysely.ts";
import type { EventSql } from "./event_sql.ts";
import { type Address, findVersions } from "./find_versions.ts";
import type { PreparedEvent } from "./prepared_event.ts";

/** The ids of the stored events that a stored event deletes; none for most kinds. */
export async function deletedBy(
  db: AnyExecutor,
  sql: EventSql,
  { row }: PreparedEvent,
): Promise<string[]> {
  const { kind, pubkey, created_at } = row;
  if (kind === 62) {
    const rows = await run<Id>(db, sql.vanished, [pubkey, created_at]);
    return rows.map(({ id }) => id);
  }
  if (kind !== 5) return [];
  const tags: string[][] = JSON.parse(row.tags);
  const ids = tags.flatMap(([name, id]) => name === "e" && id ? [{ id }] : []);
  const addresses = tags.flatMap(([name, value]) =>
    name === "a" ? parseAddress(value, pubkey) : []
  );
  const rows = await run<Id>(db, sql.deletable, [JSON.stringify(ids), pubkey]);
  const versions = await findVersions(db, sql, addresses);
  return [
    ...rows.map(({ id }) => id),
    // Versions newer than the deletion stay.
    ...[...versions.values()].flat()
      .filter((version) => version.created_at <= created_at)
      .map(({ id }) => id),
  ];
}

interface Id {
  readonly id: string;
}

/** The author's own `kind:pubkey:d`, or nothing. */
function parseAddress(value = "", author: string): Address[] {
  const [, digits, pubkey, d] = /^(\d{1,5}):([^:]*):(.*)$/s.exec(value) ?? [];
  const kind = Number(digits);
  const named = isAddressableKind(kind) || (isReplaceableKind(kind) && d === "");
  return named && pubkey === author ? [{ kind, pubkey, d }] : [];
}

/**
 * Deletes events and their tags. The tables would delete the tags by themselves,
 * but SQLite obeys only where a connection turned foreign keys on.
 */
export async function deleteEvents(
  db: AnyExecutor,
  sql: EventSql,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const list = JSON.stringify(ids);
  await run(db, sql.deleteTags, [list]);
  await run(db, sql.deleteEvents, [list]);
}
