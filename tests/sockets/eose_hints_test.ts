import { NRelay1 } from "@nostrify/nostrify";
import assert from "node:assert/strict";
import { Signer } from "../../testing/signer.ts";
import { World } from "../support/outbox_world.ts";

/** NIP-67 over sockets: relays whose EOSE says more than that the stored events are over. */

const NOW = 1_700_000_000;
const DAY_S = 86_400;
const alice = new Signer(1);
/** 1,600 posts over a year, of which the last week has 150. */
const posts = Array.from({ length: 1_600 }, (_, n) => {
  const age = n < 150 ? n * 4_000 : 7 * DAY_S + (n - 150) * 21_000;
  return alice.sign({ created_at: NOW - 60 - age, content: `${n}` });
});
const week = [{ kinds: [1], authors: [alice.pubkey], since: NOW - 7 * DAY_S }];
const year = [{ kinds: [1], authors: [alice.pubkey], since: NOW - 365 * DAY_S }];

/** A world with one relay that holds all posts, and sends at most 500 in an answer. */
async function worldOf(eoseHints: (isCut: boolean) => readonly unknown[], cap = 500) {
  const world = new World({ living: 1 });
  const [relay] = world.living;
  relay.seed(posts);
  Object.assign(relay.options, { cap, eoseHints });
  await world.outbox.store.event(alice.relayList({ both: [relay.url] }));
  return { world, relay, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

Deno.test("NIP-67: pool.query() has a week and a year of 1,600 posts from a relay that sends hints, in no time", async () => {
  await using test = await worldOf((isCut) => [[isCut ? "more" : "finish"]]);
  const { world, relay } = test;
  const startedAt = world.clock.now();
  assert.equal((await world.query(week)).length, 150);
  assert.equal(relay.stats.reqs, 1, "the week is finished");
  assert.equal((await world.query(year)).length, 1_600);
  assert.equal(relay.stats.reqs, 5, "the year takes four pages");
  assert.ok(world.clock.now() - startedAt < 1_000, `${world.clock.now() - startedAt} ms`);
  const [record] = await world.outbox.relays();
  assert.deepEqual(record.failures, {});
  assert.deepEqual(world.failures, []);
});

Deno.test("NIP-67: pool.query() ends in no time, and whole, whatever shape an EOSE has", async () => {
  const shapes: unknown[][] = [
    [],
    [[]],
    [["finish", "auth"]],
    [["auth"]],
    [["later"]],
    ["finish"],
    [{ finish: true }],
    [null],
    [["more"], "and", "more"],
    [["more", "finish"]],
  ];
  for (const shape of shapes) {
    await using test = await worldOf((isCut) => isCut || shape.length !== 3 ? shape : []);
    const { world } = test;
    const startedAt = world.clock.now();
    assert.equal((await world.query(week)).length, 150, JSON.stringify(shape));
    assert.ok(world.clock.now() - startedAt < 1_000, JSON.stringify(shape));
    assert.deepEqual(world.failures, []);
  }
});

Deno.test("W1: pool.query() passes over EOSE for unknown ids, a second EOSE, and messages that it does not know", async () => {
  await using test = await worldOf((isCut) => [[isCut ? "more" : "finish"]]);
  const { world, relay } = test;
  relay.options.intercept = ([verb, id], to) => {
    if (verb !== "REQ") return false;
    to.send(["EOSE", "nobody", ["finish"]]);
    to.send(["HORIZON", id, NOW - DAY_S]);
    to.send(["LIMITS", { max_limit: 500 }]);
    to.send(["NEG-MSG", id, "61"]);
    to.send(["NEG-ERR", id, "closed: no"]);
    to.send(["COUNT", id, { count: 3, hll: "00" }]);
    to.send(["OK", "e".repeat(64), true]);
    queueMicrotask(() => to.send(["EOSE", id as string, ["more"]]));
    return false;
  };
  assert.equal((await world.query(year)).length, 1_600);
  assert.equal(relay.stats.reqs, 4);
  assert.deepEqual([world.failures, world.errors], [[], []]);
});

Deno.test("V1: pool.query() over an NRelay1 of the app's own ends, though that drops an EOSE with hints", async () => {
  await using world = new World({ living: 1, open: (url, options) => new NRelay1(url, options) });
  const [relay] = world.living;
  relay.seed(posts);
  Object.assign(relay.options, { eoseHints: () => [["finish"]] });
  await world.outbox.store.event(alice.relayList({ both: [relay.url] }));
  assert.equal((await world.query(week)).length, 150);
});
