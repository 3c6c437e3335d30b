/**
 * What a `RelayListStore` promises, over any store of events.
 *
 * @module
 */

import type { NostrEvent, NStore } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { RelayListStore } from "../../src/lists/relay_list_store.ts";
import { EventRefusedError } from "../../src/nostr/errors.ts";
import { LIST_KINDS } from "../../src/nostr/kinds.ts";
import type { RelayList } from "../../src/nostr/relay_knowledge.ts";
import { parseRelayList } from "../../src/nostr/relay_list.ts";
import { isNewer } from "../../src/nostr/versions.ts";
import type { Backing } from "../db/backing.ts";
import { PEOPLE, RELAYS, SIGNERS, time } from "./arbitraries.ts";
import { deletes, HERE, unsigned } from "./list_store.ts";
import { testUnless } from "./test_unless.ts";

const [alice, bob] = SIGNERS;
const NOW = 1_700_000_010;
const now = () => NOW * 1000;

/** A signed list of a fixed second, by number. */
const listOf = (n: number, who = alice) =>
  who.sign({ kind: 10002, created_at: NOW - 10 + n, tags: [["r", RELAYS[n]]] });

// The histories are long, so they are not signed: the laws are about versions.
const AUTHORS = PEOPLE.slice(-3);
const KINDS = [10002, 10050, 10006];
const author = fc.constantFrom(...AUTHORS);
const kind = fc.constantFrom(...KINDS);
const list = fc.tuple(author, time, kind, fc.subarray(RELAYS.slice(0, 2)))
  .map(([author, created_at, kind, urls]) => {
    const tags = urls.map((url) => [kind === 10002 ? "r" : "relay", url]);
    return unsigned(author, { created_at, kind, tags });
  });
const target = fc.oneof(
  fc.tuple(author, kind).map(([pubkey, kind]) => ["a", `${kind}:${pubkey}:`]),
  list.map(({ id }) => ["e", id]),
);
const deletion = fc.tuple(author, time, fc.array(target, { maxLength: 2 }))
  .map(([author, created_at, tags]) => unsigned(author, { created_at, kind: 5, tags }));
const vanishing = fc.tuple(author, time, fc.constantFrom("ALL_RELAYS", HERE, RELAYS[0]))
  .map(([author, created_at, place]) =>
    unsigned(author, { created_at, kind: 62, tags: [["relay", place]] })
  );

/** Lists, and now and then an event that may delete some. */
const historyWith = (other: fc.Arbitrary<NostrEvent>) =>
  fc.array(fc.oneof({ arbitrary: list, weight: 4 }, other), { maxLength: 16 });

/** A call of a listener: kind, author, time, write relays. */
type Notification = readonly [kind: number, pubkey: string, created_at: number, ...write: string[]];

/** The state after each event of a history, in the most obvious way. */
class Oracle {
  #lists: NostrEvent[] = [];
  readonly #deletions: NostrEvent[] = [];

