/**
 * Claims about events of which there is only one version (NIP-01, law S1).
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Claims } from "./claims.ts";
import { ids, store } from "./contract_queries.ts";
import { byId } from "./events.ts";

/** Claims about events of which there is only one version. */
export const versionClaims: Claims = {
  async "S1: an older version and a known event are no error, and change nothing"(
    { open, sign },
  ) {
    for (const kind of [0, 3, 10002, 10050, 30000]) {
      const db = await open();
      const older = sign({ kind, created_at: 10 });
      const newer = sign({ kind, created_at: 20 });
      await store(db, [older, newer, older, newer]);
      assert.deepEqual(await db.query([{ kinds: [kind] }]), [newer]);
    }
  },

  async "S1: of two versions at once the one with the lower id wins"(
    { open, sign },
  ) {
    for (const kind of [10002, 30000]) {
      const [low, high] = byId(
        sign({ kind, content: "one" }),
        sign({ kind, content: "other" }),
      );
      for (const order of [[low, high], [high, low]]) {
        const db = await open();
        await store(db, order);
        assert.deepEqual(await ids(db, [{ kinds: [kind] }]), [low.id]);
      }
    }
  },

  async "S1: versions written at once leave the newest"({ open, sign }) {
    const db = await open();
    const versions = [3, 1, 5, 2, 4].map((created_at) =>
      sign({ kind: 10002, created_at, tags: [["r", `wss://${created_at}`]] })
    );
    await Promise.all(versions.map((event) => db.event(event)));
    assert.deepEqual(await db.query([{ kinds: [10002] }]), [versions[2]]);
    // Nothing is left of the older versions' tags either.
    assert.deepEqual(await ids(db, [{ "#r": ["wss://3", "wss://4"] }]), []);
    assert.deepEqual(await ids(db, [{ "#r": ["wss://5"] }]), [versions[2].id]);
  },

  async "NIP-01: authors, kinds and d tags do not replace each other"(
    { open, sign },
  ) {
    const db = await open();
    await store(db, [
      sign({ kind: 10002, author: 1 }),
      sign({ kind: 10002, author: 2 }),
      sign({ kind: 10050, author: 1 }),
      sign({ kind: 30000, author: 1, tags: [["d", "a"]] }),
      sign({ kind: 30000, author: 1, tags: [["d", "b"]] }),
      sign({ kind: 30000, author: 1, tags: [["d", ""]] }),
      sign({ kind: 30000, author: 2, tags: [["d", "a"]] }),
      sign({ kind: 30001, author: 1, tags: [["d", "a"]] }),
    ]);
    assert.equal((await db.query([{}])).length, 8);
  },

  async "NIP-01: only the first d tag counts, and none is an empty one"(
    { open, sign },
  ) {
    const db = await open();
    const draft = { kind: 30000 };
    const none = sign({ ...draft, created_at: 1 });
    const empty = sign({ ...draft, created_at: 2, tags: [["d", ""]] });
    const bare = sign({ ...draft, created_at: 3, tags: [["d"], ["d", "a"]] });
    const a = sign({ ...draft, created_at: 4, tags: [["d", "a"]] });
    const b = sign({ ...draft, created_at: 5, tags: [["d", "b"], ["d", "a"]] });
    const long = "l".repeat(300);
    const c = sign({ ...draft, created_at: 6, tags: [["d", long]] });
    const later = sign({ ...draft, created_at: 7, tags: [["d", long]] });
    await store(db, [none, empty, bare, a, b, c, later]);
    assert.deepEqual(await ids(db, [{}]), [later.id, b.id, a.id, bare.id]);
  },

  async "NIP-01: ephemeral events are not stored"({ open, sign }) {
    const db = await open();
    await store(db, [sign({ kind: 20000 }), sign({ kind: 29999 })]);
    assert.deepEqual(await db.query([{}]), []);
  },
};
