import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import type { ReqPlan } from "../src/plan/plan_req.ts";
import { holding } from "../testing/scripted_network.ts";
import { Signer } from "../testing/signer.ts";
import { quiet, START } from "../testing/test_clock.ts";
import { HeldVerifier } from "./support/held_verifier.ts";
import {
  HOME,
  HUB,
  OTHER,
  people,
  postsOf,
  profileOf,
  profiles,
  start,
} from "./support/together_world.ts";

/** Many small requests at once, as the components of a screen make them. */

const [alice, bob] = people;
const idsOf = (events: readonly NostrEvent[]) => events.map(({ id }) => id).sort();

Deno.test("Outbox asks each relay once for requests of one shape made at once, and each gets its own", async () => {
  const { pool, reqs, pass, outbox, errors } = await start({
    [HOME]: holding(profiles.slice(0, 1)),
    [OTHER]: holding(profiles.slice(1)),
  });
  const queries = [...people, alice].map((one) => pool.query([profileOf(one)]));
  await pass(1_000);
  assert.deepEqual(await Promise.all(queries), [...profiles, profiles[0]].map((one) => [one]));
  assert.deepEqual(reqs(HOME).map(({ filters }) => filters), [[
    { kinds: [0], authors: [alice.pubkey] },
  ]]);
  const [{ filters: [{ authors = [], ...rest }] }, ...more] = reqs(OTHER);
  assert.deepEqual(rest, { kinds: [0] });
  assert.deepEqual(authors.toSorted(), people.slice(1).map(({ pubkey }) => pubkey).sort());
  assert.deepEqual([more, errors], [[], []]);
  await outbox.close();
});

Deno.test("Outbox has later requests of a shape share REQs, too, while many are made", async () => {
  const { pool, reqs, network, outbox } = await start({ [OTHER]: holding(profiles) });
  const first = [bob, people[2]].map((one) => pool.query([profileOf(one)]));
  await quiet();
  await network.clock.advance(2);
  const second = pool.query([profileOf(people[3])]);
  await quiet();
  await network.clock.advance(10);
  const third = pool.query([profileOf(people[4])]);
  await quiet();
  await network.clock.advance(2);
  const fourth = pool.query([profileOf(people[5])]);
  await quiet();
  await network.clock.advance(1_000);
  assert.deepEqual((await Promise.all([...first, second, third, fourth])).flat(), [
    ...profiles.slice(1),
  ]);
  const sizes = reqs(OTHER).map(({ filters }) => filters[0].authors?.length);
  assert.deepEqual(sizes, [2, 1, 2]);
  await outbox.close();
});

Deno.test("Outbox sends a request that is alone of its shape at once, as it stands", async () => {
  const plans: ReqPlan[] = [];
  const { outbox, network } = await start({}, { onReqPlan: (plan) => plans.push(plan) });
  const before = network.clock.pending;
  const routes = await outbox.reqRouter([profileOf(alice)]);
  assert.deepEqual([...routes], [[HOME, [profileOf(alice)]]]);
  assert.equal(plans[0].routes, routes);
  assert.equal(network.clock.pending, before);
  await outbox.close();
});

Deno.test("Outbox keeps the limit of each request where several share REQs", async () => {
  const posts = people.slice(1).flatMap((one) =>
    [1, 2, 3, 4].map((age) => one.sign({ created_at: START - 100 * age, content: `${age}` }))
  );
  const { pool, reqs, pass, outbox } = await start({ [OTHER]: holding(posts) });
  const queries = people.slice(1).map((one) => pool.query([{ ...postsOf(one), limit: 2 }]));
  await pass(1_000);
  for (const [i, found] of (await Promise.all(queries)).entries()) {
    assert.deepEqual(found, posts.slice(4 * i, 4 * i + 2));
  }
  assert.equal(reqs(OTHER).length, 1);
  await outbox.close();
});

Deno.test("Outbox has no request wait for relays of others with which it shares REQs", async () => {
  const { open, pass, outbox } = await start({ [HOME]: {}, [OTHER]: holding(profiles) });
  const [slow, ...others] = people.map((one) => open(profileOf(one)));
  await pass(500);
  assert.deepEqual(others.map(({ eoses }) => eoses), others.map(() => 1));
  assert.deepEqual(others.flatMap(({ events }) => events), profiles.slice(1));
  assert.equal(slow.eoses, 0);
  await pass(20_000);
  assert.equal(slow.eoses, 1);
  await outbox.close();
});

