import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { UserContacts } from "../src/user_contacts.ts";
import { START, TestClock } from "../testing/test_clock.ts";
import {
  alice,
  bob,
  BOBS,
  carol,
  DMS,
  HOME,
  relays,
  signInWorld,
} from "./support/sign_in_world.ts";
import type { Wall } from "./support/walled_relays.ts";

const follows = (...people: { pubkey: string }[]) => people.map(({ pubkey }) => ["p", pubkey]);
const clock = new TestClock();
const wall: Wall = { guardsEvents: true, guards: () => false };
const dmListOfBob = bob.sign({ kind: 10050, tags: relays(BOBS) });
const toBob = carol.sign({ kind: 1059, tags: [["p", bob.pubkey]] });

/** Delivers a gift wrap to Bob, who lets only members in; returns where Alice signed. */
async function deliver(events: readonly NostrEvent[], at: readonly NostrEvent[] = []) {
  const world = await signInWorld(
    { [BOBS]: wall, [HOME]: { events: at, guards: () => false } },
    {},
    [dmListOfBob, ...events],
  );
  const result = await world.inTime(world.pool.event(toBob)).then(() => true, () => false);
  const offered = world.network.relays.flatMap(({ url, offered }) => offered.map(() => url));
  const signed = world.relays();
  await world.outbox.close();
  assert.deepEqual(world.errors.filter(({ message }) => /follows/.test(message)), []);
  return { result, signed, offered };
}

Deno.test("NIP-17: createOutbox() signs in to deliver to whom the user follows, by a list that is stored or at the user's relays", async () => {
  const list = alice.sign({ kind: 3, tags: follows(carol, bob) });
  for (const [stored, held] of [[[list], []], [[], [list]]]) {
    const { result, signed } = await deliver(stored, held);
    assert.equal(result, true);
    assert.deepEqual(signed, [BOBS]);
  }
});

Deno.test("NIP-17: createOutbox() signs in to deliver to whom the user has answered", async () => {
  for (const kind of [1, 1111, 4]) {
    const { result, signed } = await deliver([alice.sign({ kind, tags: follows(bob) })]);
    assert.equal(result, true);
    assert.deepEqual(signed, [BOBS]);
  }
});

Deno.test("A1: createOutbox() signs in to deliver for no other reason: who is muted, reported, or says so themself is no contact", async () => {
  const others = [
    alice.sign({ kind: 10000, tags: follows(bob) }),
    alice.sign({ kind: 1984, tags: follows(bob) }),
    alice.sign({ kind: 30000, tags: [["d", "x"], ...follows(bob)] }),
    bob.sign({ kind: 3, tags: follows(alice, bob) }),
    bob.sign({ kind: 1, tags: follows(alice, bob) }),
    alice.sign({ kind: 3, tags: follows(carol) }),
  ];
  const { result, signed } = await deliver(others, others);
  assert.equal(result, false);
  assert.deepEqual(signed, []);
  // The newest follow list counts.
  const old = alice.sign({ kind: 3, tags: follows(bob), created_at: START - 50 });
  const unfollowed = await deliver([], [old, others[5]]);
  assert.deepEqual(unfollowed.signed, []);
});

Deno.test("A1: createOutbox() signs in for a wrap to several only if all are contacts, and only at relays of their own lists", async () => {
  const list = alice.sign({ kind: 3, tags: follows(bob) });
  const both = carol.sign({ kind: 1059, tags: [["p", bob.pubkey], ["p", carol.pubkey]] });
  const lists = [dmListOfBob, carol.sign({ kind: 10050, tags: relays(BOBS) }), list];
  const world = await signInWorld({ [BOBS]: wall }, {}, lists);
  await assert.rejects(world.inTime(world.pool.event(both)));
  assert.deepEqual(world.signed, []);
  await world.outbox.close();

  const ELSE = "wss://else.example/";
  const other = await signInWorld({ [ELSE]: wall }, {}, [dmListOfBob, list]);
  await assert.rejects(other.inTime(other.pool.event(toBob, { relays: [ELSE] })));
  assert.deepEqual(other.signed, []);
  await other.outbox.close();
});

