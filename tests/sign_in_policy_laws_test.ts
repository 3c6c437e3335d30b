import type { NostrEvent, NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import type { AuthOption } from "../src/nostr/sign_in.ts";
import { ScriptedNetwork } from "../testing/scripted_network.ts";
import { Signer } from "../testing/signer.ts";
import { quiet } from "../testing/test_clock.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";
import { countingSigner, walled } from "./support/walled_relays.ts";

const [user, bob, carol] = [1, 2, 3].map((seed) => new Signer(seed));
const URLS = Array.from({ length: 6 }, (_, n) => `wss://relay${n}.example/`);

/** Some of the relays. */
const some = fc.uniqueArray(fc.constantFrom(...URLS), { maxLength: 3 });
const wall = fc.record({
  guards: fc.constantFrom("all", "nothing", "private"),
  guardsEvents: fc.boolean(),
  hints: fc.boolean(),
  challenges: fc.constantFrom("connect" as const, "refusal" as const, "never" as const),
  challenge: fc.option(fc.constant("the same everywhere"), { nil: undefined }),
  members: fc.option(fc.constant([carol.pubkey]), { nil: undefined }),
});
const world = fc.record({
  walls: fc.array(wall, { minLength: URLS.length, maxLength: URLS.length }),
  /** The user's own lists, by kind. */
  own: fc.record({ 10002: some, 10050: some, 10013: some, 10009: some, 10089: some }),
  blocked: some,
  /** Others', and those of the app. */
  strangers: fc.record({ 10002: some, 10050: some }),
  /** What the user has to do with the one to whom they deliver a wrap. */
  contact: fc.constantFrom("none", "follows", "answered", "muted", "followed by them"),
  fallback: some,
  auth: fc.constantFrom("never", "own", "throwaway", "function"),
  /** What the app's function allows. */
  allowed: fc.tuple(some, fc.constantFrom("posts", "messages", "deliver", "publish", "own")),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

const relays = (urls: readonly string[]) => urls.map((url) => ["relay", url]);

/** What shows that the user and Bob have to do with each other, and what does not. */
const toBob = { tags: [["p", bob.pubkey]] };
const CONTACTS: Readonly<Record<string, NostrEvent>> = {
  follows: user.sign({ kind: 3, ...toBob }),
  answered: user.sign({ kind: 1, ...toBob, content: "yes" }),
  muted: user.sign({ kind: 10000, ...toBob }),
  "followed by them": bob.sign({ kind: 3, tags: [["p", user.pubkey]] }),
};

/** Reads and publishes all kinds of things, and returns who signed where. */
async function run(world: World) {
  const { walls, own, blocked, strangers, contact, fallback, auth, allowed } = world;
  const network = new ScriptedNetwork();
  URLS.forEach((url, n) => {
    const { guards, ...rest } = walls[n];
    const isPrivate = (filters: readonly NostrFilter[]) =>
      filters.every(({ kinds = [] }) => kinds[0] === 1059 || kinds[0] === 4);
    network.scripts.set(
      url,
      walled({
        ...rest,
        guards: guards === "private" ? isPrivate : () => guards === "all",
      }),
    );
  });
  const asked: string[] = [];
  const option: AuthOption = auth === "function"
    ? ({ relay, purpose }) => {
      asked.push(`${relay} ${purpose}`);
      return allowed[0].includes(relay) && purpose === allowed[1];
    }
    : auth as AuthOption;
  const { signer, signed } = countingSigner(user);
  const { outbox, pool } = scriptedOutbox(network, {
    user: user.pubkey,
    signer,
    auth: option,
    fallbackRelays: fallback,
  });
  const lists: NostrEvent[] = [
    user.relayList({ both: own[10002] }),
    user.sign({ kind: 10050, tags: relays(own[10050]) }),
    user.sign({ kind: 10013, content: JSON.stringify(relays(own[10013])) }),
    user.sign({ kind: 10009, tags: own[10009].map((url, n) => ["group", `g${n}`, url]) }),
    user.sign({ kind: 10089, tags: relays(own[10089]) }),
    user.sign({ kind: 10006, tags: relays(blocked) }),
    bob.relayList({ both: strangers[10002] }),
    bob.sign({ kind: 10050, tags: relays(strangers[10050]) }),
  ];
  if (contact in CONTACTS) lists.push(CONTACTS[contact]);
  for (const list of lists) await outbox.store.event(list);
  const me = user.pubkey;
  const controller = new AbortController();
  const { signal } = controller;
  const work: Promise<unknown>[] = [
    pool.query([{ kinds: [1], authors: [bob.pubkey, me] }, { kinds: [1059], "#p": [me] }], {
      signal,
    }),
    pool.query([{ kinds: [4], authors: [bob.pubkey], "#p": [me] }, { "#p": [me] }], { signal }),
    pool.query([{ kinds: [31234, 0], authors: [me] }, { kinds: [1059], "#p": [bob.pubkey] }], {
      signal,
    }),
    pool.query([{ kinds: [9], "#h": ["g0", "g1"] }, { search: "me" }], { signal }),
    pool.event(user.sign({}), { signal }),
    pool.event(carol.sign({ tags: [["p", me]] }), { signal }),
    pool.event(carol.sign({ kind: 1059, tags: [["p", bob.pubkey]] }), { signal }),
  ];
  const all = Promise.allSettled(work);
  for (let n = 0; n < 12; n++) {
    await network.clock.advance(3_000);
    await quiet();
  }
  for (const { url, auths, isClosed } of network.relays) {
    if (auths.length > 0 && !isClosed) network.relays.find((relay) => relay.url === url)!.cut();
  }
  await network.clock.advance(5_000);
  controller.abort();
  await network.clock.advance(1_000);
  await all;
  await outbox.close();
  return { network, signed, asked };
}

const tagOf = ({ tags }: NostrEvent, name: string) => tags.find(([one]) => one === name)?.[1];

Deno.test("A1: createOutbox() signs nowhere but where auth and the user's own lists allow, whatever relays and others' lists say", async () => {
  let signatures = 0, throwaways = 0;
  await fc.assert(
    fc.asyncProperty(world, async (world) => {
      const { network, signed, asked } = await run(world);
      const own = new Set(Object.values(world.own).flat());
      const ofContact = ["follows", "answered"].includes(world.contact)
        ? world.strangers[10050]
        : [];
      const allowed = new Set(
        world.auth === "function" ? world.allowed[0] : [...own, ...ofContact],
      );
      for (const event of signed) {
        const relay = tagOf(event, "relay")!;
        assert.notEqual(world.auth, "never");
        assert.ok(allowed.has(relay), `${relay} is not allowed`);
        assert.ok(!world.blocked.includes(relay), `${relay} is blocked`);
        const { guards, guardsEvents } = world.walls[URLS.indexOf(relay)];
        assert.ok(guards !== "nothing" || guardsEvents, `${relay} refused nothing`);
        const isDelivery = world.auth !== "function" && !own.has(relay);
        assert.ok(guardsEvents || !isDelivery, `${relay} refused no delivery`);
      }
      for (const { url, auths } of network.relays) {
        for (const event of auths) {
          assert.equal(tagOf(event, "relay"), url);
          if (event.pubkey === user.pubkey) continue;
          throwaways++;
          assert.equal(world.auth, "throwaway");
          assert.ok(!world.blocked.includes(url));
        }
      }
      assert.equal(new Set(asked).size, asked.length, `asked twice: ${asked}`);
      signatures += signed.length;
    }),
    { numRuns: 40 },
  );
  assert.ok(signatures > 0 && throwaways > 0, `${signatures} ${throwaways}`);
});

Deno.test("A2: createOutbox() has one identity a connection, and asks as the user for what is the user's alone", async () => {
  const me = user.pubkey;
  const isOfUser = ({ authors, "#p": tagged, "#h": groups }: NostrFilter) =>
    groups !== undefined || authors?.every((one) => one === me) ||
    tagged?.every((one) => one === me);
  let named = 0;
  await fc.assert(
    fc.asyncProperty(world, async (world) => {
      const { network } = await run(world);
      for (const { auths, reqs, offered } of network.relays) {
        const names = new Set(auths.map(({ pubkey }) => pubkey));
        assert.ok(names.size <= 1);
        if (!names.has(me) || world.auth === "function") continue;
        named++;
        const filters = reqs.flatMap(({ filters }) => filters)
          .filter(({ ids }) => ids === undefined);
        for (const filter of filters) assert.ok(isOfUser(filter), JSON.stringify(filter));
        for (const { pubkey, kind } of offered) assert.ok(pubkey === me || kind === 1059);
      }
    }),
    { numRuns: 30 },
  );
  assert.ok(named > 0, `${named}`);
});
