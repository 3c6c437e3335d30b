import { NPool } from "@nostrify/nostrify";
import { MockRelay } from "@nostrify/nostrify/test";
import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { npubEncode } from "nostr-tools/nip19";
import { createReqRouter } from "../src/create_req_router.ts";
import { RelayListStore } from "../src/lists/relay_list_store.ts";
import { RoutingError } from "../src/nostr/errors.ts";
import type { RelayListSource } from "../src/nostr/relay_knowledge.ts";
import { planReq, type ReqPlan } from "../src/plan/plan_req.ts";
import type { RouterOptions } from "../src/router_options.ts";
import { MemorySource, postsOf, relayList } from "../testing/memory_source.ts";
import { Signer } from "../testing/signer.ts";
import { WRONG_OPTIONS } from "./support/wrong_options.ts";

const alice = new Signer(1);
const ALICE = alice.pubkey;
const BOB = "bb".repeat(32);
const HUB = "wss://hub.example/";
const ALICES = "wss://alice.example/";
const LOCAL = "ws://127.0.0.1:7777/";
const known = () => new MemorySource(relayList(ALICE, { write: [ALICES] }));

Deno.test("createReqRouter() throws on a wrong option at once, and says which value it saw", () => {
  for (const [options, type, message] of WRONG_OPTIONS) {
    assert.throws(() => createReqRouter(known(), options), (error: Error) => {
      assert.ok(error instanceof type, `${error}`);
      assert.match(error.message, message);
      return true;
    });
  }
  for (const name of ["onError", "onReqPlan", "onEventPlan"]) {
    const message = `Cannot use option "${name}": it must be a function, got "log"`;
    assert.throws(() => createReqRouter(known(), { [name]: "log" }), {
      name: "TypeError",
      message,
    });
  }
});

Deno.test("createReqRouter() throws at once if its source has neither get nor lookUp", () => {
  for (const source of [undefined, null, {}, { get: "lists" }, new Map().keys()]) {
    assert.throws(() => createReqRouter(source as unknown as RelayListSource), {
      name: "TypeError",
      message: /^Cannot route: the first argument must be a RelayListStore, got /,
    });
  }
});

Deno.test("createReqRouter() routes as planReq() plans, with everyone's list looked up once", async () => {
  const source = known();
  const filters = [{ authors: [BOB, ALICE], limit: 5 }, { kinds: [7], "#p": [ALICE] }];
  const options = { fallbackRelays: [HUB], maxRelays: 2 };
  const routes = await createReqRouter(source, options)(filters);
  const lists = new Map([[ALICE, relayList(ALICE, { write: [ALICES] })]]);
  assert.deepEqual(routes, planReq(filters, lists, options).routes);
  assert.equal(source.asked.length, 1);
  assert.deepEqual(new Set(source.asked[0]), new Set([ALICE, BOB]));
});

Deno.test("createReqRouter() keeps a copy of its options: changing them later has no influence", async () => {
  const plans: ReqPlan[] = [];
  const fallbackRelays = [HUB];
  const options: Record<string, unknown> = {
    fallbackRelays,
    onReqPlan: (plan: ReqPlan) => plans.push(plan),
    onError: () => assert.fail("the lookup succeeds"),
  };
  const router = createReqRouter(known(), options);
  fallbackRelays[0] = "wss://other.example/";
  Object.assign(options, {
    fallbackRelays: [],
    weight: () => 0,
    maxRelays: -1,
    onReqPlan: () => assert.fail("not the one it was made with"),
  });
  assert.deepEqual([...(await router([postsOf(ALICE)])).keys()], [ALICES]);
  assert.deepEqual([...(await router([postsOf(BOB)])).keys()], [HUB]);
  assert.equal(plans.length, 2);
  assert.throws(() => createReqRouter(known(), options), RangeError, "a later router sees them");

  const source = known();
  const errors: Error[] = [];
  const careless: Record<string, unknown> = { onError: (error: Error) => errors.push(error) };
  const failing = createReqRouter(source, careless);
  careless.onError = () => assert.fail("not the one it was made with");
  source.failure = new Error("disk full");
  await assert.rejects(failing([postsOf(ALICE)]), RoutingError);
  assert.equal(errors.length, 1);
});