Deno.test("A1: createOutbox() signs in at a contact's relay for a wrap to them, and not to publish there or for a wrap to nobody", async () => {
  const list = alice.sign({ kind: 3, tags: follows(bob) });
  const world = await signInWorld(
    { [BOBS]: wall, [HOME]: { guards: () => false } },
    {},
    [dmListOfBob, list],
  );
  await world.inTime(world.pool.event(alice.sign({ tags: follows(bob), content: "hello Bob" })));
  const toNobody = carol.sign({ kind: 1059 });
  await assert.rejects(world.inTime(world.pool.event(toNobody, { relays: [BOBS] })));
  assert.ok(world.network.relays.some(({ url, offered }) => url === BOBS && offered.length > 0));
  assert.deepEqual(world.signed, []);
  await world.outbox.close();
});

Deno.test("Outbox publish(): a wrap to a stranger waits for a sign-in, and goes out once the user follows them", async () => {
  const world = await signInWorld(
    { [BOBS]: wall, [HOME]: { guards: () => false } },
    {},
    [dmListOfBob],
  );
  const sent = await world.outbox.publish(toBob);
  await world.network.clock.advance(5_000);
  assert.equal(sent.targets[0].state, "sign-in");
  assert.deepEqual(world.signed, []);
  await world.inTime(world.pool.event(alice.sign({ kind: 3, tags: follows(bob) })));
  await world.network.clock.advance(60_000);
  assert.equal(sent.targets[0].state, "taken");
  assert.deepEqual(world.relays(), [BOBS]);
  await world.outbox.close();
});

Deno.test("A2: createOutbox() that delivers behind a wall reads nothing as the user there", async () => {
  const list = alice.sign({ kind: 3, tags: follows(bob) });
  const world = await signInWorld({ [BOBS]: { guardsEvents: true } }, {}, [dmListOfBob, list]);
  await world.inTime(world.pool.event(toBob));
  await world.ids([{ kinds: [1], authors: [bob.pubkey] }, { kinds: [1], "#p": [alice.pubkey] }]);
  const named = world.network.relays.filter(({ url, auths }) => url === BOBS && auths.length > 0);
  assert.equal(named.length, 1);
  assert.deepEqual(named[0].reqs, []);
  await world.outbox.close();
});

Deno.test("createOutbox() asks nobody whom the user has answered, and for the follow list once", async () => {
  const world = await signInWorld({ [BOBS]: wall }, {}, [dmListOfBob]);
  for (let i = 0; i < 3; i++) {
    const wrap = carol.sign({ kind: 1059, tags: [["p", bob.pubkey]], content: `${i}` });
    await assert.rejects(world.inTime(world.pool.event(wrap)));
  }
  const filters = world.network.relays.flatMap(({ reqs }) => reqs).flatMap(({ filters }) => filters)
    .filter(({ kinds = [] }) => kinds.includes(3) || kinds.includes(1));
  for (const filter of filters) {
    assert.deepEqual(filter.authors, [alice.pubkey]);
    assert.equal(filter["#p"], undefined);
  }
  assert.ok(filters.length > 0 && filters.length <= 1, `${filters.length}`);
  assert.ok(!world.network.relays.some(({ url, reqs }) => url === DMS && reqs.length > 0));
  await world.outbox.close();
});

Deno.test("UserContacts forget the contacts of the user before", async () => {
  let user: string | undefined = alice.pubkey;
  const none = () => Promise.resolve([]);
  const contacts = new UserContacts({
    clock,
    user: () => user,
    stored: none,
    query: none,
    onError() {},
  });
  contacts.saw(alice.sign({ kind: 3, tags: follows(bob) }));
  contacts.saw(alice.sign({ kind: 1, tags: follows(carol) }));
  assert.deepEqual([await contacts.has(bob.pubkey), await contacts.has(carol.pubkey)], [
    true,
    true,
  ]);
  user = carol.pubkey;
  assert.deepEqual([await contacts.has(bob.pubkey), await contacts.has(carol.pubkey)], [
    false,
    false,
  ]);
  user = undefined;
  assert.equal(await contacts.has(bob.pubkey), false);
});

Deno.test("UserContacts report what cannot be read, and know nobody by it", async () => {
  const errors: Error[] = [];
  const contacts = new UserContacts({
    clock,
    user: () => alice.pubkey,
    stored: () => Promise.reject(new Error("locked")),
    query: () => Promise.reject(new Error("away")),
    onError: (error) => errors.push(error),
  });
  assert.equal(await contacts.has(bob.pubkey), false);
  assert.equal(errors.length, 2);
  contacts.saw(alice.sign({ kind: 3, tags: follows(bob) }));
  assert.equal(await contacts.has(bob.pubkey), true);
});
