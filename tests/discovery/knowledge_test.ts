import assert from "node:assert/strict";
import { type FindOptions, Knowledge } from "../../src/discovery/knowledge.ts";
import { HintBook } from "../../src/hints/hint_book.ts";
import { LIST_KINDS } from "../../src/nostr/kinds.ts";
import type { Lookup, RelayList } from "../../src/nostr/relay_knowledge.ts";
import { checkRelayUrl } from "../../src/nostr/relay_url.ts";
import { relayList } from "../../testing/memory_source.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";

const [USER, ALICE, BOB, CAROL] = ["0a", "aa", "bb", "cc"].map((byte) => byte.repeat(32));
const [A, B, C] = ["wss://a.example/", "wss://b.example/", "wss://c.example/"];
const LOCAL = "ws://127.0.0.1/";
const EVENT = `id:${"ee".repeat(32)}`;
const MINUTE_MS = 60_000;

const lookup = (some: Partial<Lookup>): Lookup => ({
  people: [],
  dm: [],
  private: [],
  eventsAndGroups: [],
  ...some,
});

/** A call of `find`. */
interface Find extends FindOptions {
  readonly kind: number;
  readonly pubkeys: readonly string[];
}

/** Knowledge over lists in memory; `steps` records the calls in order. */
function start(
  { lists = [], dm = [], user, discovery = true }: {
    lists?: RelayList[];
    dm?: RelayList[];
    user?: { private?: string[]; groups?: [string, string][] };
    discovery?: boolean;
  } = {},
) {
  const clock = new TestClock();
  const steps: string[] = [];
  const finds: Find[] = [];
  const book = new HintBook({ clock, check: checkRelayUrl, onError: assert.fail });
  const world = {
    clock,
    steps,
    finds,
    book,
    requested: [] as string[],
    failure: undefined as Error | undefined,
    failing: undefined as Error | undefined,
    found: undefined as Promise<void> | undefined,
    read: undefined as Promise<void> | undefined,
    lists: new Map([[10002, lists], [10050, dm]]),
  };
  const knowledge = new Knowledge({
    clock,
    store: {
      get(pubkeys, { kind = 10002 } = {}) {
        steps.push(`get ${kind}`);
        if (world.failure) return Promise.reject(world.failure);
        const authors = new Set(pubkeys);
        const found = world.lists.get(kind)!.filter(({ pubkey }) => authors.has(pubkey));
        return Promise.resolve(new Map(found.map((list) => [list.pubkey, list])));
      },
    },
    book: {
      ready: () => book.ready(),
      add: (hints) => book.add(hints),
      has: (key) => book.has(key),
      authorOf: (key) => book.authorOf(key),
      get: (key) => (world.requested.push(key), book.get(key)),
    },
    discovery: discovery
      ? {
        ready: () => Promise.resolve(void steps.push("ready")),
        async find(kind, pubkeys, opts) {
          steps.push(`find ${kind}`);
          finds.push({ kind, pubkeys, ...opts });
          if (world.failing) throw world.failing;
          const known = new Set(world.lists.get(kind)?.map(({ pubkey }) => pubkey));
          opts.onWaiting?.(pubkeys.filter((pubkey) => !known.has(pubkey)));
          await world.found;
        },
      }
      : undefined,
    user: user && {
      pubkey: USER,
      lists: {
        async ready() {
          steps.push("own");
          await world.read;
        },
        private: user.private ?? [],
        groups: new Map(user.groups),
      },
    },
    check: (url) => checkRelayUrl(url),
    wait: 3_000,
  });
  const relays = async (some: Partial<Lookup>, key: string) =>
    (await knowledge.lookUp(lookup(some))).get(key)?.hints?.map(({ url }) => url);
  return { ...world, world, knowledge, relays };
}

Deno.test("Knowledge lookUp() finds lists before it reads them, and returns the people who have one", async () => {
  const { knowledge, finds, steps } = start({ lists: [relayList(ALICE, { write: [A] })] });
  const known = await knowledge.lookUp(lookup({ people: [ALICE, BOB] }));
  assert.deepEqual([...known], [[ALICE, relayList(ALICE, { write: [A] })]]);
  assert.deepEqual(steps, ["ready", "find 10002", "get 10002"]);
  const [{ pubkeys, wait }] = finds;
  assert.deepEqual([pubkeys, wait], [[ALICE, BOB], 3_000]);
});

Deno.test("Knowledge known() asks no relay", async () => {
  const { knowledge, finds } = start({
    lists: [relayList(ALICE, { write: [A] })],
    user: { private: [B] },
  });
  const known = await knowledge.known(lookup({ people: [ALICE], dm: [ALICE], private: [USER] }));
  assert.deepEqual([...known.keys()], [ALICE, USER]);
  assert.deepEqual(finds, []);
});

