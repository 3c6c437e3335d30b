import assert from "node:assert/strict";
import { PEOPLE } from "../support/arbitraries.ts";
import { turns } from "../support/controlled_store.ts";
import { A, B, listEvent, NOW, setUp, unsigned } from "../support/list_store.ts";

const [ALICE, BOB, CAROL] = PEOPLE;

/** A store, what its listener heard, and a way to write past the store, as another process. */
function setUpShared(...args: Parameters<typeof setUp>) {
  const tools = setUp(...args);
  const heard: unknown[][] = [];
  tools.store.onList(({ pubkey, created_at, write }, kind, event) => {
    heard.push([kind, pubkey, created_at - NOW, event !== undefined, ...write]);
  });
  return { ...tools, heard };
}

Deno.test("RelayListStore reload() takes over a newer list, and a list of somebody who had none", async () => {
  const { cache, heard, store, write } = setUpShared([listEvent(ALICE)]);
  assert.deepEqual([await write(ALICE), await write(BOB)], [[A], undefined]);
  cache.add(listEvent(ALICE, [B], NOW + 1));
  cache.add(listEvent(BOB, [B]));
  assert.deepEqual([await write(ALICE), await write(BOB)], [[A], undefined], "not yet");
  await store.reload([`10002:${ALICE}`, `10002:${BOB}`]);
  assert.deepEqual([store.peek(ALICE)?.write, store.peek(BOB)?.write], [[B], [B]]);
  assert.deepEqual(heard.sort(), [[10002, ALICE, 1, true, B], [10002, BOB, 0, true, B]].sort());
});

Deno.test("RelayListStore reload() reads nothing of people whom nobody requested", async () => {
  const { db, heard, store } = setUpShared([listEvent(ALICE)]);
  await store.get([BOB]);
  const before = db.calls.length;
  await store.reload([`10002:${ALICE}`, `10050:${BOB}`, `5:${CAROL}`]);
  assert.equal(db.calls.length, before);
  assert.deepEqual(heard, []);
});

Deno.test("RelayListStore reload() tells of a user's own lists, which are in no memory", async () => {
  const blocked = unsigned(ALICE, { kind: 10006, tags: [["relay", A]] });
  const { heard, store } = setUpShared([blocked]);
  await store.reload([`10006:${ALICE}`]);
  assert.deepEqual(heard.map(([kind, pubkey]) => [kind, pubkey]), [[10006, ALICE]]);
});

Deno.test("NIP-09, NIP-62: RelayListStore reload() after a deletion forgets the lists that are gone", async () => {
  for (const kind of [5, 62]) {
    const { cache, heard, store, write } = setUpShared([listEvent(ALICE), listEvent(BOB)]);
    await store.get([ALICE, BOB]);
    await cache.remove([{ authors: [ALICE] }]);
    await store.reload([`${kind}:${ALICE}`, `${kind}:${BOB}`]);
    assert.deepEqual([await write(ALICE), await write(BOB)], [undefined, [A]]);
    assert.deepEqual(heard, [[10002, ALICE, 0, false]]);
  }
});

Deno.test("RelayListStore reload() never replaces what was written here meanwhile", async () => {
  const { cache, db, heard, store } = setUpShared([listEvent(ALICE)]);
  await store.get([ALICE]);
  cache.add(listEvent(ALICE, [B], NOW + 1));
  db.held = true;
  const reloaded = store.reload([`10002:${ALICE}`]);
  await turns();
  const call = db.calls.at(-1)!;
  await call.act();
  db.held = false;
  await store.event(listEvent(ALICE, [A, B], NOW + 2));
  call.answer();
  await reloaded;
  assert.deepEqual(store.peek(ALICE)?.write, [A, B]);
  assert.deepEqual(heard.map(([, , at]) => at), [2]);
});
