import type { NostrEvent, NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import type { RelayFailureError } from "../../src/nostr/errors.ts";
import { RelayConnection } from "../../src/connections/relay_connection.ts";
import { RelayQuery } from "../../src/connections/relay_query.ts";
import { RelaySocket } from "../../src/connections/relay_socket.ts";
import { found, RELAY, ScriptedNetwork } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { ScriptedSocket } from "../../testing/scripted_socket.ts";
import { quiet } from "../../testing/test_clock.ts";
import { AUTHORS, note } from "../support/notes.ts";
import { QueryTest } from "../support/scripted_query.ts";

const posts = AUTHORS.map((pubkey) => note({ pubkey }));
const filters: NostrFilter[] = AUTHORS.map((author) => ({ authors: [author] }));
const ids = (events: readonly NostrEvent[]) => events.map(({ id }) => id).sort();

/** What a relay has against a REQ; `undefined` if nothing. */
type Refusal = (filters: readonly NostrFilter[], open: number) => string | undefined;

/** A relay that holds the posts and says CLOSED, or a NOTICE, to what is too much for it. */
function limited(refusal: Refusal, says: "CLOSED" | "NOTICE" = "CLOSED"): Script {
  const taken = new Set<unknown>();
  return {
    onReq(req, relay) {
      const words = refusal(req.filters, relay.live.filter((other) => taken.has(other)).length);
      if (words === undefined) taken.add(req);
      // Later, when all that was sent at once has arrived.
      setImmediate(() => {
        if (words === undefined) req.send(...found(posts, req.filters)).eose();
        else if (says === "CLOSED") req.closed(words);
        else relay.say(["NOTICE", words]);
      });
    },
  };
}

Deno.test("RelayQuery sends smaller REQs after a relay has said that there are too many filters", async () => {
  for (const says of ["CLOSED", "NOTICE"] as const) {
    for (const most of [1, 3, 10, 39]) {
      const refusal: Refusal = (filters) =>
        filters.length > most ? `error: too many filters, at most ${most}` : undefined;
      const test = new QueryTest(limited(refusal, says));
      test.maxSubscriptions = 3;
      test.request(...filters);
      await quiet();
      assert.equal(test.outcome, "fine", `${says} ${most}`);
      assert.notEqual(test.proof, "unknown");
      assert.deepEqual(ids(test.events), ids(posts));
      assert.equal(test.network.fake.limits(RELAY).maxFilters, most);
      assert.equal(test.relay.reqs.length, 1 + Math.ceil(40 / most));
      assert.ok(!test.query.staysOpen);
      assert.equal(test.relay.live.length, 0);
      assert.deepEqual(test.network.fake.of("failed"), []);
    }
  }
});

Deno.test("RelayQuery finds a limit by halves if the relay does not name it", async () => {
  const refusal: Refusal = (filters) => filters.length > 3 ? "error: too many filters" : undefined;
  const test = new QueryTest(limited(refusal));
  test.request(...filters);
  await quiet();
  assert.equal(test.outcome, "fine");
  assert.deepEqual(ids(test.events), ids(posts));
  assert.equal(test.network.fake.limits(RELAY).maxFilters, 2);
});

Deno.test("RelayQuery sends shorter REQs after a relay has said that one is too long", async () => {
  for (const most of [512, 1000]) {
    const refusal: Refusal = (filters) =>
      JSON.stringify(filters).length > most ? `invalid: message too large, max ${most}` : undefined;
    const test = new QueryTest(limited(refusal));
    test.request({ authors: [...AUTHORS] });
    await quiet();
    assert.equal(test.outcome, "fine");
    assert.notEqual(test.proof, "unknown");
    assert.deepEqual(ids(test.events), ids(posts));
  }
});

Deno.test("RelayQuery waits for a slot after a relay has said that there are too many subscriptions", async () => {
  for (const says of ["CLOSED", "NOTICE"] as const) {
    const refusal: Refusal = (_, open) => open > 2 ? "too many concurrent REQs" : undefined;
    const test = new QueryTest(limited(refusal, says));
    const { fake } = test.network;
    Object.defineProperty(test, "maxSubscriptions", {
      get: () => fake.limits(RELAY).maxSubscriptions ?? 10,
    });
    fake.learnLimits(RELAY, { maxFilters: 4 });
    test.request(...filters);
    for (let i = 0; i < 10; i++) {
      await quiet();
      await test.network.clock.advance(50);
    }
    assert.equal(test.outcome, "fine", says);
    assert.deepEqual(ids(test.events), ids(posts));
    assert.equal(fake.limits(RELAY).maxSubscriptions, 3);
  }
});

Deno.test("RelayQuery keeps as many REQs open as a relay takes that refuses the rest of what was sent at once", async () => {
  for (const says of ["CLOSED", "NOTICE"] as const) {
    for (let most = 1; most < 10; most++) {
      let isSlow = true;
      const test = new QueryTest({
        onReq(req, relay) {
          const isTaken = relay.live.indexOf(req) < most;
          const refuse = () =>
            says === "CLOSED"
              ? req.closed("error: too many concurrent REQs")
              : relay.say(["NOTICE", "ERROR: too many concurrent REQs"]);
          setImmediate(() => {
            if (!isTaken) refuse();
            else if (!isSlow) req.send(...found(posts, req.filters)).eose();
          });
        },
      });
      const { fake } = test.network;
      Object.defineProperty(test, "maxSubscriptions", {
        get: () => fake.limits(RELAY).maxSubscriptions ?? 20,
      });
      fake.learnLimits(RELAY, { maxFilters: 4 });
      test.request(...filters);
      await quiet();
      assert.equal(fake.limits(RELAY).maxSubscriptions, most, `${says} ${most}`);
      const { live } = test.relay;
      assert.equal(live.length, most);
      await test.network.clock.advance(50);
      assert.equal(test.relay.reqs.length, 10, "a REQ is sent again once there is a slot");
      isSlow = false;
      for (const req of live) req.send(...found(posts, req.filters)).eose();
      await quiet();
      assert.equal(test.outcome, "fine");
      assert.deepEqual(ids(test.events), ids(posts));
      assert.equal(test.relay.reqs.length, 10 + 10 - most);
    }
  }
});

/** A WebSocket to a relay that has nothing, and counts the subscriptions that are open. */
class CountedSocket extends ScriptedSocket {
  readonly subscribed = new Set<string>();
  /** Most at once. */
  most = 0;

  override send(text: string): void {
    super.send(text);
    const [verb, id] = JSON.parse(text);
    if (verb === "CLOSE") this.subscribed.delete(id);
    else {
      this.subscribed.add(id);
      setImmediate(() => this.say("EOSE", id));
    }
    this.most = Math.max(this.most, this.subscribed.size);
  }
}

Deno.test("RelayQuery never has more REQs open than a relay takes, as the relay counts them", async () => {
  for (const maxSubscriptions of [1, 2, 3, 7]) {
    const { clock, fake } = new ScriptedNetwork();
    const socket = new CountedSocket();
    const connection = new RelayConnection(RELAY, {
      open: (url, hooks) => new RelaySocket(url, hooks, () => socket),
      clock,
      verifyEvent: () => true,
      maxSubscriptions: () => maxSubscriptions,
      connectTimeout: () => 5_000,
      onOpen: () => {},
      onEnd: () => {},
      onError: (error) => assert.fail(error),
    });
    connection.start();
    socket.open();
    fake.learnLimits(RELAY, { maxFilters: 4 });
    const options = {
      clock,
      memory: fake.memory,
      random: () => 0.5,
      maxPages: 20,
      onEvent: () => {},
      onProgress: () => {},
    };
    const controller = new AbortController();
    const ask = () => new RelayQuery(connection, options, controller.signal).requestStored(filters);
    await Promise.all([ask(), ask()]);
    assert.equal(socket.most, maxSubscriptions);
    controller.abort();
  }
});

Deno.test("RelayQuery loses nothing, whatever limits a relay has", async () => {
  const limits = fc.record({
    filters: fc.integer({ min: 1, max: 50 }),
    bytes: fc.integer({ min: 700, max: 5_000 }),
    names: fc.boolean(),
    sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(limits, async ({ filters: most, bytes, names, sizes }) => {
      let at = 0;
      const wanted = sizes.map((size) => ({ authors: AUTHORS.slice(at, at += size) }));
      const test = new QueryTest(limited((filters) => {
        if (JSON.stringify(filters).length > bytes) {
          return `error: message too large${names ? ` (max ${bytes})` : ""}`;
        }
        if (filters.length <= most) return;
        return `error: too many filters${names ? `, at most ${most}` : ""}`;
      }));
      test.maxSubscriptions = 4;
      test.request(...wanted);
      await quiet();
      assert.equal(test.outcome, "fine");
      assert.deepEqual(ids(test.events), ids(found(posts, wanted)));
      assert.notEqual(test.proof, "unknown");
    }),
    { numRuns: 100 },
  );
});

Deno.test("RelayQuery gives up a REQ that is refused however small it is", async () => {
  const test = new QueryTest(limited(() => "error: too many filters"));
  test.request(...filters);
  await quiet();
  assert.equal((test.outcome as RelayFailureError).reason, "error");
  assert.ok(test.relay.reqs.length < 40 * 8);
  const other = new QueryTest(limited(() => "error: too many filters"));
  other.request({});
  await quiet();
  assert.equal(other.relay.reqs.length, 1 + 8);
});

Deno.test("RelayQuery leaves a rate-limited relay alone for as long as it says", async () => {
  let refusals = 3;
  const test = new QueryTest(limited(() => {
    return --refusals >= 0 ? "rate-limited: retry after 5 s" : undefined;
  }));
  const { clock, fake } = test.network;
  test.request(...filters);
  await clock.advance(14_999);
  assert.equal(test.relay.reqs.length, 3);
  assert.equal(test.outcome, undefined);
  assert.ok(!test.query.isPending, "no relay is to blame for that");
  await clock.advance(1);
  assert.equal(test.outcome, "fine");
  assert.notEqual(test.proof, "unknown");
  assert.deepEqual(ids(test.events), ids(posts));
  assert.deepEqual(fake.of("failed"), []);
  assert.equal(clock.pending, 1, "what stays open is listened to");
});

Deno.test("RelayQuery leaves a rate-limited relay alone for one, two, four seconds if it does not say how long", async () => {
  for (const [dice, factor] of [[0.5, 1_000], [0, 500], [0.75, 1_250]]) {
    const test = new QueryTest({ onReq: (req) => req.closed("rate-limited: slow down") }, {
      random: () => dice,
    });
    const { clock, fake } = test.network;
    test.request({});
    for (const [i, wait] of [1, 2, 4, 8, 16, 32, 64, 128].entries()) {
      await clock.advance(factor * wait - 1);
      assert.equal(test.relay.reqs.length, i + 1);
      await clock.advance(1);
    }
    assert.equal(test.relay.reqs.length, 9);
    assert.equal((test.outcome as RelayFailureError).reason, "rate-limited");
    assert.deepEqual(fake.of("failed"), [[RELAY, "rate-limited", clock.now()]]);
  }
});
