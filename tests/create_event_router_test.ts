import { NPool } from "@nostrify/nostrify";
import { MockRelay } from "@nostrify/nostrify/test";
import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { createEventRouter } from "../src/create_event_router.ts";
import { createReqRouter } from "../src/create_req_router.ts";
import { RoutingError } from "../src/nostr/errors.ts";
import type { Lookup, RelayKnowledge, RelayListSource } from "../src/nostr/relay_knowledge.ts";
import type { EventPlan } from "../src/plan/event_plan.ts";
import { planEvent } from "../src/plan/plan_event.ts";
import type { RouterOptions } from "../src/router_options.ts";
import { draft, MemorySource, relayList } from "../testing/memory_source.ts";
import { Signer } from "../testing/signer.ts";
import { WRONG_OPTIONS } from "./support/wrong_options.ts";

const alice = new Signer(1);
const ALICE = alice.pubkey;
const BOB = "bb".repeat(32);
const HUB = "wss://hub.example/";
const ALICES = "wss://alice.example/";
const BOBS = "wss://bob.example/";
const LOCAL = "ws://127.0.0.1:7777/";
const LISTS = [relayList(ALICE, { write: [ALICES] }), relayList(BOB, { read: [BOBS] })];
const known = () => new MemorySource(...LISTS);
const mention = draft({ pubkey: ALICE, tags: [["p", BOB]] });
const wrap = draft({ kind: 1059, pubkey: ALICE, tags: [["p", BOB]] });

Deno.test("createEventRouter() throws on a wrong option at once, and says which value it saw", () => {
  for (const [options, type, message] of WRONG_OPTIONS) {
    assert.throws(() => createEventRouter(known(), options), (error: Error) => {
      assert.ok(error instanceof type, `${error}`);
      assert.match(error.message, message);
      return true;
    });
  }
  for (const name of ["onError", "onReqPlan", "onEventPlan"]) {
    const message = `Cannot use option "${name}": it must be a function, got 5`;
    assert.throws(() => createEventRouter(known(), { [name]: 5 }), { name: "TypeError", message });
  }
});

Deno.test("createEventRouter() throws at once if its source has neither get nor lookUp", () => {
  for (const source of [undefined, null, {}, { get: "lists" }]) {
    assert.throws(() => createEventRouter(source as unknown as RelayListSource), {
      name: "TypeError",
      message: /^Cannot route: the first argument must be a RelayListStore, got /,
    });
  }
});

Deno.test("createEventRouter() routes as planEvent() plans, with everyone's list looked up once", async () => {
  const source = known();
  const options = { fallbackRelays: [HUB], maxInboxes: 1 };
  const event = draft({ pubkey: ALICE, tags: [["p", BOB], ["q", "", "", "cc".repeat(32)]] });
  const relays = await createEventRouter(source, options)(event);
  const lists = new Map(LISTS.map((list) => [list.pubkey, list]));
  assert.deepEqual(relays, planEvent(event, lists, options).relays);
  assert.deepEqual(source.asked, [[ALICE, BOB, "cc".repeat(32)]]);
});

Deno.test("createEventRouter() keeps a copy of its options: changing them later has no influence", async () => {
  const plans: EventPlan[] = [];
  const fallbackRelays = [HUB];
  const options: Record<string, unknown> = {
    fallbackRelays,
    onEventPlan: (plan: EventPlan) => plans.push(plan),
  };
  const router = createEventRouter(known(), options);
  fallbackRelays[0] = "wss://other.example/";
  Object.assign(options, {
    fallbackRelays: [],
    maxInboxes: 0,
    policy: { allow: () => false },
    onEventPlan: () => assert.fail("not the one it was made with"),
  });
  assert.deepEqual(await router(mention), [ALICES, BOBS]);
  assert.deepEqual(await router(draft({ pubkey: BOB })), [HUB]);
  assert.equal(plans.length, 2);
});

Deno.test("createEventRouter() calls onError once for a failed lookup, and uses the fallback relays", async () => {
  const source = known();
  const errors: Error[] = [];
  const router = createEventRouter(source, {
    fallbackRelays: [HUB],
    onError: (error) => errors.push(error),
  });
  source.failure = new Error("disk full");
  assert.deepEqual(await router(mention), [HUB]);
  assert.equal(errors.length, 1);
  assert.match(errors[0].message, /^Cannot look up the relay lists of 2 people/);
  assert.equal(errors[0].cause, source.failure);
});

