import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { withHints } from "../src/hints/with_hints.ts";
import type { ReqPlan } from "../src/plan/plan_req.ts";
import { holding } from "../testing/scripted_network.ts";
import { Signer } from "../testing/signer.ts";
import { quiet, START } from "../testing/test_clock.ts";
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

/** What many small requests at once share, and what they do not. */

const [, bob] = people;

Deno.test("Outbox carries a request out by itself where nobody listens to those planned with it, or too late", async () => {
  const { outbox, pass, reqs } = await start({ [OTHER]: holding(profiles) });
  const planning = [bob, people[2], people[3]].map((one) => outbox.reqRouter([profileOf(one)]));
  await pass(100);
  const routes = await Promise.all(planning);
  const found: string[][] = [];
  for (const [url, filters] of routes.flatMap((map) => [...map]).slice(0, 2)) {
    const controller = new AbortController();
    const ids: string[] = [];
    found.push(ids);
    void (async () => {
      for await (const [verb, , event] of outbox.open(url).req(filters, controller)) {
        if (verb === "EVENT") ids.push(event.pubkey);
      }
    })();
    await pass(1_000);
  }
  assert.deepEqual(found, [[bob.pubkey], [people[2].pubkey]]);
  assert.deepEqual(reqs(OTHER).map(({ filters }) => filters[0].authors), found);
  await outbox.close();
});

Deno.test("Outbox carries a request out by itself at each of its relays, where others of its plan began before", async () => {
  const { outbox, pass, reqs } = await start({
    [OTHER]: holding(profiles),
    [HUB]: holding([]),
  }, { indexerRelays: [HUB], discoveryTimeout: 0 });
  const planning = [bob, people[2], people[3]].map((one) => outbox.reqRouter([profileOf(one)]));
  await pass(100);
  const [first, second, late] = await Promise.all(planning);
  const listen = (routes: ReadonlyMap<string, NostrFilter[]>) =>
    [...routes].map(([url, filters]) => {
      const listening = { url, eoses: 0 };
      void (async () => {
        for await (const [verb] of outbox.open(url).req(filters)) {
          if (verb === "EOSE") listening.eoses++;
        }
      })();
      return listening;
    });
  const all = [first, second].flatMap(listen);
  await pass(1_000);
  const before = reqs(HUB).length;
  all.push(...listen(late));
  await pass(5_000);
  assert.deepEqual([...late.keys()].toSorted(), [HUB, OTHER].toSorted());
  assert.ok(reqs(HUB).length > before);
  assert.deepEqual(all.map(({ eoses }) => eoses), all.map(() => 1));
  await outbox.close();
});

Deno.test("Outbox plans big requests by themselves, unless they are equal, and at most 500 values together", async () => {
  const strangers = Array.from({ length: 520 }, (_, i) => i.toString(16).padStart(64, "0"));
  const { open, pass, outbox, reqs } = await start(
    { [HUB]: holding([]) },
    { fallbackRelays: [HUB], authorsPerFilter: 1_000 },
  );
  const sizes = () =>
    reqs(HUB).map(({ filters }) => new Set(filters.flatMap((f) => f.authors)).size);
  const big = { kinds: [1], authors: strangers.slice(0, 21) };
  const all = [big, { ...big }, { ...big, authors: strangers.slice(21, 42) }].map(open);
  await pass(1_000);
  assert.deepEqual(sizes().toSorted(), [21, 21]);
  all.push(...strangers.map((author) => open({ kinds: [0], authors: [author] })));
  await pass(1_000);
  assert.deepEqual(sizes().slice(2).toSorted((a, b) => a - b), [20, 500]);
  for (const { close } of all) close();
  await outbox.close();
});

Deno.test("Outbox uses the hints of each request that shares REQs, and waits for none that is aborted", async () => {
  const stranger = new Signer(98);
  const profile = stranger.sign({ kind: 0, created_at: START, content: "hinted" });
  const { outbox, pool, pass, reqs } = await start({
    [HUB]: holding([profile]),
    [OTHER]: holding(profiles),
  });
  const queries = [
    pool.query([withHints(profileOf(stranger), [HUB])]),
    pool.query([profileOf(bob)]),
  ];
  const controller = new AbortController();
  const aborted = outbox.reqRouter([profileOf(people[2])], { signal: controller.signal })
    .catch((error) => error);
  controller.abort(new Error("not any more"));
  await pass(2_000);
  assert.deepEqual(await Promise.all(queries), [[profile], [profiles[1]]]);
  assert.equal((await aborted).message, "not any more");
  assert.deepEqual(reqs(OTHER).flatMap(({ filters }) => filters[0].authors), [bob.pubkey]);
  await outbox.close();
});

