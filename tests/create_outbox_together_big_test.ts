import assert from "node:assert/strict";
import { holding, ScriptedNetwork } from "../testing/scripted_network.ts";
import { quiet, START } from "../testing/test_clock.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";
import { HOME, HUB, OTHER, people, start } from "./support/together_world.ts";

/** What the feeds of many users of one process share. */

const strangers = Array.from({ length: 60 }, (_, i) => i.toString(16).padStart(64, "0"));
const [, bob, carol, dave] = people;
const posts = [bob, carol, dave].map((one) =>
  one.sign({ kind: 1, created_at: START - 9, content: one.pubkey })
);
/** The feed of somebody who follows two people that post, and many others. */
const feed = (...follows: readonly { pubkey: string }[]) => ({
  kinds: [1],
  authors: [...follows.map(({ pubkey }) => pubkey), ...strangers],
  since: START - 100,
});
const world = (options = {}) =>
  start({ [OTHER]: holding(posts), [HUB]: holding([]) }, { fallbackRelays: [HUB], ...options });

Deno.test("Outbox asks each relay once for big feeds made at once, and each user gets their own", async () => {
  const { open, pass, outbox, reqs } = await world();
  const users = [feed(bob, carol), feed(carol, dave), feed(dave)].map(open);
  await pass(2_000);
  for (const url of [OTHER, HUB]) {
    const authors = reqs(url).flatMap(({ filters }) => filters.flatMap((one) => one.authors!));
    assert.equal(new Set(authors).size, authors.length, "nobody is asked for twice");
  }
  assert.deepEqual(
    users.map(({ events }) => events.map(({ pubkey }) => pubkey).toSorted()),
    [[bob, carol], [carol, dave], [dave]].map((all) => all.map(({ pubkey }) => pubkey).toSorted()),
  );
  assert.deepEqual(users.map(({ eoses }) => eoses), [1, 1, 1]);
  for (const { close } of users) close();
  await outbox.close();
});

Deno.test("Outbox plans big feeds together for up to 5,000 different people, however often they are named", async () => {
  const { open, pass, outbox, reqs } = await world({ authorsPerFilter: 5_000 });
  const many = Array.from({ length: 3_000 }, (_, i) => i.toString(16).padStart(64, "0"));
  const all = { kinds: [1], authors: [bob.pubkey, ...many], since: START - 100 };
  const users = [all, { ...all, authors: [...all.authors, carol.pubkey] }, all].map(open);
  await pass(3_000);
  assert.equal(reqs(OTHER).length, 1);
  assert.deepEqual(users.map(({ eoses }) => eoses), [1, 1, 1]);
  for (const { close } of users) close();
  await outbox.close();
});

Deno.test("Outbox asks by itself for big feeds that have a limit or another since", async () => {
  const { open, pass, outbox, reqs } = await world();
  const users = [
    feed(bob),
    { ...feed(carol), since: START - 50 },
    { ...feed(bob), limit: 5 },
    { ...feed(dave), limit: 5 },
  ].map(open);
  await pass(2_000);
  assert.equal(reqs(OTHER).length, 4);
  assert.deepEqual(users.map(({ eoses }) => eoses), [1, 1, 1, 1]);
  for (const { close } of users) close();
  await outbox.close();
});

Deno.test("Outbox sends a big feed at once, and those that follow together once the program is not behind", async () => {
  const errors: Error[] = [];
  const { open, outbox, reqs, network: { clock } } = await world({
    onError: (error: Error) => errors.push(error),
  });
  const users = [open(feed(bob))];
  await quiet();
  await clock.advance(0);
  await quiet();
  assert.equal(reqs(OTHER).length, 1);
  for (const follows of [[carol], [dave], [bob, dave]]) {
    users.push(open(feed(...follows)));
    await quiet();
    await clock.stall(100);
    await quiet();
  }
  assert.equal(reqs(OTHER).length, 1);
  await clock.advance(25);
  await quiet();
  assert.deepEqual(reqs(OTHER).slice(1).map(({ filters }) => filters[0].authors?.length), [3]);
  await clock.advance(2_000);
  await quiet();
  assert.deepEqual(users.map(({ events }) => events.length), [1, 1, 1, 2]);
  assert.deepEqual(errors, []);
  for (const { close } of users) close();
  await outbox.close();
});

