import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import type { SignInRequest } from "../src/nostr/sign_in.ts";
import { quiet, START } from "../testing/test_clock.ts";
import {
  alice,
  bob,
  BOBS,
  carol,
  DMS,
  HOME,
  isPrivate,
  post,
  postsOf,
  relays,
  signInWorld,
  wrap,
  wrapsOfAlice,
} from "./support/sign_in_world.ts";
import { countingSigner, type Wall, walled } from "./support/walled_relays.ts";

Deno.test("NIP-42: createOutbox() reads the user's gift wraps behind a wall, on a connection of their own", async () => {
  const world = await signInWorld({ [DMS]: { events: [wrap] } });
  assert.deepEqual(await world.ids(wrapsOfAlice), [wrap.id]);
  assert.deepEqual(world.relays(), [DMS]);
  assert.deepEqual(world.names(DMS), [[], [alice.pubkey]]);
  const [{ kind, created_at, tags, content }] = world.signed;
  assert.deepEqual([kind, content], [22242, ""]);
  assert.deepEqual(tags.map(([name]) => name), ["relay", "challenge"]);
  assert.ok(Math.abs(created_at - START) < 60);
  // It is known now: the second request asks at once, over the same connection.
  assert.deepEqual(await world.ids(wrapsOfAlice), [wrap.id]);
  assert.equal(world.signed.length, 1);
  assert.equal(world.network.relays.filter(({ url }) => url === DMS).length, 2);
  assert.deepEqual(world.errors, []);
  await world.outbox.close();
});

Deno.test("NIP-42: createOutbox() answers a challenge that comes with the refusal, and hears EOSE's auth", async () => {
  for (const wall of [{ challenges: "refusal" }, { hints: true }] as const) {
    const world = await signInWorld({ [DMS]: { events: [wrap], ...wall } });
    assert.deepEqual(await world.ids(wrapsOfAlice), [wrap.id]);
    assert.deepEqual(world.relays(), [DMS]);
    await world.outbox.close();
  }
});

Deno.test("NIP-42: createOutbox() never answers a bare challenge", async () => {
  const open = { guards: () => false };
  const world = await signInWorld({
    [DMS]: { events: [wrap], ...open },
    [BOBS]: { events: [post], ...open },
    [HOME]: open,
  }, { auth: () => true });
  assert.deepEqual(await world.ids([...wrapsOfAlice, ...postsOf(bob, alice)]), [post.id, wrap.id]);
  assert.deepEqual(world.signed, []);
  await world.outbox.close();
});

Deno.test("A2: createOutbox() reads posts without a name at the relay where it reads wraps with one", async () => {
  const wall = { events: [wrap, post], guards: isPrivate };
  const world = await signInWorld({ [DMS]: wall }, {}, [
    bob.relayList({ both: [DMS] }, { created_at: START }),
  ]);
  assert.deepEqual(await world.ids([...wrapsOfAlice, ...postsOf(bob)]), [post.id, wrap.id]);
  const [anonymous, named] = world.network.relays.filter(({ url }) => url === DMS);
  assert.deepEqual(anonymous.auths, []);
  assert.equal(named.auths.length, 1);
  assert.ok(named.reqs.length > 0);
  for (const { filters } of named.reqs) {
    for (const filter of filters) assert.deepEqual(filter["#p"], [alice.pubkey]);
  }
  await world.outbox.close();
});

Deno.test("createOutbox() signs in for nobody's posts, not even at the user's own relay", async () => {
  const world = await signInWorld({ [BOBS]: { events: [post] }, [HOME]: { events: [post] } }, {}, [
    bob.relayList({ both: [BOBS, HOME] }, { created_at: START }),
  ]);
  assert.deepEqual(await world.ids(postsOf(bob)), []);
  assert.deepEqual(world.signed, []);
  assert.match(world.errors[0].message, /No relay answered a request: 2 x auth-required/);
  const { relays } = await world.outbox.explain(postsOf(bob));
  assert.deepEqual(relays.map(({ wantsSignIn }) => wantsSignIn), [true, true]);
  assert.deepEqual(relays.map(({ state }) => state), ["open", "open"]);
  const feed = world.outbox.feed(postsOf(bob));
  const page = await world.inTime(feed[Symbol.asyncIterator]().next());
  const walls = page.value!.behind.filter(({ reason }) => reason === "auth-required");
  assert.deepEqual(walls.map(({ relay }) => relay).sort(), [BOBS, HOME]);
  await feed.close();
  const { people: [{ missing }] } = await world.outbox.coverage(postsOf(bob));
  assert.deepEqual([...new Set(missing.map(({ reason }) => reason))], ["auth-required"]);
  await world.outbox.close();
});

