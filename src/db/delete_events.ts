/**
 * Removes what a deletion (NIP-09) or a request to vanish (NIP-62) covers.
 *
 * @module
 */

import { deletionTargets } from "../nostr/deletion_targets.ts";
import { vanishesFrom } from "../nostr/vanish_requests.ts";
import { type AnyExecutor, run } from "./any_kysely.ts";
import type { EventSql } from "./event_sql.ts";
import { findVersions } from "./find_versions.ts";
import type { PreparedEvent } from "./prepared_event.ts";

/** The ids of the stored events that a stored event deletes; none for most kinds. */
export async function deletedBy(
  db: AnyExecutor,
  sql: EventSql,
  { row }: PreparedEvent,
): Promise<string[]> {
  const { kind, pubkey, created_at } = row;
  if (kind === 62) {
    if (!vanishesFrom({ tags: JSON.parse(row.tags) }, sql.places)) return [];
    const rows = await run<Id>(db, sql.vanished, [pubkey, created_at, pubkey, created_at]);
    return rows.map(({ id }) => id);
  }
  if (kind !== 5) return [];
  const { ids, addresses } = deletionTargets({ pubkey, tags: JSON.parse(row.tags) });
  const named = JSON.stringify(ids.map((id) => ({ id })));
  const rows = await run<Id>(db, sql.deletable, [named, pubkey]);
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
