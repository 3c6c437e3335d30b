/**
 * What must hold between the tables, whoever wrote them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { addressOf } from "./oracle.ts";

type Row = Record<string, unknown>;

/**
 * Checks that `nostr_tags` has the indexed tags of the stored events and no
 * others, and that no event has two versions.
 */
export function assertConsistent(events: readonly Row[], tags: readonly Row[]) {
  const expected = events.flatMap((event) =>
    (JSON.parse(`${event.tags}`) as string[][])
      .filter(([name, value]) => name?.length === 1 && value !== undefined)
      .map(([name, value]) => `${event.id} ${name} ${value}`)
  );
  const found = tags.map(({ event_id, name, value }) => `${event_id} ${name} ${value}`);
  assert.deepEqual(found.sort(), expected.sort());

  const addresses = events.map(({ kind, pubkey, tags }) =>
    addressOf({
      kind: Number(kind),
      pubkey: `${pubkey}`,
      tags: JSON.parse(`${tags}`),
    })
  ).filter((address) => address !== undefined);
  assert.equal(new Set(addresses).size, addresses.length);
}