Deno.test('Option auth "never" signs nowhere, nor does a signer without signEvent', async () => {
  const walls = { [DMS]: { events: [wrap] } };
  for (const options of [{ auth: "never" }, { signer: { nip44: undefined } }] as const) {
    const world = await signInWorld(walls, options);
    assert.deepEqual(await world.ids(wrapsOfAlice), []);
    assert.deepEqual(world.signed, []);
    assert.deepEqual(world.names(DMS).flat(), []);
    await world.outbox.close();
  }
});

Deno.test('Option auth "throwaway" reads walled posts with another key at each relay, and never the user\'s', async () => {
  const OTHER = "wss://other.example/";
  const later = carol.sign({ content: "later", created_at: START - 2 });
  const walls = {
    [BOBS]: { events: [post] },
    [OTHER]: { events: [later] },
    [DMS]: { events: [wrap] },
  };
  const world = await signInWorld(walls, { auth: "throwaway" }, [
    carol.relayList({ both: [OTHER] }),
  ]);
  assert.deepEqual(await world.ids(postsOf(bob, carol)), [later.id, post.id]);
  assert.deepEqual(world.signed, []);
  const [one] = world.names(BOBS)[1], [two] = world.names(OTHER)[1];
  assert.notEqual(one, two);
  assert.deepEqual(await world.ids(wrapsOfAlice), [wrap.id]);
  assert.deepEqual(world.relays(), [DMS]);
  // The same key after a reconnect.
  for (const relay of world.network.relays) if (relay.url === BOBS) relay.cut();
  assert.deepEqual(await world.ids(postsOf(bob)), [post.id]);
  assert.deepEqual([...new Set(world.names(BOBS).flat())], [one]);
  await world.outbox.close();
});

Deno.test("Option auth as a function is asked once for each relay and purpose, and what it throws is a no", async () => {
  const asked: SignInRequest[] = [];
  const walls = { [BOBS]: { events: [post] }, [DMS]: { events: [wrap] } };
  const world = await signInWorld(walls, {
    auth(request) {
      asked.push(request);
      if (request.relay === DMS) throw new Error("no idea");
      return true;
    },
  });
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(await world.ids([...postsOf(bob), ...wrapsOfAlice]), [post.id]);
  }
  assert.deepEqual(asked.toSorted((a, b) => a.relay < b.relay ? -1 : 1), [
    { relay: BOBS, purpose: "posts", people: [bob.pubkey], kinds: [1] },
    { relay: DMS, purpose: "messages", people: [alice.pubkey], kinds: [1059] },
  ]);
  assert.deepEqual(world.relays(), [BOBS]);
  const failed = world.errors.filter(({ message }) => /Option "auth" failed/.test(message));
  assert.equal(failed.length, 1);
  await world.outbox.close();
});

Deno.test("Option auth as a function is asked again for another user", async () => {
  const asked: string[] = [];
  const world = await signInWorld({ [BOBS]: { events: [post] } }, {
    auth: ({ relay, purpose }) => asked.push(`${relay} ${purpose}`) < 0,
  });
  const { signer } = countingSigner(carol);
  for (const user of [alice, carol]) {
    if (user === carol) world.outbox.use({ user: carol.pubkey, signer });
    for (let round = 0; round < 2; round++) assert.deepEqual(await world.ids(postsOf(bob)), []);
  }
  assert.deepEqual(asked, [`${BOBS} posts`, `${BOBS} posts`]);
  await world.outbox.close();
});

Deno.test("createOutbox() publishes behind the user's own wall, and not behind a stranger's", async () => {
  const wall: Wall = { guardsEvents: true, guards: () => false };
  const mine = alice.sign({ content: "mine", tags: [["p", bob.pubkey]] });
  for (const challenges of ["connect", "refusal"] as const) {
    const world = await signInWorld({
      [HOME]: { ...wall, challenges },
      [BOBS]: { ...wall, challenges },
    });
    await world.inTime(world.pool.event(mine));
    assert.deepEqual(world.relays(), [HOME]);
    const named = world.network.relays.find(({ url, auths }) => url === HOME && auths.length > 0);
    assert.ok(named?.offered.some(({ id }) => id === mine.id));
    await world.outbox.close();
  }
});