  /** Stores an event; returns the notifications, or `undefined` for a list that is deleted. */
  store(event: NostrEvent): Notification[] | undefined {
    const { kind, pubkey, created_at } = event;
    if (!LIST_KINDS.includes(kind)) {
      this.#deletions.push(event);
      const gone = this.#lists.filter((list) => deletes(event, list, HERE));
      this.#lists = this.#lists.filter((list) => !gone.includes(list));
      return gone.map((list) => [list.kind, pubkey, created_at]);
    }
    if (this.#deletions.some((deletion) => deletes(deletion, event, HERE))) return undefined;
    const stored = this.#lists.find((list) => list.pubkey === pubkey && list.kind === kind);
    if (stored && !isNewer(event, stored)) return [];
    this.#lists = [...this.#lists.filter((list) => list !== stored), event];
    return [[kind, pubkey, created_at, ...event.tags.map(([, url]) => url)]];
  }

  /** The lists of a kind, as `get` returns them. */
  parsed(kind: number): Map<string, RelayList> {
    return new Map(
      this.events.filter((list) => list.kind === kind)
        .map((list) => [list.pubkey, parseRelayList(list)]),
    );
  }

  get events(): NostrEvent[] {
    return this.#lists.toSorted((a, b) => a.id < b.id ? -1 : 1);
  }
}

/** Checks that a store has what the history leaves, in its cache and in the database. */
async function checkStore(store: RelayListStore, oracle: Oracle): Promise<void> {
  for (const kind of [10002, 10050]) {
    const parsed = oracle.parsed(kind);
    assert.deepEqual(await store.get(AUTHORS, { kind }), parsed);
    for (const author of AUTHORS) {
      assert.deepEqual(store.peek(author, kind), parsed.get(author) ?? null);
    }
  }
  const events = await store.query([{ kinds: [...LIST_KINDS], authors: AUTHORS }]);
  assert.deepEqual(events.toSorted((a, b) => a.id < b.id ? -1 : 1), oracle.events);
}

const byText = (notified: readonly Notification[]) =>
  notified.map((one) => JSON.stringify(one)).sort();

/** Plays a history, and checks the store after each event, or after a few together. */
async function play(db: NStore, history: readonly NostrEvent[], together: number): Promise<void> {
  await db.remove!([{ authors: AUTHORS }]);
  const settings = {
    now,
    max: 100,
    batchSize: 5,
    verifyEvent: () => true,
    relayUrls: [HERE],
  };
  const store = new RelayListStore(db, settings);
  const notified: Notification[] = [];
  store.onList(({ pubkey, created_at, write }, kind) => {
    notified.push([kind, pubkey, created_at, ...write]);
  });
  const oracle = new Oracle();
  for (let i = 0; i < history.length; i += together) {
    const events = history.slice(i, i + together);
    const expected = events.map((event) => oracle.store(event));
    const refused = events.filter((_, i) => expected[i] === undefined);
    const [event] = events;
    if (together > 1) {
      const result = await store.events(events);
      assert.deepEqual(result.refused.map((error) => error.event), refused);
    } else {
      const error = await store.event(event).then(() => undefined, (error) => error);
      if (error && !(error instanceof EventRefusedError && error.reason === "deleted")) throw error;
      if (LIST_KINDS.includes(event.kind)) assert.equal(error !== undefined, refused.length > 0);
      assert.deepEqual(byText(notified.splice(0)), byText(expected[0] ?? []));
    }
    await checkStore(store, oracle);
  }
  await checkStore(await readAfresh(db), oracle);
}

/** A store that has cached everybody's list. */
async function readAfresh(db: NStore): Promise<RelayListStore> {
  const store = new RelayListStore(db, { max: 100 });
  for (const kind of [10002, 10050]) await store.get(AUTHORS, { kind });
  return store;
}

/** Registers the tests of a `RelayListStore` over one kind of store. */
export function relayListContract({ name, open, skip, runs = 100 }: Backing): void {
  const claim = (text: string, test: (db: NStore) => Promise<void>) =>
    testUnless(skip, `RelayListStore over ${name}: ${text}`, async () => {
      const { db, close } = await open();
      await test(db).finally(close);
    });
  const law = (text: string, histories: fc.Arbitrary<NostrEvent[]>) =>
    claim(text, async (db) => {
      const together = fc.constantFrom(1, 1, 2, 7, 16);
      await fc.assert(
        fc.asyncProperty(histories, together, (history, together) => play(db, history, together)),
        { numRuns: Math.min(runs, 60) },
      );
    });

  law(
    "S1: the newest list wins, in any order; older ones and duplicates are no error",
    historyWith(list),
  );
  law(
    "NIP-09: what its author deleted is gone and stays away, and nothing else is",
    historyWith(deletion),
  );
  law(
    "NIP-62: an author who vanishes has no older list, and may write a new one",
    historyWith(vanishing),
  );

  claim("S2: nothing of an event that is refused is stored", async (db) => {
    const store = new RelayListStore(db, { now });
    const list = listOf(1);
    const pubkeys = SIGNERS.map(({ pubkey }) => pubkey);
    const refused: [event: NostrEvent, reason: string][] = [
      [{ ...list, content: "forged" }, "forged"],
      [{ ...list, tags: [["r", RELAYS[3]]] }, "forged"],
      [{ ...list, pubkey: bob.pubkey }, "forged"],
      [{ ...list, sig: list.sig.slice(2) }, "malformed"],
      [alice.sign({ kind: 10002, created_at: NOW + 901 }), "future"],
      [{ ...alice.sign({ kind: 5, tags: [["e", list.id]] }), content: "forged" }, "forged"],
    ];
    for (const [event, reason] of refused) {
      await assert.rejects(store.event(event), { name: "EventRefusedError", reason });
    }
    const result = await store.events(refused.map(([event]) => event));
    assert.deepEqual(
      [result.stored, result.refused.map(({ event, reason }) => [event, reason])],
      [0, refused],
    );
    assert.deepEqual(await db.query([{ authors: pubkeys }]), []);
    assert.equal((await store.get(pubkeys)).size, 0);
    const together = await store.events([...refused.map(([event]) => event), list]);
    assert.deepEqual([together.stored, together.refused.length], [1, refused.length]);
    assert.deepEqual(await db.query([{ authors: pubkeys }]), [list]);
    // A stored list is verified again only if it differs in the least.
    const again = await store.events([list, ...refused.map(([event]) => event)]);
    assert.deepEqual([again.stored, again.refused.length], [0, refused.length]);
  });

  claim(
    "NIP-09: after a deletion an older version is refused, and a newer one is accepted",
    async (db) => {
      const store = new RelayListStore(db, { now });
      await store.event(listOf(2));
      const tags = [["a", `10002:${alice.pubkey}:`]];
      await store.event(alice.sign({ kind: 5, created_at: NOW - 7, tags }));
      assert.equal((await store.get([alice.pubkey])).size, 0);
      for (const n of [1, 2, 3]) {
        await assert.rejects(store.event(listOf(n)), { reason: "deleted" });
      }
      await store.event(listOf(4));
      assert.deepEqual((await store.get([alice.pubkey])).get(alice.pubkey)?.write, [RELAYS[4]]);
    },
  );

  claim("NIP-09: nobody deletes what another wrote", async (db) => {
    const store = new RelayListStore(db, { now });
    await store.event(listOf(2));
    const tags = [["a", `10002:${alice.pubkey}:`], ["e", listOf(2).id]];
    await store.event(bob.sign({ kind: 5, created_at: NOW, tags }));
    await store.event(bob.sign({ kind: 62, created_at: NOW, tags: [["relay", "ALL_RELAYS"]] }));
    assert.ok((await store.get([alice.pubkey])).has(alice.pubkey));
  });

  claim("get() finds whoever has a list among many, in batches of any size", async (db) => {
    const listed = SIGNERS.map(({ pubkey }) => pubkey).sort();
    for (const signer of SIGNERS) await new RelayListStore(db).event(listOf(1, signer));
    for (const batchSize of [1, 3, 1_000]) {
      const store = new RelayListStore(db, { batchSize });
      assert.deepEqual([...(await store.get(PEOPLE)).keys()].sort(), listed);
    }
  });
}