Deno.test("Outbox ends shared REQs with the last request, and lets go of relays that nobody needs", async () => {
  const { open, pass, outbox, network } = await start({
    [HOME]: holding([]),
    [OTHER]: holding([]),
  });
  const urls = () =>
    network.relays.filter(({ live }) => live.length > 0).map(({ url }) => url).sort();
  const [first, second, third] = [alice, bob, people[2]].map((one) => open(postsOf(one)));
  await pass(1_000);
  assert.deepEqual(urls(), [HOME, OTHER]);
  first.close();
  second.close();
  await pass(1_000);
  assert.deepEqual(urls(), [OTHER]);
  const post = people[2].sign({ created_at: START, content: "new" });
  network.live.forEach((req) => req.send(post, bob.sign({ content: "not asked for any more" })));
  await pass(1_000);
  assert.deepEqual([first.events, second.events, third.events], [[], [], [post]]);
  third.close();
  await pass(1_000);
  assert.deepEqual(urls(), []);
  await outbox.close();
});

Deno.test("Outbox gives up one of several requests, before any relay answers, and no other", async () => {
  const { open, pass, outbox, network, errors } = await start({ [HOME]: {}, [OTHER]: {} });
  const all = [bob, people[2], people[3]].map((one) => open(profileOf(one)));
  await pass(50);
  all[0].close();
  await pass(50);
  for (const req of network.live) req.send(...profiles).eose();
  await pass(1_000);
  assert.deepEqual(all.map(({ events }) => events), [[], [profiles[2]], [profiles[3]]]);
  assert.deepEqual(all.map(({ eoses }) => eoses), [0, 1, 1]);
  assert.deepEqual(errors, []);
  await outbox.close();
});

Deno.test("Outbox hands new events to every request that shares REQs and asks for them, once", async () => {
  const { open, pass, outbox, network } = await start({
    [HOME]: holding([]),
    [OTHER]: holding([]),
  });
  const asked = [alice, bob, bob].map((one) => open(postsOf(one)));
  await pass(1_000);
  const post = bob.sign({ created_at: START + 1, content: "hello" });
  for (const req of network.live) req.send(post, post);
  await pass(1_000);
  assert.deepEqual(asked.map(({ events }) => idsOf(events)), [[], [post.id], [post.id]]);
  await outbox.close();
});

Deno.test("Outbox fails the request that can be sent nowhere, and none of those planned with it", async () => {
  const plans: ReqPlan[] = [];
  const { open, pass, outbox, errors } = await start(
    { [OTHER]: holding(profiles) },
    { onReqPlan: (plan) => plans.push(plan) },
  );
  const stranger = new Signer(99);
  const all = [bob, stranger, people[2]].map((one) => open(profileOf(one)));
  const wrong = open({ kinds: [0], authors: ["npub1"], limit: 1 });
  await pass(1_000);
  assert.deepEqual(all.map(({ events }) => events), [[profiles[1]], [], [profiles[2]]]);
  assert.equal((all[1].error as Error).name, "RoutingError");
  assert.ok(wrong.error instanceof TypeError);
  assert.equal(errors.length, 2);
  assert.deepEqual(
    plans.map(({ subjects }) => subjects.map(({ subject }) => subject)),
    [[], ...[bob, stranger, people[2]].map(({ pubkey }) => [pubkey])],
  );
  assert.deepEqual(plans.map(({ unrouted }) => unrouted.map(({ reason }) => reason)), [
    ["invalid-pubkey"],
    [],
    ["no-list"],
    [],
  ]);
  await outbox.close();
});