Deno.test("NIP-17: createOutbox() delivers a gift wrap behind a stranger's wall only if the app says so", async () => {
  const wall: Wall = { guardsEvents: true, guards: () => false };
  const lists = [bob.sign({ kind: 10050, tags: relays(BOBS) })];
  const toBob = carol.sign({ kind: 1059, tags: [["p", bob.pubkey]] });
  const shy = await signInWorld({ [BOBS]: wall }, {}, lists);
  await assert.rejects(shy.inTime(shy.pool.event(toBob)));
  assert.deepEqual(shy.signed, []);
  await shy.outbox.close();
  const asked: SignInRequest[] = [];
  const bold = await signInWorld(
    { [BOBS]: wall },
    { auth: (request) => asked.push(request) > 0 },
    lists,
  );
  await bold.inTime(bold.pool.event(toBob));
  assert.deepEqual(asked, [
    { relay: BOBS, purpose: "deliver", people: [bob.pubkey], kinds: [1059] },
  ]);
  assert.deepEqual(bold.relays(), [BOBS]);
  await bold.outbox.close();
});

Deno.test("createOutbox() costs a relay alone where its signer is slow, refuses, or signs as somebody else", async () => {
  const never = new Promise<NostrEvent>(() => {});
  const signs: ((event: NostrEvent) => Promise<NostrEvent>)[] = [
    () => never,
    () => Promise.reject(new Error("the user said no")),
    ({ tags }) => Promise.resolve(bob.sign({ kind: 22242, tags })),
    () => Promise.resolve(undefined as unknown as NostrEvent),
  ];
  for (const sign of signs) {
    const { signer, signed } = countingSigner(alice, sign);
    const world = await signInWorld({
      [DMS]: { events: [wrap] },
      [BOBS]: { events: [post], guards: () => false },
    }, { signer });
    assert.deepEqual(await world.ids([...wrapsOfAlice, ...postsOf(bob)]), [post.id]);
    await world.network.clock.advance(60_000);
    assert.equal(signed.length, 1);
    // Other requests, after the connection was closed as unused, do not ask the signer anew.
    assert.deepEqual(await world.ids(wrapsOfAlice), []);
    assert.equal(signed.length, 1);
    assert.deepEqual(world.names(DMS).flat(), []);
    const [report] = (await world.outbox.relays()).filter(({ url }) => url === DMS);
    assert.equal(report.state === "backing-off", false, JSON.stringify(report));
    await world.outbox.close();
  }
});

Deno.test("NIP-42: createOutbox() takes restricted for no, before a sign-in and after it", async () => {
  const world = await signInWorld({
    [DMS]: { events: [wrap], refusesMembers: "restricted: pay first" },
  });
  assert.deepEqual(await world.ids(wrapsOfAlice), []);
  assert.equal(world.signed.length, 1);
  await world.outbox.close();
  const other = await signInWorld({});
  other.network.scripts.set(DMS, {
    onOpen: (relay) => relay.challenge("c"),
    onReq: (req) => req.closed("restricted: members only"),
  });
  assert.deepEqual(await other.ids(wrapsOfAlice), []);
  assert.deepEqual(other.signed, []);
  await other.outbox.close();
});

Deno.test("NIP-42: createOutbox() signs in again after a reconnect, and goes on reading", async () => {
  const world = await signInWorld({ [DMS]: { events: [wrap] } });
  const seen: string[] = [];
  const controller = new AbortController();
  const reading = (async () => {
    for await (const [verb, , event] of world.pool.req(wrapsOfAlice, controller)) {
      seen.push(verb === "EVENT" ? (event as NostrEvent).id : verb);
    }
  })();
  await world.network.clock.advance(5_000);
  await quiet();
  assert.deepEqual(seen, [wrap.id, "EOSE"]);
  const before = world.network.relays.find(({ auths }) => auths.length > 0)!;
  before.cut();
  await world.network.clock.advance(30_000);
  await quiet();
  assert.equal(world.signed.length, 2);
  assert.notDeepEqual(world.signed[0].tags, world.signed[1].tags);
  const named = world.network.relays.filter(({ auths }) => auths.length > 0).at(-1)!;
  const later = carol.sign({ kind: 1059, tags: [["p", alice.pubkey]], created_at: START });
  for (const req of named.live) req.send(later);
  await quiet();
  assert.deepEqual(seen, [wrap.id, "EOSE", later.id]);
  controller.abort();
  await assert.rejects(reading, { name: "AbortError" });
  await world.outbox.close();
});

