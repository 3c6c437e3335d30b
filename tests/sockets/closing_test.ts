import { NPool, NRelay1 } from "@nostrify/nostrify";
import assert from "node:assert/strict";
import { createOutbox } from "../../src/create_outbox.ts";
import { type FaultName, startFault } from "../../testing/faulty_relay.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { eventually } from "../support/eventually.ts";
import { World } from "../support/outbox_world.ts";

/** Law V1 when an outbox is closed, and by the machine's own clock. */

const alice = new Signer(1);
const posts = [2, 1].map((n) => alice.sign({ created_at: 1_699_999_000 + n }));
const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];

const waiting: FaultName[] = ["mute-host", "silent", "stalled", "eose-never", "refused"];
for (const name of waiting) {
  Deno.test(`V1: Outbox.close() ends requests and events that wait for "${name}"`, async () => {
    const faulty = startFault(name, { events: posts });
    await using world = new World({ living: 0, faulty: [faulty] });
    await world.outbox.store.event(alice.relayList({ both: [faulty.url] }));
    const query = world.query(FILTERS);
    const live = world.req(FILTERS);
    const end = live.end();
    const published = world.event(alice.sign()).then(() => "taken", (error) => error.name);
    await eventually("the relay is being opened", () => world.opened.length > 0);
    await world.outbox.close();
    await query;
    assert.match(await end, /EOSE|CLOSED/);
    assert.match(await published, /AggregateError|taken/);
    await live[Symbol.asyncDispose]();
  });

  Deno.test(`V1: Outbox.close() ends requests and events that are being routed, with "${name}"`, async () => {
    const faulty = startFault(name, { events: posts });
    await using world = new World({ living: 0, faulty: [faulty] });
    await world.outbox.store.event(alice.relayList({ both: [faulty.url] }));
    const query = world.query(FILTERS);
    await using live = world.req(FILTERS);
    const ended = [live.end(), world.event(alice.sign())];
    await Promise.resolve();
    const closed = world.outbox.close();
    for (const end of ended) await assert.rejects(end, /the outbox is closed/);
    assert.deepEqual(await query, []);
    await closed;
    assert.equal(world.errors.length, 1);
  });
}

Deno.test("V1: createOutbox() keeps its deadlines by the machine's own clock, with relays that it opens itself", async () => {
  await using living = RelayServer.start();
  await using silent = startFault("silent");
  await using mute = startFault("mute-host");
  await using refused = startFault("refused");
  living.seed(posts);
  const errors: Error[] = [];
  await using outbox = createOutbox({
    policy: { allowLocal: true, allowInsecure: true },
    indexerRelays: [],
    timeout: 500,
    relaysPerAuthor: 4,
    onError: (error) => errors.push(error),
  });
  const pool = new NPool({ ...outbox });
  const urls = [silent, mute, refused, living].map(({ url }) => url);
  await outbox.store.event(alice.relayList({ both: urls }));
  assert.deepEqual((await pool.query(FILTERS)).map(({ id }) => id), posts.map(({ id }) => id));
  await pool.event(alice.sign({ kind: 7 }));
  const verbs: string[] = [];
  for await (const [verb] of pool.req(FILTERS)) {
    verbs.push(verb);
    if (verb === "EOSE") break;
  }
  assert.deepEqual(verbs, ["EVENT", "EVENT", "EOSE"]);

  await outbox.store.event(alice.relayList({ both: [silent.url] }, { created_at: 1_700_000_001 }));
  assert.deepEqual(errors, []);
  assert.deepEqual(await pool.query(FILTERS), []);
  assert.deepEqual(errors.map(({ message }) => message), [
    `No relay answered a request: 1 x no-answer (${silent.url})`,
  ]);
  await pool.close();
});

Deno.test("NPool without createOutbox() waits for the same relays for good", async () => {
  await using living = RelayServer.start();
  await using silent = startFault("silent");
  living.seed(posts);
  const pool = new NPool({
    open: (url) => new NRelay1(url),
    reqRouter: (filters) => new Map([living, silent].map(({ url }) => [url, filters])),
    eventRouter: () => [silent.url],
    eoseTimeout: 0,
  });
  const controller = new AbortController();
  const verbs: string[] = [];
  const request = (async () => {
    for await (const [verb] of pool.req(FILTERS, controller)) {
      verbs.push(verb);
      // Both have all that they will ever say.
      if (verbs.length === 2) controller.abort();
    }
  })();
  await assert.rejects(request, { name: "AbortError" });
  assert.deepEqual(verbs, ["EVENT", "EVENT"]);
  await pool.close();
});
