import { NRelay1 } from "@nostrify/nostrify";
import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { RelaySocket } from "../../src/connections/relay_socket.ts";
import type { OutboxOptions } from "../../src/outbox_options.ts";
import { Signer } from "../../testing/signer.ts";
import { World } from "../support/outbox_world.ts";
import { countingSigner } from "../support/walled_relays.ts";

/** NIP-42 over sockets: relays that show kinds 4 and 1059 to their recipients alone. */

const [alice, bob, carol] = [1, 2, 3].map((seed) => new Signer(seed));
const to = (person: Signer, kind = 1059) => bob.sign({ kind, tags: [["p", person.pubkey]] });
const [wrap, message, post] = [to(alice), to(alice, 4), bob.sign({ content: "hello" })];
const mine = [{ kinds: [1059], "#p": [alice.pubkey] }, { kinds: [4], "#p": [alice.pubkey] }];
const posts = [{ kinds: [1], authors: [bob.pubkey] }];
const ids = (events: readonly NostrEvent[]) => events.map(({ id }) => id).sort();

/** Alice's relay has her messages, Carol's, and Bob's posts. */
async function start(options: OutboxOptions = {}, open?: World["socket"]) {
  const { signer, signed } = countingSigner(alice);
  const world = new World({ living: 1, options: { user: alice.pubkey, signer, ...options }, open });
  const [relay] = world.living;
  relay.seed([wrap, message, post, to(carol), to(carol, 4)]);
  const names = new Map<number, string>();
  Object.assign(relay.options, {
    restrictPrivateKinds: true,
    onSignIn: ({ pubkey }: NostrEvent, { number }: { number: number }) => names.set(number, pubkey),
  });
  await world.outbox.store.event(alice.relayList({ both: [relay.url] }));
  await world.outbox.store.event(alice.sign({ kind: 10050, tags: [["relay", relay.url]] }));
  await world.outbox.store.event(bob.relayList({ both: [relay.url] }));
  return { world, relay, signed, names, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

Deno.test("NIP-42: pool.query() has the user's messages from a relay that keeps them to their recipients, posts beside them", async () => {
  await using test = await start();
  const { world, relay, signed, names } = test;
  const all = await world.query([...mine, ...posts, { "#p": [alice.pubkey] }]);
  assert.deepEqual(ids(all), ids([wrap, message, post]));
  assert.equal(signed.length, 1);
  assert.deepEqual([...names.values()], [alice.pubkey]);
  assert.ok(!names.has(1), "the first connection has no name");
  assert.equal(relay.stats.connections, 2);
  assert.deepEqual(world.errors, []);
  const [report] = await world.outbox.relays();
  assert.equal(report.failuresInARow, 0);
});

Deno.test("OpenOptions.isNamed tells a relay class which connections may sign in", async () => {
  const opened: boolean[] = [];
  await using test = await start({}, (url, options) => {
    opened.push(options.isNamed);
    return new RelaySocket(url, options);
  });
  await test.world.query([...mine, ...posts]);
  assert.deepEqual(opened.toSorted(), [false, true]);
  assert.equal(test.names.size, 1);
});

Deno.test("NIP-42: pool.req() goes on over a relay's restart, and gets gift wraps that come later", async () => {
  await using test = await start();
  const { world, relay, signed } = test;
  await using request = world.req(mine);
  await request.event(wrap.id);
  await relay.disconnect();
  const later = bob.sign({ kind: 1059, tags: [["p", alice.pubkey]], content: "later" });
  relay.seed([later]);
  await request.event(later.id);
  assert.equal(signed.length, 2);
});

Deno.test("NIP-42: pool.query() has no message where the user does not sign in, says so, and has the posts", async () => {
  await using test = await start({ auth: "never" });
  const { world, signed } = test;
  assert.deepEqual(ids(await world.query([...mine, ...posts])), [post.id]);
  assert.deepEqual(await world.query(mine), []);
  assert.match(world.errors[0].message, /auth-required .*; see option "auth"/);
  assert.deepEqual(signed, []);
});

Deno.test("NIP-42: createOutbox() follows no redirect from the user's relay to another that wants a sign-in", async () => {
  await using test = await start();
  const { world, relay, signed } = test;
  const target = new URL(relay.url);
  target.protocol = "http:";
  const listen = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const redirecting = Deno.serve(listen, () => Response.redirect(target, 307));
  const url = `ws://127.0.0.1:${redirecting.addr.port}/`;
  const list = alice.sign({ kind: 10050, tags: [["relay", url]], created_at: 1_700_000_001 });
  await world.outbox.store.event(list);
  await world.query(mine.slice(0, 1));
  for (const { tags } of signed) assert.deepEqual(tags[0], ["relay", url]);
  assert.deepEqual([...test.names.values()], []);
  await redirecting.shutdown();
});

Deno.test('NIP-42: an NRelay1 with an "auth" of its own still signs in, as before', async () => {
  const auth = (challenge: string, url: string) =>
    Promise.resolve(
      alice.sign({ kind: 22242, tags: [["relay", url], ["challenge", challenge]] }),
    );
  await using test = await start(
    { auth: "never" },
    (url, options) => new NRelay1(url, { ...options, auth: (challenge) => auth(challenge, url) }),
  );
  const { world, names } = test;
  const found = ids(await world.query(mine));
  assert.deepEqual(found, ids([wrap, message]));
  assert.deepEqual([...new Set(names.values())], [alice.pubkey]);
});