Deno.test("Outbox asks for events by their ids together, waits for the relays that get all, and sends no id twice", async () => {
  const posts = people.map((one) => one.sign({ created_at: START, content: "post" }));
  const plans: ReqPlan[] = [];
  const { pool, network, pass, reqs, outbox } = await start(
    { [HUB]: {} },
    { fallbackRelays: [HUB], onReqPlan: (plan) => plans.push(plan) },
  );
  const found = Promise.all(
    posts.map(({ id }, i) => pool.query([withHints({ ids: [id] }, i % 2 ? [HUB] : [])])),
  );
  await pass(800);
  for (const req of network.live) req.send(...posts).eose();
  await pass(1_000);
  assert.deepEqual(await found, posts.map((post) => [post]));
  assert.equal(reqs(HUB).length, 1);
  assert.deepEqual(
    plans.map(({ routes }) => routes.get(HUB)),
    posts.map(({ id }) => [{ ids: [id] }]),
  );
  await outbox.close();
});

Deno.test("Outbox says EOSE at a relay of a shared request also to who listens later", async () => {
  const { outbox, pass, reqs } = await start({ [HOME]: holding([]), [OTHER]: holding([]) });
  for (const one of [bob, people[2]]) {
    await outbox.store.event(one.relayList({ both: [HOME, OTHER] }, { created_at: START }));
  }
  const planning = [bob, people[2]].map((one) => outbox.reqRouter([postsOf(one)]));
  await pass(100);
  const routes = await Promise.all(planning);
  const heard: string[] = [];
  const listen = (i: number, url: string) =>
    void (async () => {
      for await (const [verb] of outbox.open(url).req(routes[i].get(url)!)) heard.push(verb);
    })();
  listen(0, HOME);
  listen(1, HOME);
  await pass(1_000);
  assert.deepEqual(heard, ["EOSE", "EOSE"]);
  listen(0, OTHER);
  await pass(1_000);
  assert.deepEqual(heard, ["EOSE", "EOSE", "EOSE"]);
  assert.equal(reqs(OTHER).length, 1);
  await outbox.close();
});

Deno.test("Requests that share REQs end quietly where they are given up while their last relay fails", async () => {
  // The order of what happens within one turn decides.
  for (let rounds = 0; rounds < 20; rounds++) {
    const { network, outbox, pool, errors } = await start(
      { [OTHER]: { connect: "refuse" }, [HUB]: { connect: "wait" } },
      { fallbackRelays: [HUB] },
    );
    const controller = new AbortController(), { signal } = controller;
    const answers = people.slice(1, 4).map((one) => pool.query([postsOf(one)], { signal }));
    await quiet();
    network.relays.find(({ url }) => url === HUB)!.refuse();
    for (let round = 0; round < rounds; round++) await undefined;
    controller.abort();
    assert.deepEqual(await Promise.all(answers), [[], [], []]);
    await quiet();
    assert.ok(errors.every(({ message }) => message.startsWith("No relay answered")));
    await outbox.close();
    assert.equal(network.clock.pending, 0);
  }
});

Deno.test("Outbox finds for each of many requests at once what it would find alone, however few relays each may have", async () => {
  const posts = people.map((one) => one.sign({ kind: 1, created_at: START - 9 }));
  const home = (i: number) => `wss://home-${i >> 1}.example/`;
  for (const maxRelays of [1, 2, 5]) {
    for (const fallbackRelays of [[], [HUB]]) {
      const scripts = Object.fromEntries(posts.map((_, i) => [
        home(i),
        holding(posts.slice(i & ~1, (i | 1) + 1)),
      ]));
      const { outbox, pool, network, pass, errors } = await start(
        { [HUB]: holding([]), ...scripts },
        { maxRelays, fallbackRelays },
      );
      for (const [i, one] of people.entries()) {
        await outbox.store.event(one.relayList({ write: [home(i)] }, { created_at: START + 1 }));
      }
      const answers = Promise.all(people.map((one) => pool.query([postsOf(one)])));
      await pass(2_000);
      assert.deepEqual(await answers, posts.map((post) => [post]));
      assert.deepEqual(errors, []);
      // Two who have the same relay still share its REQ.
      assert.ok(network.relays.flatMap(({ reqs }) => reqs).length <= 2 * posts.length);
      await outbox.close();
    }
  }
});

Deno.test("Outbox plans many requests at once for three times as many relays while it looks for the lists", async () => {
  const INDEX = "wss://index.example/";
  const strangers = Array.from({ length: 6 }, (_, i) => new Signer(90 + i));
  const home = (i: number) => `wss://home-${i}.example/`;
  const posts = strangers.map((one) => one.sign({ kind: 1, created_at: START - 9 }));
  const lists = strangers.map((one, i) => one.relayList({ write: [home(i)] }));
  const { outbox, pool, pass } = await start(
    {
      [INDEX]: holding(lists),
      [HUB]: holding([]),
      ...Object.fromEntries(posts.map((post, i) => [home(i), holding([post])])),
    },
    { maxRelays: 3, fallbackRelays: [HUB], indexerRelays: [INDEX] },
  );
  const answers = Promise.all(strangers.map((one) => pool.query([postsOf(one)])));
  await pass(5_000);
  assert.deepEqual(await answers, posts.map((post) => [post]));
  await outbox.close();
});
