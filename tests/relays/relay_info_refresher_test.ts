import assert from "node:assert/strict";
import { RelayInfoRefresher } from "../../src/relays/relay_info_refresher.ts";
import { FakeMemory } from "../../testing/fake_memory.ts";
import { settled, START, TestClock } from "../../testing/test_clock.ts";

const RELAY = "wss://relay.example/";
const WEEK = 7 * 86_400_000;
const INFO = { limitation: { max_limit: 500, max_subscriptions: 20 } };

/** An informer, and what it fetches. */
class Informing {
  readonly clock = new TestClock();
  readonly fake = new FakeMemory();
  /** What was fetched, and how it is answered. */
  readonly fetched: { url: string; answer: (response: Response) => void; signal: AbortSignal }[] =
    [];
  readonly informer = new RelayInfoRefresher({
    clock: this.clock,
    memory: this.fake.memory,
    timeout: 5_000,
    fetch: (url, init) => {
      const { promise, resolve, reject } = Promise.withResolvers<Response>();
      const signal = init!.signal!;
      signal.addEventListener("abort", () => reject(signal.reason));
      this.fetched.push({ url: String(url), answer: resolve, signal });
      return promise;
    },
  });

  /** Answers the last request. */
  async answer(body: unknown, status = 200): Promise<void> {
    this.fetched.at(-1)!.answer(new Response(JSON.stringify(body), { status }));
    await settled();
  }
}

Deno.test("RelayInfoRefresher puts the published limits of a connected relay into the memory", async () => {
  const test = new Informing();
  test.informer.connected(RELAY);
  await settled();
  assert.deepEqual(test.fetched.map(({ url }) => url), ["https://relay.example/"]);
  await test.answer(INFO);
  assert.deepEqual(test.fake.of("informed"), [
    [RELAY, { maxLimit: 500, cutAt: 500, maxSubscriptions: 20 }],
  ]);
  assert.equal(test.clock.pending, 0);
});

Deno.test("RelayInfoRefresher fetches a description once at a time, and once a week", async () => {
  const test = new Informing();
  test.informer.connected(RELAY);
  test.informer.connected(RELAY);
  await settled();
  test.informer.connected(RELAY);
  assert.equal(test.fetched.length, 1);
  await test.answer(INFO);
  for (const [age, asked] of [[0, 1], [WEEK - 1, 1], [WEEK, 2], [-WEEK + 1, 2], [-WEEK, 3]]) {
    test.fake.records.set(RELAY, { infoAt: START * 1000 - age });
    test.informer.connected(RELAY);
    await settled();
    assert.equal(test.fetched.length, asked, `${age}`);
    await test.answer(INFO);
  }
});

Deno.test("RelayInfoRefresher remembers that a relay has no description, and does not ask again", async () => {
  const test = new Informing();
  test.informer.connected(RELAY);
  await settled();
  await test.answer("not here", 404);
  test.informer.connected("wss://silent.example/");
  await test.clock.advance(5_000);
  assert.deepEqual(test.fake.of("informed"), [[RELAY, {}], ["wss://silent.example/", {}]]);
  assert.equal(test.clock.pending, 0);
});

Deno.test("RelayInfoRefresher fetches four descriptions at once, and the others after them", async () => {
  const test = new Informing();
  const urls = Array.from({ length: 6 }, (_, i) => `wss://${i}.example/`);
  for (const url of urls) test.informer.connected(url);
  await settled();
  assert.equal(test.fetched.length, 4);
  await test.answer(INFO);
  assert.equal(test.fetched.length, 5);
  await test.clock.advance(5_000);
  assert.equal(test.fetched.length, 6);
  await test.answer(INFO);
  assert.equal(test.fake.of("informed").length, 6);
});

Deno.test("RelayInfoRefresher close() ends all fetches, and nothing is remembered after it", async () => {
  const test = new Informing();
  for (let i = 0; i < 6; i++) test.informer.connected(`wss://${i}.example/`);
  await settled();
  test.informer.close();
  await settled();
  test.informer.connected(RELAY);
  await settled();
  assert.equal(test.fetched.length, 4);
  assert.ok(test.fetched.every(({ signal }) => signal.aborted));
  assert.deepEqual(test.fake.told, []);
  assert.equal(test.clock.pending, 0);
});