Deno.test("createEventRouter() rejects with what is unrouted, and why, if an event cannot be sent anywhere", async () => {
  const source = new MemorySource();
  const router = createEventRouter(source, { onError: () => {} });
  await assert.rejects(router(mention), (error) => {
    assert.ok(error instanceof RoutingError);
    assert.equal(
      error.message,
      `Cannot publish event ${mention.id} of kind 1: ` +
        "no relay of its author is known, and no fallbackRelays are set",
    );
    assert.deepEqual(error.unrouted, [{ reason: "no-list" }]);
    assert.equal(error.cause, undefined);
    return true;
  });

  source.failure = new Error("disk full");
  await assert.rejects(router(mention), ({ cause }) => cause.cause === source.failure);
  await assert.rejects(router(wrap), ({ cause }) => / lists of 1 people,/.test(cause.message));
});

Deno.test("createEventRouter() calls onEventPlan with the plan of each event, also of one it rejects", async () => {
  const plans: EventPlan[] = [];
  const router = createEventRouter(known(), { onEventPlan: (plan) => plans.push(plan) });
  const relays = await router(mention);
  assert.equal(plans[0].relays, relays);
  assert.deepEqual([...plans[0].reasons], [[ALICES, "outbox"], [BOBS, "inbox"]]);
  assert.deepEqual([...plans[0].inboxes], [[BOB, [BOBS]]]);
  await assert.rejects(router(wrap), RoutingError);
  assert.match(plans[1].refusal!, /10050/);
});

Deno.test("createEventRouter() applies its own policy, also where routers share one source", async () => {
  const source = new MemorySource(relayList(ALICE, { write: [ALICES, LOCAL] }));
  const routers: [options: RouterOptions, relays: string[]][] = [
    [{}, [ALICES]],
    [{ policy: { allowLocal: true, allowInsecure: true } }, [ALICES, LOCAL]],
    [{ policy: { allow: (url) => url !== ALICES }, fallbackRelays: [HUB] }, [HUB]],
  ];
  for (const [options, relays] of routers) {
    const router = createEventRouter(source, options);
    assert.deepEqual(await router(draft({ pubkey: ALICE })), relays);
  }
});

Deno.test("NIP-17: createEventRouter() sends a gift wrap to its recipient's kind 10050 relays alone", async () => {
  const asked: unknown[] = [];
  const { signal } = new AbortController();
  const source: RelayListSource = {
    get(pubkeys, { kind, signal } = {}) {
      asked.push(kind, signal);
      const read = [kind === 10050 ? LOCAL.replace("ws:", "wss:") : BOBS];
      const lists = [...pubkeys].map((pubkey) => relayList(pubkey, { write: read, read }));
      return Promise.resolve(new Map(lists.map((list) => [list.pubkey, list])));
    },
  };
  const policy = { allowLocal: true };
  const router = createEventRouter(source, { policy, fallbackRelays: [HUB] });
  assert.deepEqual(await router(wrap, { signal }), [LOCAL.replace("ws:", "wss:")]);
  assert.deepEqual(asked, [undefined, signal, 10050, signal]);
});

Deno.test("createEventRouter() looks up everything at once in a KnowledgeSource", async () => {
  const asked: Lookup[] = [];
  const known = new Map<string, RelayKnowledge>([
    [ALICE, { write: [ALICES], private: [HUB] }],
    [BOB, { hints: [{ url: BOBS, weight: 1, source: "tag" }] }],
    ["group:cats", { hints: [{ url: BOBS, weight: 1, source: "hand" }] }],
  ]);
  const lookUp = (lookup: Lookup) => (asked.push(lookup), Promise.resolve(known));
  const router = createEventRouter({ lookUp });
  assert.deepEqual(await router(mention), [ALICES, BOBS]);
  assert.deepEqual(await router(draft({ pubkey: ALICE, kind: 31234 })), [HUB]);
  assert.deepEqual(await router(draft({ kind: 9, tags: [["h", "cats"]] })), [BOBS]);
  const nothing = { people: [], dm: [], private: [], eventsAndGroups: [] };
  assert.deepEqual(asked, [
    { ...nothing, people: [ALICE, BOB] },
    { ...nothing, private: [ALICE] },
    { ...nothing, eventsAndGroups: ["group:cats"] },
  ]);
});