Deno.test("createReqRouter() calls onError once for a failed lookup, and uses the fallback relays", async () => {
  const source = known();
  const errors: Error[] = [];
  const router = createReqRouter(source, {
    fallbackRelays: [HUB],
    onError: (error) => errors.push(error),
  });
  source.failure = new Error("disk full");
  const routes = await router([postsOf(ALICE), postsOf(BOB)]);
  assert.deepEqual([...routes.keys()], [HUB]);
  assert.equal(errors.length, 1);
  assert.match(errors[0].message, /^Cannot look up the relay lists of 2 people/);
  assert.equal(errors[0].cause, source.failure);

  source.failure = undefined;
  assert.deepEqual([...(await router([postsOf(ALICE)])).keys()], [ALICES]);
  assert.equal(errors.length, 1);
});

Deno.test("createReqRouter() treats a source that throws like one that rejects", async () => {
  const errors: Error[] = [];
  const get = () => {
    throw new Error("closed");
  };
  const router = createReqRouter({ get }, {
    fallbackRelays: [HUB],
    onError: (error) => errors.push(error),
  });
  assert.deepEqual([...(await router([postsOf(ALICE)])).keys()], [HUB]);
  assert.equal(errors.length, 1);
});

Deno.test("createReqRouter() rejects with what is unrouted, and why, if a request cannot be sent anywhere", async () => {
  const source = new MemorySource();
  const reported: Error[] = [];
  const router = createReqRouter(source, { onError: (error) => reported.push(error) });
  const filters = [postsOf(ALICE, BOB), { kinds: [1] }, { "#p": ["junk"] }, { ids: [] }];
  await assert.rejects(router(filters), (error) => {
    assert.ok(error instanceof RoutingError);
    assert.equal(
      error.message,
      "Cannot send a request anywhere: " +
        "2 x no-list (no usable relay list is known, and no fallbackRelays are set), " +
        "1 x no-fallback (the filter names nobody with relays, and no fallbackRelays are set)",
    );
    assert.deepEqual(
      new Set(error.unrouted.map((one) => JSON.stringify(one))),
      new Set(planReq(filters, new Map()).unrouted.map((one) => JSON.stringify(one))),
    );
    assert.equal(error.cause, undefined);
    // NPool.query() answers [] to this error, so onError is called as well.
    assert.deepEqual(reported, [error]);
    return true;
  });

  source.failure = new Error("disk full");
  await assert.rejects(router(filters), ({ cause }) => cause.cause === source.failure);
  assert.equal(reported.length, 2);
  assert.equal(reported[1].cause, source.failure);
});

Deno.test("createReqRouter() returns an empty map where no event can match", async () => {
  const router = createReqRouter(new MemorySource());
  for (const filters of [[], [postsOf()], [{ ids: [] }, { "#p": [] }]]) {
    assert.equal((await router(filters)).size, 0);
  }
});

Deno.test("NIP-01: createReqRouter() throws where filters name nothing but values that no event can match, and looks nothing up", async () => {
  for (
    const [filter, message] of [
      [
        { authors: [npubEncode(ALICE)] },
        `"authors" must be pubkeys of 64 lowercase hex characters, got "${npubEncode(ALICE)}": ` +
        "decode it with nip19.decode() of nostr-tools, or use outbox.find()",
      ],
      [
        { "#p": [ALICE.toUpperCase()] },
        `"#p" must be pubkeys of 64 lowercase hex characters, got "${ALICE.toUpperCase()}": ` +
        "write it in lower case",
      ],
      [
        { ids: ["junk"], kinds: [1] },
        '"ids" must be event ids of 64 lowercase hex characters, got "junk"',
      ],
    ] as const
  ) {
    const source = new MemorySource();
    const errors: Error[] = [];
    const router = createReqRouter(source, {
      fallbackRelays: [HUB],
      onError: (error) => errors.push(error),
    });
    const error = { name: "TypeError", message: `Cannot send a request: ${message}` };
    const filters = [filter as unknown as NostrFilter, { ids: [] }];
    await assert.rejects(router(filters), error);
    // NPool.query() answers [] to this error, so onError is called as well.
    const pool = new NPool({
      open: () => new MockRelay(),
      reqRouter: router,
      eventRouter: () => [],
    });
    assert.deepEqual(await pool.query([{ ...filters[0], limit: 1 }]), []);
    assert.deepEqual(errors.map(({ message }) => message), [error.message, error.message]);
    assert.deepEqual(source.asked.flat(), []);
  }
});

