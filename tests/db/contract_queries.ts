/**
 * Claims about what a query finds.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import assert from "node:assert/strict";
import type { Claims } from "./claims.ts";
import { byId } from "./events.ts";

/** Claims about what a query finds. */
export const queryClaims: Claims = {
  async "an event comes back as it was, whatever text it holds"(
    { open, sign },
  ) {
    const db = await open();
    const text = "\u0001 \" ' \\ \n \u2028 %_ {}[] ü 漢 😀 $1 ?1 ::text";
    const event = sign({ content: text, tags: [["t", text], ["x"], ["", ""]] });
    await db.event(event);
    assert.deepEqual(await db.query([{ ids: [event.id] }]), [event]);
    assert.deepEqual(await db.query([{ "#t": [text] }]), [event]);
  },

  async "a query finds by id, author, kind, tag, since and until"(
    { open, sign },
  ) {
    const db = await open();
    const a = sign({ author: 1, kind: 1, created_at: 10, tags: [["t", "x"]] });
    const b = sign({ author: 2, kind: 7, created_at: 20, tags: [["e", a.id]] });
    await store(db, [a, b]);
    for (
      const filter of [
        { ids: [a.id] },
        { authors: [a.pubkey] },
        { kinds: [1] },
        { "#t": ["x", "y"] },
        { until: 10 },
        { until: 19 },
        { authors: [a.pubkey, b.pubkey], kinds: [1, 2], since: 10 },
      ]
    ) {
      assert.deepEqual(await ids(db, [filter]), [a.id], JSON.stringify(filter));
    }
    for (const filter of [{ since: 20 }, { since: 11 }, { "#e": [a.id] }]) {
      assert.deepEqual(await ids(db, [filter]), [b.id], JSON.stringify(filter));
    }
    assert.deepEqual(await ids(db, [{ kinds: [1], authors: [b.pubkey] }]), []);
    assert.deepEqual(await ids(db, [{ "#t": ["x"], "#e": [a.id] }]), []);
  },

  async "filters are alternatives, and an event comes once"({ open, sign }) {
    const db = await open();
    const a = sign({ kind: 1, created_at: 10 });
    const b = sign({ kind: 7, created_at: 20 });
    await store(db, [a, b]);
    const filters = [{ kinds: [1] }, { ids: [a.id] }, { kinds: [7] }];
    assert.deepEqual(await ids(db, filters), [b.id, a.id]);
    assert.deepEqual(await ids(db, []), []);
  },

  async "events come newest first, of two at once the lower id first"(
    { open, sign },
  ) {
    const db = await open();
    const late = sign({ created_at: 30, content: "late" });
    const [low, high] = byId(
      sign({ created_at: 20, content: "one" }),
      sign({ created_at: 20, content: "other" }),
    );
    await store(db, [high, late, low]);
    assert.deepEqual(await ids(db, [{ kinds: [1] }]), [late.id, low.id, high.id]);
  },

  async "a limit keeps the newest, and 0 keeps none"({ open, sign }) {
    const db = await open();
    const events = [10, 20, 30].map((created_at) => sign({ created_at }));
    await store(db, events);
    const [, middle, last] = events.map(({ id }) => id);
    assert.deepEqual(await ids(db, [{ limit: 2 }]), [last, middle]);
    assert.deepEqual(await ids(db, [{ limit: 0 }]), []);
    assert.deepEqual(await ids(db, [{ until: 20, limit: 1 }]), [middle]);
  },

  async "NIP-01: an empty list in a filter matches nothing"({ open, sign }) {
    const db = await open();
    await store(db, [sign({ tags: [["p", "x"]] })]);
    for (const key of ["ids", "authors", "kinds", "#p"]) {
      assert.deepEqual(await ids(db, [{ [key]: [] }]), [], key);
    }
  },

  async "ten thousand authors in one filter are no problem"({ open, sign }) {
    const db = await open();
    const event = sign({ kind: 10002 });
    await store(db, [event]);
    const authors = Array.from({ length: 10_000 }, (_, i) => `${i}`.padStart(64, "0"));
    const filter = { kinds: [10002], authors: [...authors, event.pubkey] };
    assert.deepEqual(await ids(db, [filter]), [event.id]);
    assert.deepEqual(await ids(db, [{ ids: [...authors, event.id], limit: 1 }]), [
      event.id,
    ]);
  },

  async "count() counts what query() finds"({ open, sign }) {
    const db = await open();
    await store(db, [1, 2, 3].map((created_at) => sign({ created_at })));
    for (
      const [filters, count] of [
        [[{ kinds: [1] }], 3],
        [[{ kinds: [1] }, { since: 2 }], 3],
        [[{ since: 2 }], 2],
        [[{ limit: 1 }], 1],
        [[{ kinds: [] }], 0],
        [[], 0],
      ] as [NostrFilter[], number][]
    ) {
      assert.equal((await db.count?.(filters))?.count, count);
    }
  },

  async "remove() removes what matches, and it may come back"({ open, sign }) {
    const db = await open();
    const [a, b] = [sign({ author: 1 }), sign({ author: 2 })];
    await store(db, [a, b]);
    await db.remove?.([{ authors: [a.pubkey] }]);
    assert.deepEqual(await ids(db, [{}]), [b.id]);
    await db.event(a);
    assert.equal((await ids(db, [{}])).length, 2);
  },

  async "an aborted signal rejects with its reason, before anything happens"(
    { open, sign },
  ) {
    const db = await open();
    const reason = new Error("changed my mind");
    const opts = { signal: AbortSignal.abort(reason) };
    await assert.rejects(db.event(sign({}), opts), reason);
    await assert.rejects(db.query([{}], opts), reason);
    if (db.count) await assert.rejects(db.count([{}], opts), reason);
    if (db.remove) await assert.rejects(db.remove([{}], opts), reason);
    assert.deepEqual(await db.query([{}]), []);
  },
};

/** Stores events one after another. */
export async function store(db: NStore, events: NostrEvent[]): Promise<void> {
  for (const event of events) await db.event(event);
}

/** The ids of what a query finds. */
export async function ids(
  db: NStore,
  filters: NostrFilter[],
): Promise<string[]> {
  return (await db.query(filters)).map(({ id }) => id);
}