Deno.test("Outbox calls onError once for requests that share REQs and that no relay answered", async () => {
  const { open, pass, outbox, errors } = await start({ [HOME]: holding(profiles) });
  const all = [alice, bob, people[2]].map((one) => open(profileOf(one)));
  await pass(30_000);
  assert.deepEqual(all.map(({ eoses }) => eoses), [1, 1, 1]);
  const said = () => errors.splice(0).map(({ message }) => message);
  assert.deepEqual(said(), [`No relay answered a request: 1 x unreachable (${OTHER})`]);
  for (const one of [bob, people[2]]) open(profileOf(one));
  await pass(30_000);
  assert.deepEqual(said(), [`No relay answered a request: 1 x unreachable (${OTHER})`]);
  await outbox.close();
});

Deno.test("Outbox finds other relays for requests that share REQs where theirs are lost", async () => {
  const { pool, pass, outbox } = await start(
    { [HUB]: holding(profiles), [HOME]: holding(profiles) },
    { fallbackRelays: [HUB] },
  );
  const queries = people.map((one) => pool.query([profileOf(one)]));
  await pass(10_000);
  assert.deepEqual((await Promise.all(queries)).flat(), profiles);
  await outbox.close();
});

Deno.test("Outbox ends requests that share REQs when it is closed", async () => {
  const { pool, pass, outbox, network } = await start({ [HOME]: {}, [OTHER]: {} });
  const queries = people.map((one) => pool.query([profileOf(one)]));
  await pass(100);
  await outbox.close();
  assert.deepEqual((await Promise.all(queries)).flat(), []);
  assert.deepEqual(network.live, []);
});

Deno.test("Outbox ends the wait of requests that share REQs after the option timeout", async () => {
  const { open, pass, outbox } = await start({ [HOME]: {}, [OTHER]: {} }, { timeout: 2_000 });
  const all = people.map((one) => open(profileOf(one)));
  await pass(1_900);
  assert.deepEqual(all.map(({ eoses }) => eoses), all.map(() => 0));
  await pass(200);
  assert.deepEqual(all.map(({ eoses }) => eoses), all.map(() => 1));
  await outbox.close();
});

Deno.test("Outbox follows a list that changes while requests share REQs", async () => {
  const { open, pass, outbox, reqs } = await start({ [HOME]: holding([]), [OTHER]: holding([]) });
  const all = [alice, bob].map((one) => open(postsOf(one)));
  await pass(1_000);
  await outbox.store.event(bob.relayList({ both: [HOME] }, { created_at: START }));
  await pass(2_000);
  const post = bob.sign({ created_at: START + 1, content: "moved" });
  reqs(HOME).at(-1)!.send(post);
  await pass(100);
  assert.deepEqual(all.map(({ events }) => events), [[], [post]]);
  await outbox.close();
});

Deno.test("Outbox gets what came during an outage for requests that share REQs", async () => {
  const missed: NostrEvent[] = [];
  const { open, pass, outbox, network } = await start({
    [HOME]: holding([]),
    [OTHER]: { onReq: (req, relay) => holding(missed).onReq!(req, relay) },
  });
  const all = [bob, people[2]].map((one) => open(postsOf(one)));
  await pass(15_000);
  missed.push(bob.sign({ created_at: START + 14, content: "while it was away" }));
  network.relays.find(({ url }) => url === OTHER)!.cut();
  await pass(120_000);
  assert.deepEqual(all.map(({ events }) => events), [missed, []]);
  await outbox.close();
});

Deno.test("Outbox waits in each request that shares REQs for what came in time to be verified", async () => {
  const held = new HeldVerifier();
  const [here, there] = [60, 30].map((age) =>
    people.slice(1).map((one) => one.sign({ created_at: START - age }))
  );
  const { pool, network, outbox } = await start(
    { [OTHER]: holding(here), [HUB]: holding(there) },
    { verifyEvent: (event) => there.includes(event) ? held.verify(event) : true },
  );
  for (const one of people.slice(1)) {
    await outbox.store.event(one.relayList({ both: [OTHER, HUB] }, { created_at: START + 1 }));
  }
  const queries = people.slice(1).map((one) => pool.query([postsOf(one)]));
  await quiet();
  for (let n = 0; n < 20; n++) {
    await network.clock.advance(500);
    await quiet();
  }
  await held.answer();
  await network.clock.advance(1_000);
  assert.deepEqual(await Promise.all(queries), there.map((event, i) => [event, here[i]]));
  await outbox.close();
});
