import assert from "node:assert/strict";
import type { NostrEvent, NStore } from "@nostrify/types";
import fc from "fast-check";
import { takesBack } from "../src/deletions.ts";
import { EventRefusedError } from "../src/errors.ts";
import { isNewer } from "../src/versions.ts";
import { parseRelayList } from "../src/relay_list.ts";
import { RelayListStore } from "../src/relay_list_store.ts";
import { type Backing, backings } from "./db/backings.ts";
import { PEOPLE, RELAYS, SIGNERS, time } from "./support/arbitraries.ts";
import { listEvent, unsigned } from "./support/list_store.ts";

const [alice, bob] = SIGNERS;
const NOW = 1_700_000_010;
const now = () => NOW * 1000;

/** A signed list of some fixed second, by its number. */
const listOf = (n: number, who = alice) =>
  who.sign({ kind: 10002, created_at: NOW - 10 + n, tags: [["r", RELAYS[n]]] });

// The histories are long, so they are not signed: the laws are about versions.
const AUTHORS = PEOPLE.slice(-3);
const author = fc.constantFrom(...AUTHORS);
const list = fc.tuple(author, time, fc.subarray(RELAYS.slice(0, 2)))
  .map(([author, created_at, urls]) => listEvent(author, urls, created_at));
const target = fc.oneof(
  author.map((pubkey) => ["a", `10002:${pubkey}:`]),
  list.map(({ id }) => ["e", id]),
);
const deletion = fc.tuple(author, time, fc.array(target, { maxLength: 2 }))
  .map(([author, created_at, tags]) => unsigned(author, { created_at, kind: 5, tags }));
const vanishing = fc.tuple(author, time).map(([author, created_at]) =>
  unsigned(author, { created_at, kind: 62, tags: [["relay", "ALL_RELAYS"]] })
);

/** Lists, and seldom something that takes some back. */
const historyWith = (other: fc.Arbitrary<NostrEvent>) =>
  fc.array(fc.oneof({ arbitrary: list, weight: 3 }, other), { maxLength: 12 });

/** What a history leaves, event by event, in the most obvious way. */
class Oracle {
  readonly #lists = new Map<string, NostrEvent>();
  readonly #deletions: NostrEvent[] = [];

  /** Whether the event is kept, or an older version, and not taken back. */
  takes(event: NostrEvent): boolean {
    if (event.kind !== 10002) {
      this.#deletions.push(event);
      for (const [pubkey, list] of this.#lists) {
        if (takesBack(event, list)) this.#lists.delete(pubkey);
      }
      return true;
    }
    if (this.#deletions.some((deletion) => takesBack(deletion, event))) return false;
    const stored = this.#lists.get(event.pubkey);
    if (!stored || isNewer(event, stored)) this.#lists.set(event.pubkey, event);
    return true;
  }

  get lists() {
    return new Map(
      [...this.#lists].map(([pubkey, event]) => [pubkey, parseRelayList(event)]),
    );
  }
}

/** Plays a history, and checks after each event what the store says of everyone. */
async function play(db: NStore, history: readonly NostrEvent[]): Promise<void> {
  await db.remove!([{ authors: AUTHORS }]);
  const store = new RelayListStore(db, { now, max: 100, verifyEvent: () => true });
  const oracle = new Oracle();
  for (const event of history) {
    const stored = await store.event(event).then(() => true, (error) => {
      if (error instanceof EventRefusedError && error.reason === "deleted") return false;
      throw error;
    });
    const taken = oracle.takes(event);
    if (event.kind === 10002) assert.equal(stored, taken);
    assert.deepEqual(await store.get(AUTHORS), oracle.lists);
  }
  const afresh = new RelayListStore(db, { max: 100 });
  assert.deepEqual(await afresh.get(AUTHORS), oracle.lists, "memory and database agree");
}

function contract({ name, open, skip, runs = 100 }: Backing): void {
  const claim = (words: string, test: (db: NStore) => Promise<void>) =>
    Deno.test({
      name: `RelayListStore over ${name}: ${words}`,
      ignore: skip !== undefined,
      async fn() {
        const { db, close } = await open();
        await test(db).finally(close);
      },
    });
  const law = (words: string, histories: fc.Arbitrary<NostrEvent[]>) =>
    claim(
      words,
      (db) =>
        fc.assert(fc.asyncProperty(histories, (history) => play(db, history)), {
          numRuns: Math.min(runs, 50),
        }),
    );

  law(
    "S1: the newest list wins, in any order; older ones and doubles are no error",
    historyWith(list),
  );
  law(
    "NIP-09: what its author deleted is gone and stays away, and nothing else is",
    historyWith(deletion),
  );
  law(
    "NIP-62: who vanishes has no list of up to then, and may write another",
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
    assert.deepEqual(await db.query([{ authors: pubkeys }]), []);
    assert.equal((await store.get(pubkeys)).size, 0);
    await store.event(list);
    assert.deepEqual(await db.query([{ authors: pubkeys }]), [list]);
  });

  claim(
    "NIP-09: after a deletion an older version is refused, and a newer one is taken",
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

  claim("nobody deletes what another wrote", async (db) => {
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

backings.forEach(contract);