Deno.test("NIP-17: Knowledge lookUp() finds and reads kind 10050 lists only for those who need them", async () => {
  const { knowledge, finds, steps } = start({
    lists: [relayList(ALICE, { write: [A], read: [B] })],
    dm: [relayList(ALICE, { write: [C], read: [C] }), relayList(BOB, { write: [B], read: [B] })],
  });
  const known = await knowledge.lookUp(lookup({ people: [ALICE], dm: [ALICE, BOB] }));
  assert.deepEqual(known.get(ALICE), {
    ...relayList(ALICE, { write: [A], read: [B] }),
    dm: [C],
  });
  assert.deepEqual(known.get(BOB), { dm: [B] });
  assert.deepEqual(finds.map(({ kind, pubkeys }) => [kind, pubkeys]), [
    [10002, [ALICE]],
    [10050, [ALICE, BOB]],
  ]);
  steps.length = 0;
  await knowledge.lookUp(lookup({ people: [ALICE] }));
  assert.deepEqual(steps.filter((step) => step.endsWith("10050")), []);
});

Deno.test("Knowledge uses hints for people without a usable list, or with half of one", async () => {
  const whole = relayList(ALICE, { write: [A], read: [A] });
  const local = relayList(BOB, { write: [LOCAL], read: [LOCAL] });
  const half = relayList(CAROL, { write: [LOCAL, A] });
  const { knowledge, book } = start({ lists: [whole, local, half] });
  const people = [ALICE, BOB, CAROL, USER];
  book.add(people.map((subject) => ({ subject, url: C, source: "hand" })));
  const known = await knowledge.lookUp(lookup({ people }));
  const hints = [{ url: C, weight: 1, source: "hand" }];
  assert.deepEqual([...known], [
    [ALICE, whole],
    [BOB, { ...local, hints }],
    [CAROL, { ...half, hints }],
    [USER, { hints }],
  ]);
});

Deno.test("Knowledge marks people without a list as requested, so that hints about them stay", async () => {
  const { knowledge, requested } = start({ lists: [relayList(ALICE, { write: [A], read: [A] })] });
  const known = await knowledge.lookUp(lookup({ people: [ALICE, BOB] }));
  assert.deepEqual(requested, [BOB]);
  assert.ok(!known.has(BOB));
});

Deno.test("NIP-10, NIP-19: Knowledge of an event includes hints, and the write relays of the author they name", async () => {
  const { relays, book, finds } = start({ lists: [relayList(ALICE, { write: [A, B] })] });
  book.add([{ subject: EVENT, url: C, source: "nip19", author: ALICE }]);
  assert.deepEqual(await relays({ eventsAndGroups: [EVENT] }, EVENT), [A, C, B]);
  assert.deepEqual(finds.map(({ pubkeys }) => pubkeys), [[ALICE]]);
});

Deno.test("Knowledge of an event includes hints if nothing is known of its author", async () => {
  const { relays, book } = start();
  book.add([{ subject: EVENT, url: C, source: "tag", author: ALICE }]);
  assert.deepEqual(await relays({ eventsAndGroups: [EVENT] }, EVENT), [C]);
  const other = `id:${"dd".repeat(32)}`;
  assert.equal(await relays({ eventsAndGroups: [other] }, other), undefined);
});

Deno.test("NIP-51, NIP-29: Knowledge takes a group's host from the user's own list, whatever hints say", async () => {
  const user = { groups: [["cats", A], ["dogs", B]] as [string, string][] };
  const { relays, book, knowledge } = start({ user });
  const eventsAndGroups = ["group:cats", "group:dogs", "group:birds"];
  book.add(eventsAndGroups.map((subject) => ({ subject, url: C, source: "hand" })));
  assert.deepEqual(await relays({ eventsAndGroups }, "group:dogs"), [B]);
  assert.deepEqual(await relays({ eventsAndGroups }, "group:cats"), [A]);
  assert.deepEqual(await relays({ eventsAndGroups }, "group:birds"), [C]);
  // A host that a request names itself has the weight 1.
  const known = await knowledge.known(lookup({ eventsAndGroups }));
  assert.ok(known.get("group:cats")!.hints![0].weight < 1);
});

Deno.test("NIP-37: Knowledge has the private relays of the user, and nobody else's", async () => {
  const { knowledge } = start({ lists: [relayList(USER, { write: [A] })], user: { private: [B] } });
  const known = await knowledge.lookUp(lookup({ people: [USER, ALICE], private: [USER, ALICE] }));
  assert.deepEqual([...known], [[USER, { ...relayList(USER, { write: [A] }), private: [B] }]]);
  assert.equal((await knowledge.lookUp(lookup({ people: [USER] }))).get(USER)!.private, undefined);
  const { knowledge: withoutUser } = start();
  assert.equal((await withoutUser.lookUp(lookup({ private: [ALICE] }))).size, 0);
});

