import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayConnectorOptions } from "../../src/connections/relay_connector.ts";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { RelayInfoRefresher } from "../../src/relays/relay_info_refresher.ts";
import { FakeMemory } from "../../testing/fake_memory.ts";
import { holding, RELAY } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";
import { fate, using } from "../support/connector_use.ts";
import { note, notes } from "../support/notes.ts";
import { RequestTest, url } from "../support/scripted_request.ts";
import { SupervisorTest } from "../support/scripted_supervisor.ts";

const OTHER = "wss://other.example/";
const posts = notes(3);
const FILTER = { kinds: [1] };

/** Relays, some of which the user has blocked. */
class Blocking extends SupervisorTest {
  readonly blocked = new Set<string>();
  /** How often the block list was asked. */
  lookups = 0;
  /** The messages that pools got, by their first word. */
  readonly messages: string[] = [];
  readonly controller = new AbortController();

  override get linkOptions(): RelayConnectorOptions {
    const isBlocked = (url: string) => this.lookups++ >= 0 && this.blocked.has(url);
    return { ...super.linkOptions, isBlocked };
  }

  /** The user blocks these relays and no others. */
  block(...urls: string[]): void {
    this.blocked.clear();
    for (const url of urls) this.blocked.add(url);
    this.supervisor.blocksChanged();
  }

