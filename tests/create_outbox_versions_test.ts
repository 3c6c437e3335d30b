import assert from "node:assert/strict";
import { holding, ScriptedNetwork } from "../testing/scripted_network.ts";
import type { Script } from "../testing/scripted_relay.ts";
import { Signer } from "../testing/signer.ts";
import { quiet, START } from "../testing/test_clock.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";

/** The newest profile, at a write relay and at indexers of which some are stale. */

const alice = new Signer(1);
const [older, newer] = [2, 1].map((age) =>
  alice.sign({ kind: 0, created_at: START - 1_000 * age, content: `${age}` })
);
const url = (letter: string) => `wss://${letter}.example/`;

/**
 * The content of the profile that a query gives within so many milliseconds, and the relays that
 * were asked. `a` and `b` are write relays, `x`, `y` and `z` indexers.
 */
async function profile(scripts: Record<string, Script>, ms = 1_000, indexers = "xyz") {
  const network = new ScriptedNetwork(holding([]));
  for (const [letter, script] of Object.entries(scripts)) network.scripts.set(url(letter), script);
  const indexerRelays = [...indexers].map(url);
  const { outbox, pool } = scriptedOutbox(network, { indexerRelays, discoveryTimeout: 0 });
  await outbox.store.event(alice.relayList({ both: ["a", "b"].map(url) }));
  let found: string | undefined;
  const query = pool.query([{ kinds: [0], authors: [alice.pubkey] }])
    .then(([event]) => found = event?.content ?? "none");
  for (let left = ms; left > 0; left -= 100) {
    await quiet();
    await network.clock.advance(100);
  }
  await quiet();
  const asked = network.relays.filter(({ reqs }) =>
    reqs.some(({ filters }) => filters.some(({ kinds }) => kinds?.[0] === 0))
  ).map(({ url }) => url[6]).sort().join("");
  const result = { found, asked };
  await outbox.close();
  await query;
  return result;
}

Deno.test("Outbox asks one write relay and one indexer for a profile if they have the same version", async () => {
  const both = { a: holding([newer]), x: holding([newer]) };
  assert.deepEqual(await profile(both), { found: "1", asked: "ax" });
});

Deno.test("Outbox asks a further indexer for a profile if a write relay and an indexer differ, or have none", async () => {
  const y = holding([newer]);
  for (const [a, x] of [[[older], []], [[], [older]], [[], []], [[newer], [older]]]) {
    const found = await profile({ a: holding(a), x: holding(x), y });
    assert.deepEqual(found, { found: "1", asked: "axy" });
  }
});

Deno.test("Outbox asks two write relays for a profile if there is one indexer alone", async () => {
  const scripts = { a: holding([]), b: holding([newer]), x: holding([older]) };
  assert.deepEqual(await profile(scripts, 1_000, "x"), { found: "1", asked: "abx" });
});

Deno.test("Outbox asks other relays for a profile where a write relay or an indexer is lost", async () => {
  const dead: Script = { connect: "fail" };
  assert.deepEqual(
    await profile({ a: dead, b: holding([newer]), x: holding([older]), y: holding([]) }, 5_000),
    { found: "1", asked: "bxy" },
  );
  const { found } = await profile({ a: holding([older]), x: dead, y: holding([newer]) }, 5_000);
  assert.equal(found, "1");
});

Deno.test("Outbox waits for a slow write relay or indexer until it is late, and no longer if the other answered", async () => {
  for (const scripts of [{ a: {}, x: holding([newer]) }, { a: holding([newer]), x: {} }]) {
    assert.equal((await profile(scripts, 2_900)).found, undefined);
    assert.equal((await profile(scripts, 3_500)).found, "1");
  }
});

Deno.test("Outbox asks a further indexer once for each profile in doubt", async () => {
  const bob = new Signer(2), lists = [alice, bob];
  const network = new ScriptedNetwork(holding([]));
  network.scripts.set(url("b"), {
    onReq: (req) => void network.clock.after(400, () => req.eose()),
  });
  const indexerRelays = [..."xyz"].map(url);
  const { outbox, pool } = scriptedOutbox(network, { indexerRelays, discoveryTimeout: 0 });
  for (const [i, one] of lists.entries()) {
    await outbox.store.event(one.relayList({ both: [url("ab"[i])] }));
  }
  const query = pool.query([{ kinds: [0], authors: lists.map(({ pubkey }) => pubkey) }]);
  for (let i = 0; i < 20; i++) {
    await quiet();
    await network.clock.advance(100);
  }
  await query;
  const asked = network.relays.filter((relay) => relay.url === url("y")).flatMap(({ reqs }) => reqs)
    .flatMap(({ filters }) => filters).filter(({ kinds }) => kinds?.[0] === 0)
    .map(({ authors }) => authors);
  assert.deepEqual(asked, lists.map(({ pubkey }) => [pubkey]));
  await outbox.close();
});