Deno.test("Outbox use() ends the connections of the user before, and nobody signs for them any more", async () => {
  const world = await signInWorld({ [DMS]: { events: [wrap] } });
  const controller = new AbortController();
  const reading = (async () => {
    for await (const _ of world.pool.req(wrapsOfAlice, controller));
  })();
  await world.network.clock.advance(5_000);
  await quiet();
  const named = world.network.relays.find(({ auths }) => auths.length > 0)!;
  assert.ok(!named.isClosed);
  const { signer, signed } = countingSigner(bob);
  world.outbox.use({ user: bob.pubkey, signer });
  await quiet();
  assert.ok(named.isClosed);
  await world.network.clock.advance(60_000);
  assert.equal(world.signed.length, 1);
  assert.deepEqual(signed, []);
  controller.abort();
  await assert.rejects(reading, { name: "AbortError" });
  await world.outbox.close();
});

Deno.test("createOutbox() signs with the relay's own URL, whatever challenge it echoes, and few times", async () => {
  const floods = Array.from({ length: 50 }, (_, n) => `challenge ${n}`);
  const world = await signInWorld({ [DMS]: { events: [wrap] } });
  const echo = { ...walled({ events: [wrap], challenge: "the challenge of wss://bank.example/" }) };
  world.network.scripts.set(DMS, {
    ...echo,
    onOpen(relay) {
      relay.challenge("x".repeat(5_000));
      for (const text of floods) relay.challenge(text);
      echo.onOpen?.(relay);
    },
    onReq: (req, relay) => {
      for (const text of floods) relay.challenge(`${text} again`);
      req.closed("auth-required: once more");
    },
  });
  assert.deepEqual(await world.ids(wrapsOfAlice), []);
  assert.ok(world.signed.length >= 1 && world.signed.length <= 3, `${world.signed.length}`);
  assert.deepEqual([...new Set(world.relays())], [DMS]);
  await world.outbox.close();
});

Deno.test("createOutbox() signs for no relay that the user blocks, not even for the host of their groups", async () => {
  const lists = [
    alice.sign({ kind: 10009, tags: [["group", "cats", BOBS]] }),
    alice.sign({ kind: 10006, tags: relays(BOBS, DMS) }),
  ];
  const group = bob.sign({ kind: 9, tags: [["h", "cats"]] });
  const world = await signInWorld({ [BOBS]: { events: [group] }, [DMS]: { events: [wrap] } }, {
    auth: () => true,
  }, lists);
  assert.deepEqual(await world.ids([{ kinds: [9], "#h": ["cats"] }, ...wrapsOfAlice]), []);
  assert.deepEqual(world.signed, []);
  await world.outbox.close();
  const open = await signInWorld({ [BOBS]: { events: [group] } }, {}, [lists[0]]);
  assert.deepEqual(await open.ids([{ kinds: [9], "#h": ["cats"] }]), [group.id]);
  assert.deepEqual(open.relays(), [BOBS]);
  // Another group there is none of theirs.
  const dogs = [{ kinds: [9], "#h": ["dogs"] }];
  await open.inTime(open.pool.query(dogs, { relays: [BOBS] }));
  const named = open.network.relays.filter(({ auths }) => auths.length > 0);
  const groups = named.flatMap(({ reqs }) => reqs).flatMap(({ filters }) => filters)
    .flatMap((filter) => filter["#h"] ?? []);
  assert.deepEqual([...new Set(groups)], ["cats"]);
  await open.outbox.close();
});

Deno.test("Outbox publish() offers what waits for a sign-in as soon as the user has signed in there", async () => {
  const world = await signInWorld({ [HOME]: { guardsEvents: true } }, { signer: undefined });
  const { clock } = world.network;
  const sent = await world.outbox.publish(alice.sign({ content: "mine" }));
  await world.inTime(clock.advance(2_000), 3_000);
  const [{ state, nextAt }] = sent.targets;
  assert.equal(state, "sign-in");
  world.outbox.use({ user: alice.pubkey, signer: world.signer });
  assert.deepEqual(await world.ids([{ kinds: [4], "#p": [alice.pubkey] }]), []);
  assert.deepEqual(world.relays(), [HOME]);
  await clock.advance(100);
  await quiet();
  assert.equal(sent.targets[0].state, "taken");
  assert.ok(clock.now() < nextAt!, "before it is tried again by itself");
  await world.outbox.close();
});