Deno.test("Knowledge lookUp() finds the user's own lists of every kind with the first look-up", async () => {
  const { world, knowledge, finds, clock } = start({ user: {} });
  const { promise, resolve } = Promise.withResolvers<void>();
  world.found = promise;
  let isOver = false;
  const pending = knowledge.lookUp(lookup({ people: [ALICE] })).then(() => isOver = true);
  await settled();
  const own = finds.filter(({ pubkeys }) => pubkeys[0] === USER);
  assert.deepEqual(own.map(({ kind }) => kind), LIST_KINDS);
  // All searches begin at once, so nobody waits twice.
  assert.equal(finds.length, LIST_KINDS.length + 1);
  assert.ok(finds.every(({ wait }) => wait === 3_000));
  assert.ok(!isOver);
  // A later caller waits for the same searches, and begins no others.
  let isLaterOver = false;
  const later = knowledge.during(() => Promise.resolve()).then(() => isLaterOver = true);
  await settled();
  assert.ok(!isLaterOver);
  assert.equal(finds.length, LIST_KINDS.length + 1);
  resolve();
  await Promise.all([pending, later]);
  await knowledge.lookUp(lookup({ people: [ALICE] }));
  await clock.advance(9 * MINUTE_MS);
  await knowledge.lookUp(lookup({ people: [ALICE] }));
  assert.equal(finds.length, LIST_KINDS.length + 3);
});

Deno.test("Knowledge keeps the user's own lists fresh, and does not wait for them again", async () => {
  const { knowledge, finds, clock } = start({ user: {} });
  await knowledge.lookUp(lookup({}));
  await clock.advance(10 * MINUTE_MS);
  finds.length = 0;
  await knowledge.lookUp(lookup({ people: [ALICE] }));
  const own = finds.filter(({ pubkeys }) => pubkeys[0] === USER);
  assert.deepEqual(own.map(({ kind, wait }) => [kind, wait]), LIST_KINDS.map((kind) => [kind, 0]));
});

Deno.test("Knowledge lookUp() asks no relay before the user's block list is read", async () => {
  const { world, knowledge, finds } = start({ user: {} });
  const { promise, resolve } = Promise.withResolvers<void>();
  world.read = promise;
  const pending = knowledge.lookUp(lookup({ people: [ALICE] }));
  await settled();
  assert.deepEqual(finds, []);
  resolve();
  await pending;
  assert.ok(finds.length > 0);
});

Deno.test("Knowledge lookUp() reads the user's own lists that were found before it resolves", async () => {
  const { knowledge, steps } = start({ user: {} });
  await knowledge.lookUp(lookup({ people: [ALICE] }));
  assert.ok(steps.lastIndexOf("own") > steps.lastIndexOf("find 10013"));
  assert.ok(steps.lastIndexOf("own") < steps.indexOf("get 10002"));
});

Deno.test("Knowledge lookUp() that is given up rejects at once with the signal's reason, and harms no other", async () => {
  for (const slow of ["found", "read"] as const) {
    const { world, knowledge, finds } = start({ user: {} });
    const { promise, resolve } = Promise.withResolvers<void>();
    world[slow] = promise;
    const controller = new AbortController();
    const aborted = knowledge.lookUp(lookup({ people: [ALICE] }), controller);
    const other = knowledge.lookUp(lookup({ people: [ALICE] }));
    await settled();
    controller.abort(new Error("never mind"));
    if (slow === "found") {
      assert.ok(finds.some(({ signal }) => signal === controller.signal));
      resolve();
    }
    await assert.rejects(aborted, { message: "never mind" });
    resolve();
    await other;
    const own = finds.filter(({ pubkeys }) => pubkeys[0] === USER);
    assert.ok(own.every(({ signal }) => signal === undefined), "it goes on for the other callers");
    assert.equal(own.length, LIST_KINDS.length);
  }
});

Deno.test("Knowledge during() that waits only for the user's own lists is given up at once, too", async () => {
  const { world, knowledge } = start({ user: {} });
  world.found = new Promise(() => {});
  const controller = new AbortController();
  const aborted = knowledge.during(() => Promise.resolve(1), controller.signal);
  await settled();
  controller.abort(new Error("never mind"));
  await assert.rejects(aborted, { message: "never mind" });
});