Deno.test("createEventRouter() passes the signal of a call on, and rejects with its reason", async () => {
  const errors: Error[] = [];
  const signal = AbortSignal.abort(new Error("never mind"));
  const lookUp = (_: Lookup, opts?: { signal?: AbortSignal }) => {
    assert.equal(opts?.signal, signal);
    return Promise.reject(new Error("given up"));
  };
  const router = createEventRouter({ lookUp }, { onError: (error) => errors.push(error) });
  await assert.rejects(router(mention, { signal }), { message: "never mind" });
  assert.deepEqual(errors, []);
});

Deno.test("createEventRouter() lets NPool bring a mention to the outbox and the inbox, and a gift wrap nowhere", async () => {
  const relays = new Map([ALICES, BOBS, HUB].map((url) => [url, new MockRelay()]));
  const options = { fallbackRelays: [HUB] };
  const pool = new NPool({
    open: (url) => relays.get(url)!,
    reqRouter: createReqRouter(known(), options),
    eventRouter: createEventRouter(known(), options),
  });
  await assert.rejects(pool.event(wrap), { name: "RoutingError", message: /kind 1059.*10050/ });
  assert.equal(pool.relays.size, 0);

  const post = alice.sign({ tags: [["p", BOB]] });
  await pool.event(post);
  const held = [...relays].map(([url, relay]) => [url, [...relay].map(({ id }) => id)]);
  assert.deepEqual(held, [[ALICES, [post.id]], [BOBS, [post.id]], [HUB, []]]);
  assert.deepEqual(await pool.query([{ kinds: [1], "#p": [BOB] }]), [post]);
});

Deno.test("NIP-01: createEventRouter() delivers an event to users without a list by its own p hints", async () => {
  const CAROL = "cc".repeat(32);
  const seen = "wss://carol.example/";
  const plans: EventPlan[] = [];
  const route = createEventRouter(known(), {
    fallbackRelays: [HUB],
    onEventPlan: (plan) => plans.push(plan),
  });
  const tags = [["p", CAROL, seen], ["p", BOB, "wss://rumour.example"], ["p", ALICE, "junk"]];
  const relays = await route(draft({ pubkey: ALICE, tags }));
  assert.deepEqual(new Set(relays), new Set([ALICES, BOBS, seen, HUB]));
  assert.equal(plans[0].reasons.get(seen), "hint");
});

Deno.test("NIP-29: createEventRouter() takes no tag of an event for the host of a group but its own h tag", async () => {
  const route = createEventRouter(known(), { fallbackRelays: [HUB] });
  const other = "wss://other.example/";
  const tags = [["h", "cats"], ["h", "cats", other]];
  await assert.rejects(route(draft({ kind: 9, pubkey: ALICE, tags })), { name: "RoutingError" });
});

Deno.test("createEventRouter() refuses an event that is malformed or not signed, and looks nothing up", async () => {
  const source = known();
  const router = createEventRouter(source, { fallbackRelays: [HUB] });
  const event = alice.sign();
  const { sig: _, ...unsigned } = event;
  for (
    const [wrong, message] of [
      [unsigned, 'it is not signed: "sig" must be text, got undefined. Sign it first'],
      [{ ...event, sig: "" }, 'it is not signed: "sig" must be 128 .* got "". Sign it first'],
      [{ ...event, sig: "junk" }, '"sig" must be 128 lowercase hex characters, got "junk"'],
      [{ ...event, id: "" }, '"id" must be 64 lowercase hex characters, got ""'],
      [{ ...event, pubkey: "npub1x" }, '"pubkey" must be 64 lowercase hex .* got "npub1x"'],
      [{ ...event, tags: "none" }, '"tags" must be lists of strings'],
      [{ ...event, kind: 1.5 }, '"kind" must be an integer from 0 to 65535, got 1.5'],
      [undefined, "it is undefined"],
    ] as const
  ) {
    await assert.rejects(router(wrong as NostrEvent), {
      name: "TypeError",
      message: new RegExp(`^Cannot publish an event: ${message}$`),
    });
  }
  assert.deepEqual(source.asked, []);
});

Deno.test("NIP-17: createEventRouter() says of a private message that is not signed that it belongs in a gift wrap", async () => {
  const { id, sig: _id, ...message } = alice.sign({ kind: 14, tags: [["p", BOB]] });
  await assert.rejects(createEventRouter(known())({ ...message, id } as NostrEvent), {
    name: "RoutingError",
    message: /travels inside a gift wrap \(NIP-17\)$/,
  });
});