Deno.test("Outbox has no big feed wait for more than 5 s, and calls onError once a minute where one did", async () => {
  const errors: Error[] = [];
  const { open, outbox, reqs, network: { clock } } = await world({
    onError: (error: Error) => errors.push(error),
  });
  const users = [open(feed(bob))];
  await quiet();
  for (let sent = 1; sent <= 3; sent++) {
    users.push(open(feed(carol)));
    await quiet();
    for (let ms = 0; ms < 4_900; ms += 100) await clock.stall(100);
    assert.equal(reqs(OTHER).length, sent);
    for (let ms = 0; ms < 500; ms += 100) await clock.stall(100);
    await quiet();
    assert.equal(reqs(OTHER).length, sent + 1);
    assert.equal(errors.length, 1);
  }
  assert.match(
    errors[0].message,
    /^Requests wait for the program: it was behind its relays for 5\d+ ms/,
  );
  for (const { close } of users) close();
  await outbox.close();
});

Deno.test("Outbox asks as many relays for big feeds together as for each of them", async () => {
  const own = people[0].sign({ kind: 1, created_at: START - 9, content: "at home" });
  const { open, pass, outbox } = await start(
    { [HOME]: holding([own]), [OTHER]: holding(posts) },
    { fallbackRelays: [], maxRelays: 1, discoveryTimeout: 0 },
  );
  const users = [feed(people[0]), feed(bob)].map(open);
  await pass(5_000);
  assert.deepEqual(users.map(({ events }) => events.length), [1, 1]);
  for (const { close } of users) close();
  await outbox.close();
});

Deno.test("Outbox leaves other work its turn while it plans the feeds of many users, and asks each relay once", async () => {
  const network = new ScriptedNetwork({ connect: "fail" });
  network.scripts.set(OTHER, holding(posts));
  const { clock } = network;
  const USERS = 60;
  let worked = 0;
  let plans = 0, plansInTurn = 0, mostInTurn = 0;
  const { outbox, pool } = scriptedOutbox(network, {
    clock: {
      now: () => clock.now() + worked,
      after: (ms, run) =>
        clock.after(ms, () => {
          plansInTurn = 0;
          run();
        }),
    },
    // Planning for a user takes two milliseconds.
    onReqPlan() {
      plans++;
      worked += 2;
      mostInTurn = Math.max(mostInTurn, ++plansInTurn);
    },
  });
  for (const one of people) await outbox.store.event(one.relayList({ both: [OTHER] }));
  const controller = new AbortController(), { signal } = controller;
  const found = Array.from({ length: USERS }, async (_, user) => {
    const authors: string[] = [];
    const own = [feed([bob, carol, dave][user % 3])];
    for await (const [verb, , event] of pool.req(own, { signal })) {
      if (verb === "EVENT") authors.push(event.pubkey);
      if (verb === "EOSE") break;
    }
    return authors;
  });
  await quiet();
  await clock.advance(5_000);
  await quiet();
  assert.equal(plans, USERS);
  // As many as go together before anything shows that there are many, and a slice.
  assert.ok(mostInTurn <= 16 + 5, `${mostInTurn} plans in a turn`);
  const expected = Array.from(
    { length: USERS },
    (_, user) => [[bob, carol, dave][user % 3].pubkey],
  );
  assert.deepEqual(await Promise.all(found), expected);
  const reqs = network.relays.filter(({ url }) => url === OTHER).flatMap(({ reqs }) => reqs);
  assert.equal(reqs.length, 1);
  await outbox.close();
});
