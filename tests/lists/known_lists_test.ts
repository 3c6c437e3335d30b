import assert from "node:assert/strict";
import { knownLists } from "../../src/lists/known_lists.ts";
import type { RelayList } from "../../src/nostr/relay_knowledge.ts";
import { relayList } from "../../testing/memory_source.ts";
import { PEOPLE } from "../support/arbitraries.ts";

const [ALICE, BOB, CAROL] = PEOPLE;
const A = "wss://a.example/";
const failing = (error: Error) => ({ get: () => Promise.reject(error) });

Deno.test("knownLists() returns what the source has, and passes kind and signal on", async () => {
  const { signal } = new AbortController();
  const asked: unknown[] = [];
  const lists = new Map([[ALICE, relayList(ALICE, { write: [A] })]]);
  const source = {
    get(pubkeys: Iterable<string>, opts: unknown) {
      asked.push([...pubkeys], opts);
      return Promise.resolve(lists);
    },
  };
  assert.equal(await knownLists(source, [ALICE, BOB], { signal, kind: 10050 }), lists);
  assert.deepEqual(asked, [[ALICE, BOB], { signal, kind: 10050 }]);
});

Deno.test("D1: knownLists() returns what is in memory where the database fails, and reports that", async () => {
  const cached: Record<string, RelayList | null> = {
    [ALICE]: relayList(ALICE, { write: [A] }),
    [BOB]: null,
  };
  const error = new Error("disk full");
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => failures.push(error);
  const source = {
    ...failing(error),
    peek: (pubkey: string, kind?: number) => (assert.equal(kind, 10050), cached[pubkey]),
  };
  const found = await knownLists(source, [ALICE, BOB, CAROL], { kind: 10050, onFailure });
  assert.deepEqual([...found.keys()], [ALICE]);
  assert.equal((await knownLists(failing(error), [ALICE], { onFailure })).size, 0);
  assert.deepEqual(failures, [error, error]);
});

Deno.test("knownLists() throws what the database throws if nobody takes it, and the signal's reason", async () => {
  await assert.rejects(knownLists(failing(new Error("disk full")), [ALICE], {}), /disk full/);
  const signal = AbortSignal.abort(new Error("enough"));
  const source = failing(new Error("disk full"));
  await assert.rejects(
    knownLists(source, [ALICE], { signal, onFailure: () => assert.fail() }),
    /enough/,
  );
});
