/**
 * Claims about deletions (NIP-09) and requests to vanish (NIP-62).
 *
 * @module
 */

import type { NostrEvent, NStore } from "@nostrify/types";
import assert from "node:assert/strict";
import { EventRefusedError } from "../../src/nostr/errors.ts";
import type { Claims } from "./claims.ts";
import { ids, store } from "./contract_queries.ts";

/** Text that JSON can hold and PostgreSQL cannot. */
const ODD_TEXTS = ["5\0", "\ud83d", "\udc00 \\u0000"];

/** Claims about deletions and requests to vanish. */
export const deletionClaims: Claims = {
  async "NIP-09: a deletion removes its author's events by id, and keeps them out"(
    { open, sign },
  ) {
    for (const kind of [1, 10002, 30000]) {
      const db = await open();
      const event = sign({ kind, created_at: 10 });
      // Its time does not matter: an id names one event.
      const deletion = sign({ kind: 5, created_at: 5, tags: [["e", event.id]] });
      await store(db, [event, deletion]);
      assert.deepEqual(await ids(db, [{}]), [deletion.id]);
      await refused(db, event);
      assert.deepEqual(await ids(db, [{}]), [deletion.id]);
    }
  },

  async "NIP-09: a deletion that came first keeps its events out"(
    { open, sign },
  ) {
    const db = await open();
    const event = sign({ created_at: 10 });
    const deletion = sign({ kind: 5, tags: [["e", event.id]] });
    await store(db, [deletion]);
    await refused(db, event);
    assert.deepEqual(await ids(db, [{}]), [deletion.id]);
  },

  async "NIP-09: a deletion by address removes versions up to its own time"(
    { open, sign },
  ) {
    const long = "l".repeat(300);
    for (const [kind, d] of [[10002, ""], [30000, "a:b"], [30000, ""], [30000, long]]) {
      const db = await open();
      const version = (created_at: number) =>
        sign({ kind: +kind, created_at, tags: d ? [["d", `${d}`]] : [] });
      const address = `${kind}:${version(1).pubkey}:${d}`;
      const deletion = sign({ kind: 5, created_at: 20, tags: [["a", address]] });
      await store(db, [version(20), deletion]);
      assert.deepEqual(await ids(db, [{}]), [deletion.id]);
      await refused(db, version(19));
      await refused(db, version(20));
      const earlier = sign({ kind: 5, created_at: 19, tags: [["a", address]] });
      await store(db, [version(21), deletion, earlier]);
      assert.deepEqual(
        await ids(db, [{}]),
        [version(21).id, deletion.id, earlier.id],
      );
    }
  },

  async "NIP-09: a deleted newer version leaves the older one as it was"(
    { open, sign },
  ) {
    const tags = [["r", "wss://relay.example"], ["d", "x"]];
    for (const kind of [10002, 30000]) {
      const db = await open();
      const [older, newer] = [10, 20].map((created_at) => sign({ kind, created_at, tags }));
      const deletion = sign({ kind: 5, tags: [["e", newer.id]] });
      await store(db, [older, deletion]);
      await refused(db, newer);
      assert.deepEqual(await db.query([{ "#r": ["wss://relay.example"] }]), [
        older,
      ]);
    }
  },

  async "NIP-09: nobody deletes another's events, nor a deletion"(
    { open, sign },
  ) {
    const db = await open();
    const post = sign({ author: 1, created_at: 1 });
    const list = sign({ author: 1, kind: 10002, created_at: 2 });
    const tags = [["e", post.id], ["a", `10002:${list.pubkey}:`]];
    const others = sign({ author: 2, kind: 5, created_at: 9, tags });
    const own = sign({ author: 2, kind: 5, created_at: 10, tags: [["e", others.id]] });
    await store(db, [post, list, others, own]);
    await store(db, [post, list, others]);
    assert.deepEqual(
      await ids(db, [{}]),
      [own.id, others.id, list.id, post.id],
    );
  },

  async "NIP-62: who vanishes is forgotten up to then, and may come back later"(
    { open, sign },
  ) {
    const db = await open();
    const old = [1, 5, 10002, 30000].map((kind) => sign({ kind, created_at: 10 }));
    const other = sign({ author: 2, created_at: 10 });
    const vanish = sign({
      kind: 62,
      created_at: 20,
      tags: [["relay", "ALL_RELAYS"]],
    });
    await store(db, [...old, other, vanish]);
    assert.deepEqual(await ids(db, [{}]), [vanish.id, other.id]);
    for (const event of old) await refused(db, event);
    await refused(db, sign({ created_at: 20 }));
    const later = sign({ kind: 10002, created_at: 21 });
    await store(db, [later]);
    assert.deepEqual(await ids(db, [{}]), [later.id, vanish.id, other.id]);
  },

  async "NIP-40: an expired event is not stored, and deletes nothing"({ open, sign }) {
    const db = await open();
    const post = sign({ created_at: 1 });
    await store(db, [post]);
    for (const kind of [1, 5, 62, 1059, 10002, 30000]) {
      const tags = [["expiration", "1600000000"], ["e", post.id], ["relay", "ALL_RELAYS"]];
      await refused(db, sign({ kind, tags }), "expired");
    }
    assert.deepEqual(await db.query([{}]), [post]);
    for (const value of ["9999999999", "never", "-1", "1600000000x", ""]) {
      const event = sign({ tags: [["expiration", value], ["expiration"]] });
      await db.event(event);
      assert.deepEqual(await ids(db, [{ ids: [event.id] }]), [event.id], value);
    }
  },

  async "NIP-40: text in tags that a database cannot hold hides no event"({ open, sign }) {
    const db = await open();
    const events = ODD_TEXTS.flatMap((text, i) => {
      const tags = [["expiration", text], [text], ["relay", text], ["expiration", "9999999999"]];
      // After the request to vanish, the author's posts are looked at with its tags.
      return [62, 1].map((kind) => sign({ kind, created_at: 10 + i, tags }));
    });
    await store(db, events);
    assert.deepEqual(new Set(await ids(db, [{}])), new Set(events.map(({ id }) => id)));
  },

  async "NIP-62: who vanishes from other relays stays"({ open, sign }) {
    for (const tags of [[["relay", "wss://other.example"]], [["relay", "all_relays"]], []]) {
      const db = await open();
      const post = sign({ created_at: 10 });
      const vanish = sign({ kind: 62, created_at: 20, tags });
      const later = sign({ created_at: 11 });
      await store(db, [post, vanish, later]);
      assert.deepEqual(await ids(db, [{}]), [vanish.id, later.id, post.id]);
    }
  },

  async "NIP-62: requests to vanish stay beside each other, in any order"({ open, sign }) {
    const tags = [["relay", "ALL_RELAYS"]];
    const [first, second] = [10, 20].map((created_at) => sign({ kind: 62, created_at, tags }));
    for (const order of [[first, second], [second, first]]) {
      const db = await open();
      await store(db, order);
      assert.deepEqual(await ids(db, [{}]), [second.id, first.id]);
    }
  },

  async "NIP-62: gift wraps to who vanishes go along, and stay away"({ open, sign }) {
    const db = await open();
    const odd = ODD_TEXTS.map((text) => ["p", text]);
    const wrap = (author: number, created_at: number) =>
      sign({ author: 9, kind: 1059, created_at, tags: [...odd, ["p", sign({ author }).pubkey]] });
    const mention = sign({ author: 2, created_at: 10, tags: [["p", sign({}).pubkey]] });
    const vanish = sign({ kind: 62, created_at: 20, tags: [["relay", "ALL_RELAYS"]] });
    await store(db, [wrap(1, 10), wrap(2, 11), mention, vanish]);
    assert.deepEqual(await ids(db, [{}]), [vanish.id, wrap(2, 11).id, mention.id]);
    await refused(db, wrap(1, 20));
    await store(db, [wrap(1, 21)]);
    assert.deepEqual(await ids(db, [{ kinds: [1059] }]), [wrap(1, 21).id, wrap(2, 11).id]);
  },
};

async function refused(db: NStore, event: NostrEvent, reason = "deleted"): Promise<void> {
  await assert.rejects(db.event(event), (error) => {
    assert.ok(error instanceof EventRefusedError);
    assert.equal(error.reason, reason);
    assert.equal(error.event, event);
    return true;
  });
}
