import { NRelay1 } from "@nostrify/nostrify";
import assert from "node:assert/strict";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { type FaultName, startFault, throwingOpen } from "../../testing/faulty_relay.ts";
import { Signer } from "../../testing/signer.ts";
import { World } from "../support/outbox_world.ts";

/** Law V1 where opening fails, or the app opens relays otherwise than `createOutbox` does. */

const alice = new Signer(1);
const posts = [0, 1, 2].map((n) => alice.sign({ created_at: 1_699_999_000 + n }));
const newestFirst = [...posts].reverse().map(({ id }) => id);
const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];
const policy = { allowLocal: true, allowInsecure: true };

Deno.test("V1: open() that throws counts as a relay that cannot be reached, and hides no other", async () => {
  const bad = ["ws://127.0.0.1:1/a", "ws://127.0.0.1:1/b"];
  await using world: World = new World({
    living: 1,
    open: throwingOpen((url, options) => world.socket(url, options), (url) => bad.includes(url)),
  });
  const [living] = world.living;
  living.seed(posts);
  await world.outbox.store.event(alice.relayList({ both: [bad[0], living.url] }));
  await using live = world.req(FILTERS);
  assert.deepEqual((await world.query(FILTERS)).map(({ id }) => id), newestFirst);
  assert.equal(await live.end(), "EOSE");
  await world.event(alice.sign());

  await world.outbox.store.event(alice.relayList({ both: bad }, { created_at: 1_700_000_001 }));
  await using other = world.req(FILTERS);
  assert.equal(await other.end(), "EOSE");
  const published = world.event(alice.sign({ content: "again" }));
  const { errors } = await published.then(() => assert.fail(), (error) => error);
  for (const error of errors) assert.ok(error instanceof RelayFailureError);
  assert.deepEqual(errors.map(({ relay, reason }: RelayFailureError) => [relay, reason]), [
    [bad[0], "unreachable"],
    [bad[1], "unreachable"],
  ]);
  assert.deepEqual(world.errors, []);
});

Deno.test("V1: requests hide nothing where the app itself names a URL that WebSocket refuses", async () => {
  const bad = [startFault("bad-url").url, "not a url", "ftp://relay.example/", ""];
  await using world = new World({ living: 1 });
  const [living] = world.living;
  living.seed(posts);
  const relays = [...bad, living.url];
  await using live = world.req(FILTERS, relays);
  assert.deepEqual((await world.query(FILTERS, relays)).map(({ id }) => id), newestFirst);
  assert.equal(await live.end(), "EOSE");
  await world.event(alice.sign(), relays);

  const published = world.event(alice.sign({ content: "again" }), bad);
  const { errors } = await published.then(() => assert.fail(), (error) => error);
  assert.deepEqual(
    errors.map(({ reason }: RelayFailureError) => reason),
    bad.map(() => "unreachable"),
  );
});

Deno.test("V1: requests leave out the entries of a list that are no URLs, and ask the other relays", async () => {
  await using world = new World({ living: 1 });
  const [living] = world.living;
  living.seed(posts);
  const entries = [startFault("bad-url").url, "not a url", "wss://", living.url];
  await world.outbox.store.event(alice.relayList({ both: entries }));
  assert.deepEqual((await world.query(FILTERS)).map(({ id }) => id), newestFirst);
  await world.event(alice.sign());
  assert.equal(world.opened.length, 1);
});

const blind: FaultName[] = [
  "refused",
  "mute-host",
  "http-502",
  "silent",
  "stalled",
  "eose-never",
  "closed:error",
  "binary",
  "half-json",
  "huge-frame",
  "torn-frame",
  "disconnect-mid-answer",
  "flood-events",
  "flood-forged",
  "forged-content",
  "rate-limited-at-first",
];
for (const name of blind) {
  Deno.test(`V1: requests beside "${name}" end where the app's open() passes no options on, too`, async () => {
    const faulty = startFault(name, { events: posts, signer: alice });
    await using world = new World({
      living: 1,
      faulty: [faulty],
      open: (url) => new NRelay1(url),
      options: { policy },
    });
    const [living] = world.living;
    living.seed(posts);
    await world.outbox.store.event(alice.relayList({ both: [faulty.url, living.url] }));
    await using live = world.req(FILTERS);
    const published = alice.sign({ content: "published" });
    const [found, end] = await Promise.all([
      world.query(FILTERS),
      live.end(),
      world.event(published),
      living.stored(published.id),
    ]);
    assert.equal(end, "EOSE");
    const has = new Set(found.map(({ id }) => id));
    for (const id of newestFirst) assert.ok(has.has(id));
    const post = alice.sign({ content: "live", created_at: 1_700_000_001 });
    living.publish(post);
    await live.event(post.id);
    assert.deepEqual(world.errors, []);
  });
}

Deno.test("NIP-42: requests are answered over an NRelay1 that signs in, which passes the options on", async () => {
  await using world = new World({
    living: 1,
    open: (url, options) =>
      new NRelay1(url, {
        ...options,
        auth: (challenge) => {
          const tags = [["relay", url], ["challenge", challenge]];
          return Promise.resolve(alice.sign({ kind: 22_242, content: "", tags }));
        },
      }),
  });
  const [relay] = world.living;
  relay.seed(posts);
  const known = new Set<unknown>();
  relay.options.onOpen = (connection) => connection.send(["AUTH", "who are you?"]);
  relay.options.intercept = ([verb, first], to) => {
    if (verb === "AUTH") {
      known.add(to);
      to.send(["OK", (first as { id: string }).id, true, ""]);
      return true;
    }
    if (verb !== "REQ" || known.has(to)) return false;
    to.send(["CLOSED", first, "auth-required: sign in"]);
    return true;
  };
  await world.outbox.store.event(alice.relayList({ both: [relay.url] }));
  assert.deepEqual((await world.query(FILTERS)).map(({ id }) => id), newestFirst);
  assert.deepEqual(world.failures, []);
});

Deno.test("NIP-01: onRelayError hears why a relay sent CLOSED, also over an NRelay1 of the app's own", async () => {
  const faulty = startFault("closed:restricted");
  await using world = new World({
    living: 0,
    faulty: [faulty],
    open: (url, options) => new NRelay1(url, options),
  });
  await world.outbox.store.event(alice.relayList({ both: [faulty.url] }));
  assert.deepEqual(await world.query(FILTERS), []);
  assert.equal(world.failures[0].reason, "restricted");
});