Deno.test("createReqRouter() leaves one invalid value among many out, and reports it once", async () => {
  const errors: Error[] = [];
  const plans: ReqPlan[] = [];
  const router = createReqRouter(known(), {
    fallbackRelays: [HUB],
    onError: (error) => errors.push(error),
    onReqPlan: (plan) => plans.push(plan),
  });
  const id = "ee".repeat(32);
  const filters = [postsOf(ALICE, "npub1junk"), { ids: [id, "note1junk"] }, { "#e": ["x"] }];
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(Object.fromEntries(await router(filters)), {
      [ALICES]: [postsOf(ALICE)],
      [HUB]: [{ ids: [id] }],
    });
  }
  assert.equal(errors.length, 1);
  assert.match(errors[0].message, /^Cannot request some of what a filter names: "authors" must /);
  assert.match(errors[0].message, /"npub1junk": decode .*"note1junk": decode .*"#e" must .* "x"$/);
  assert.deepEqual(plans[0].unrouted, [
    { reason: "invalid-pubkey", pubkey: "npub1junk", filter: 0 },
    { reason: "invalid-id", id: "note1junk", filter: 1 },
    { reason: "invalid-id", id: "x", filter: 2 },
  ]);
  await router([postsOf(ALICE, "npub1other")]);
  assert.equal(errors.length, 2);
});

Deno.test("createReqRouter() calls onReqPlan with the plan of each request, also of one it rejects", async () => {
  const plans: ReqPlan[] = [];
  const onReqPlan = (plan: ReqPlan) => plans.push(plan);
  const router = createReqRouter(known(), { onReqPlan, onError: () => {} });
  const routes = await router([postsOf(ALICE, BOB)]);
  assert.equal(plans[0].routes, routes);
  assert.deepEqual(plans[0].unrouted, [{ reason: "no-list", pubkey: BOB, filter: 0 }]);
  assert.deepEqual(plans[0].subjects.map(({ reason }) => reason), ["list", "no-list"]);
  await assert.rejects(router([postsOf(BOB)]), RoutingError);
  assert.equal(plans[1].routes.size, 0);
});

Deno.test("createReqRouter() applies its own policy, also where routers share one store", async () => {
  const store = new RelayListStore(new MockRelay());
  await store.event(alice.relayList({ write: [ALICES, LOCAL] }));
  const routers: [options: RouterOptions, relays: string[]][] = [
    [{}, [ALICES]],
    [{ policy: { allowLocal: true, allowInsecure: true } }, [ALICES, LOCAL]],
    [{ policy: { allow: (url) => url !== ALICES }, fallbackRelays: [HUB] }, [HUB]],
  ];
  for (const [options, relays] of routers) {
    const routes = await createReqRouter(store, options)([postsOf(ALICE)]);
    assert.deepEqual(new Set(routes.keys()), new Set(relays));
  }
});

Deno.test("createReqRouter() warns on the console of a failed lookup, if no onError is set", async () => {
  const source = known();
  source.failure = new Error("disk full");
  const warned: unknown[] = [];
  const { warn } = console;
  console.warn = (error) => warned.push(error);
  try {
    await createReqRouter(source, { fallbackRelays: [HUB] })([postsOf(ALICE)]);
  } finally {
    console.warn = warn;
  }
  assert.deepEqual(warned.map((error) => (error as Error).cause), [source.failure]);
});

Deno.test("createReqRouter() lets NPool find a post on its author's relay alone", async () => {
  const relays = new Map([ALICES, HUB].map((url) => [url, new MockRelay()]));
  const pool = new NPool({
    open: (url) => relays.get(url)!,
    reqRouter: createReqRouter(known(), { fallbackRelays: [HUB] }),
    eventRouter: () => [],
  });
  const post = alice.sign({ content: "hello" });
  await relays.get(ALICES)!.event(post);
  await relays.get(HUB)!.event(alice.sign({ content: "where nobody looks for her" }));
  assert.deepEqual(await pool.query([postsOf(ALICE)]), [post]);
  assert.deepEqual([...pool.relays.keys()], [ALICES]);
  assert.deepEqual(await pool.query([postsOf()]), []);
});

Deno.test("createReqRouter() refuses what is no filter before it looks anything up, and calls onError", async () => {
  const errors: Error[] = [];
  const get = () => assert.fail("nothing is looked up");
  const router = createReqRouter({ get }, { onError: (error) => errors.push(error) });
  const filters = [{ kinds: [1], authors: ALICE as unknown as string[] }];
  const message = /"authors" of filter 0 must be an array of strings, got "/;
  await assert.rejects(router(filters), { name: "TypeError", message });
  assert.equal(errors.length, 1);
  assert.match(errors[0].message, message);
  const pool = new NPool({
    open: () => new MockRelay(),
    reqRouter: router,
    eventRouter: () => [],
  });
  assert.deepEqual(await pool.query([{ since: NaN }]), [], "NPool swallows the error");
  assert.match(errors[1].message, /"since" of filter 0 must be a finite number/);
});