Deno.test("Knowledge lookUp() rejects if the database fails, and the next one begins again", async () => {
  const { world, knowledge, finds } = start({
    lists: [relayList(ALICE, { write: [A] })],
    user: {},
  });
  world.failing = new Error("disk full");
  await assert.rejects(knowledge.lookUp(lookup({ people: [ALICE] })), world.failing);
  world.failing = undefined;
  finds.length = 0;
  world.failure = new Error("still full");
  await assert.rejects(knowledge.lookUp(lookup({ people: [ALICE] })), world.failure);
  assert.equal(finds.filter(({ pubkeys }) => pubkeys[0] === USER).length, LIST_KINDS.length);
  world.failure = undefined;
  assert.equal((await knowledge.lookUp(lookup({ people: [ALICE] }))).size, 1);
  await settled();
});

Deno.test("D1: Knowledge lookUp() hands over what the database throws, and returns what is known without it", async () => {
  const { world, knowledge, book, finds } = start({ user: { private: [B] } });
  book.add([{ subject: BOB, url: C, source: "hand" }]);
  world.failure = new Error("disk full");
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => failures.push(error);
  const what = lookup({ people: [BOB, USER], dm: [ALICE], private: [USER] });
  const known = await knowledge.lookUp(what, { onFailure });
  assert.deepEqual(known.get(BOB)!.hints!.map(({ url }) => url), [C]);
  assert.deepEqual(known.get(USER)!.private, [B]);
  assert.deepEqual(failures, [world.failure, world.failure]);
  assert.ok(finds.some(({ pubkeys }) => pubkeys.includes(BOB)));
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(knowledge.known(what, { signal, onFailure }), /enough/);
});

Deno.test("Knowledge without discovery has everything that is stored", async () => {
  const { knowledge, book, steps } = start({
    lists: [relayList(ALICE, { write: [A], read: [A] })],
    dm: [relayList(ALICE, { write: [B], read: [B] })],
    user: { private: [C] },
    discovery: false,
  });
  book.add([{ subject: BOB, url: C, source: "hand" }]);
  const known = await knowledge.lookUp(
    lookup({ people: [ALICE, BOB], dm: [ALICE], private: [USER] }),
  );
  assert.deepEqual(known.get(ALICE)!.dm, [B]);
  assert.deepEqual(known.get(BOB)!.hints!.map(({ url }) => url), [C]);
  assert.deepEqual(known.get(USER)!.private, [C]);
  assert.ok(steps.includes("own"));
});

Deno.test("Knowledge lookUpEarly() returns what is known at once, and the rest once it is found", async () => {
  const { knowledge, world } = start({ lists: [relayList(ALICE, { write: [A] })] });
  const found = Promise.withResolvers<void>();
  world.found = found.promise;
  const early = await knowledge.lookUpEarly(lookup({ people: [ALICE, BOB] }));
  assert.deepEqual([...early.knowledge.keys()], [ALICE]);
  assert.deepEqual([...early.pending!], [BOB]);
  world.lists.get(10002)!.push(relayList(BOB, { write: [B] }));
  found.resolve();
  assert.deepEqual([...(await early.rest!).keys()], [ALICE, BOB]);
});

Deno.test("Knowledge lookUpEarly() leaves nothing pending where all is known, or nobody can be looked for", async () => {
  const lists = [relayList(ALICE, { write: [A] })];
  const { knowledge } = start({ lists });
  const all = await knowledge.lookUpEarly(lookup({ people: [ALICE] }));
  assert.deepEqual([[...all.knowledge.keys()], all.pending, all.rest], [
    [ALICE],
    undefined,
    undefined,
  ]);
  const alone = start({ lists, discovery: false });
  const early = await alone.knowledge.lookUpEarly(lookup({ people: [ALICE, BOB] }));
  assert.deepEqual([[...early.knowledge.keys()], early.pending], [[ALICE], undefined]);
});

Deno.test("Knowledge lookUpEarly() waits as lookUp() does for kind 10050 lists, for events and for threads", async () => {
  for (
    const some of [{ dm: [BOB] }, { eventsAndGroups: [EVENT] }, {
      eventsAndGroups: [EVENT],
      threads: [EVENT],
    }]
  ) {
    const { knowledge, world } = start();
    const found = Promise.withResolvers<void>();
    world.found = found.promise;
    let isOver = false;
    const looking = knowledge.lookUpEarly(lookup({ people: [BOB], ...some }))
      .finally(() => isOver = true);
    await settled();
    assert.equal(isOver, false);
    found.resolve();
    assert.equal((await looking).pending, undefined);
  }
});

Deno.test("Knowledge lookUpEarly() waits for the user's own lists the first time: they name blocked relays", async () => {
  const { knowledge, world, finds } = start({ user: {} });
  const found = Promise.withResolvers<void>();
  world.found = found.promise;
  let isOver = false;
  const looking = knowledge.lookUpEarly(lookup({ people: [BOB] })).finally(() => isOver = true);
  await settled();
  assert.deepEqual([finds.length, isOver], [1 + LIST_KINDS.length, false]);
  found.resolve();
  assert.deepEqual([...(await looking).knowledge], []);
});
