/**
 * Finds the stored versions of addressable events (kinds 30000 to 39999). The tables
 * have no unique index on the `d` tag, so a query looks for them, which is sound while
 * the transaction alone may write.
 *
 * @module
 */

import type { Address } from "../nostr/deletion_targets.ts";
import type { Version } from "../nostr/versions.ts";
import { type AnyExecutor, run } from "./any_kysely.ts";
import type { EventSql } from "./event_sql.ts";
import { addressOf, isIndexed } from "./prepared_event.ts";

/** The stored events at these addresses, by `kind:pubkey:d`. */
export async function findVersions(
  db: AnyExecutor,
  sql: EventSql,
  addresses: readonly Address[],
): Promise<Map<string, Version[]>> {
  const found = new Map<string, Version[]>();
  for (const { kind, pubkey, d } of addresses) {
    found.set(`${kind}:${pubkey}:${d}`, []);
  }
  for (const byTag of [true, false]) {
    // An empty `d` tag may be a missing one, and NDatabase indexed neither.
    const some = addresses.filter(({ kind, d }) => (d !== "" && isIndexed(kind, "d", d)) === byTag);
    if (some.length === 0) continue;
    const statement = byTag ? sql.versionsByTag : sql.versionsByAuthor;
    const rows = await run<VersionRow>(db, statement, [JSON.stringify(some)]);
    for (const { id, kind, pubkey, created_at, tags } of rows) {
      const address = addressOf(kind, pubkey, JSON.parse(tags)) ?? "";
      found.get(address)?.push({ id, created_at });
    }
  }
  return found;
}

interface VersionRow extends Version {
  readonly kind: number;
  readonly pubkey: string;
  readonly tags: string;
}