  /** Reads a feed until the controller is aborted. */
  async feed(...urls: string[]): Promise<void> {
    const { signal } = this.controller;
    try {
      for await (const [verb] of this.pool(...urls).req([FILTER], { signal })) {
        this.messages.push(verb);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** How often a relay was connected to. */
  opened(url: string): number {
    return this.relays.filter((relay) => relay.url === url).length;
  }

  /** No relay was blamed for anything. */
  assertNoBlame(): void {
    assert.deepEqual(this.fake.of("failed"), []);
    assert.deepEqual(this.failures, []);
    assert.deepEqual(this.errors, []);
  }
}

const takes: Script = {
  ...holding(posts),
  onEvent: ({ id }, relay) => relay.say(["OK", id, true, ""]),
};

Deno.test("NIP-51: a blocked relay is never connected to, in whichever spelling an app names it", async () => {
  const test = new Blocking(takes);
  test.block(RELAY);
  assert.deepEqual(await test.relay("WSS://Relay.example:443").query([FILTER]), []);
  assert.deepEqual(await test.pool(RELAY, OTHER).query([FILTER]), posts);
  assert.equal(test.opened(RELAY), 0);
  assert.equal(test.clock.now(), new TestClock().now(), "at once");
  test.assertNoBlame();
});

Deno.test("NIP-51: publishing to a blocked relay fails at once and says why", async () => {
  const test = new Blocking(takes);
  test.block(RELAY);
  const { signal } = test.controller;
  const leave = await Promise.all(
    Array.from({ length: 10 }, () => test.semaphore.acquire(0, signal)),
  );
  await assert.rejects(test.relay(RELAY).event(note()), (error: RelayFailureError) => {
    assert.ok(error instanceof RelayFailureError);
    assert.equal(error.reason, "blocked-by-user");
    assert.equal(error.relay, RELAY);
    assert.match(error.message, /on the list of relays that the user blocks$/);
    return true;
  });
  for (const free of leave) free();
  await test.pool(RELAY, OTHER).event(note());
  assert.equal(test.opened(RELAY), 0);
  assert.equal(test.opened(OTHER), 1);
  test.assertNoBlame();
});

Deno.test("NIP-51: a relay that is blocked while it is in use is left, and costs it nothing", async () => {
  const test = new Blocking(takes);
  test.feed(RELAY, OTHER);
  await settled();
  assert.equal(test.live.length, 2);
  test.block(RELAY);
  await settled();
  assert.deepEqual(test.live.map(({ id }) => id.startsWith(OTHER)), [true]);
  assert.ok(test.relays.find((relay) => relay.url === RELAY)!.isClosed);
  const { lookups } = test;
  await test.clock.advance(3_600_000);
  assert.equal(test.opened(RELAY), 1, "nobody tries it again");
  assert.equal(test.lookups, lookups, "the list is not asked either");
  test.assertNoBlame();
  test.controller.abort();
  await settled();
});

Deno.test("NIP-51: a feed asks a relay again that is blocked no longer, at once", async () => {
  const test = new Blocking(takes);
  test.block(RELAY);
  test.feed(RELAY);
  await settled();
  assert.deepEqual(test.messages, ["EOSE"]);
  for (let i = 0; i < 5; i++) test.block(RELAY);
  await test.clock.advance(1_000);
  assert.equal(test.opened(RELAY), 0);
  test.block(OTHER);
  await settled();
  assert.deepEqual(test.messages, ["EOSE", "EVENT", "EVENT", "EVENT"]);
  test.block(RELAY);
  await settled();
  test.block();
  await settled();
  assert.equal(test.opened(RELAY), 2);
  assert.equal(test.live.length, 1);
  test.assertNoBlame();
  test.controller.abort();
  await settled();
  assert.equal(test.live.length, 0);
});

Deno.test("RelayConnector waits on for another reason when the block list changes", async () => {
  const test = new Blocking({ connect: "refuse" });
  test.feed(RELAY);
  await settled();
  assert.equal(test.opened(RELAY), 1);
  for (let i = 0; i < 5; i++) test.block(OTHER);
  await settled();
  assert.equal(test.opened(RELAY), 1);
  test.controller.abort();
  await settled();
});

Deno.test("NIP-51: an event under way to a relay that is blocked meanwhile fails at once", async () => {
  const test = new Blocking();
  const publishing = fate(test.relay(RELAY).event(note()));
  await settled();
  test.block(RELAY);
  assert.equal(await publishing, "blocked-by-user");
  test.assertNoBlame();
});

Deno.test("NIP-51: a relay that is blocked while it waits for its turn is not connected to", async () => {
  const test = new Blocking({ connect: "wait" });
  const leave = await Promise.all(
    Array.from({ length: 10 }, () => test.semaphore.acquire(0, test.controller.signal)),
  );
  const session = fate(using(test.supervisor.connector(RELAY)).connection);
  await settled();
  test.block(RELAY);
  for (const free of leave) free();
  assert.equal(await session, "blocked-by-user");
  assert.equal(test.relays.length, 0);
  assert.equal(test.semaphore.available, 10);
});

Deno.test("NIP-51: people whose relay is blocked after the plan are requested from another relay", async () => {
  const test = new RequestTest({
    lists: ["ab"],
    scripts: { b: holding([posts[0]]) },
    routing: { maxRelays: 1, relaysPerAuthor: 1 },
  });
  test.link(url("a"), { isBlocked: () => true });
  await test.begin({ authors: [posts[0].pubkey] });
  assert.equal(test.asked, "b");
  assert.deepEqual(test.events, [posts[0]]);
  assert.equal(test.doneAt, 0);
  test.controller.abort();
  await settled();
  assert.ok(test.isOver);
});

Deno.test("NIP-51: a relay that is blocked after it was connected is not asked for its description", async () => {
  const blocked = new Set<string>();
  const fetched: string[] = [];
  const informer = new RelayInfoRefresher({
    clock: new TestClock(),
    memory: new FakeMemory().memory,
    timeout: 5_000,
    isBlocked: (url) => blocked.has(url),
    fetch: (url) => {
      fetched.push(String(url));
      return Promise.resolve(new Response("{}"));
    },
  });
  informer.connected(RELAY);
  informer.connected(OTHER);
  blocked.add(RELAY);
  await settled();
  assert.deepEqual(fetched, ["https://other.example/"]);
});

Deno.test("NIP-51: whatever the user blocks and when, no connection to a blocked relay begins or stays", async () => {
  const urls = [RELAY, OTHER];
  const step = fc.oneof(
    fc.record({ block: fc.subarray(urls) }, { noNullPrototype: true }),
    fc.record({ ask: fc.constantFrom(...urls) }, { noNullPrototype: true }),
    fc.record({ publish: fc.constantFrom(...urls) }, { noNullPrototype: true }),
    fc.record({ wait: fc.nat({ max: 90_000 }) }, { noNullPrototype: true }),
    fc.record({ cut: fc.constantFrom(...urls) }, { noNullPrototype: true }),
  );
  const scripts = fc.constantFrom<Script>(takes, { connect: "wait" }, { connect: "refuse" }, {});
  await fc.assert(
    fc.asyncProperty(scripts, fc.array(step, { maxLength: 12 }), async (how, steps) => {
      const test = new Blocking(how);
      const fates: Promise<unknown>[] = [];
      for (const step of steps) {
        const before = test.relays.length;
        if ("block" in step) test.block(...step.block);
        if ("ask" in step) fates.push(test.feed(step.ask));
        if ("publish" in step) fates.push(fate(test.relay(step.publish).event(note())));
        if ("cut" in step) {
          for (const relay of test.relays) if (relay.url === step.cut && relay.isOpen) relay.cut();
        }
        await test.clock.advance("wait" in step ? step.wait : 0);
        for (const { url } of test.relays.slice(before)) assert.ok(!test.blocked.has(url), url);
        for (const { url, isClosed, isOpen } of test.relays) {
          if (test.blocked.has(url)) assert.ok(isClosed || !isOpen, url);
        }
      }
      test.controller.abort();
      await test.clock.advance(60_000);
      await Promise.all(fates);
      assert.ok(!test.failures.some(({ reason }) => reason === "blocked-by-user"));
      assert.ok(!test.fake.of("failed").some(([, reason]) => reason === "blocked-by-user"));
    }),
  );
});
