import { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter, NRelay } from "@nostrify/types";
import assert from "node:assert/strict";

/**
 * What `NPool` does and does not do, as far as this library is built around it. A test
 * that fails after an update of Nostrify shows that `NPool` changed.
 */

type Message = ["EVENT", string, NostrEvent] | ["EOSE", string] | ["CLOSED", string, string];

const post = (n: number): NostrEvent => ({
  id: n.toString(16).padStart(64, "0"),
  pubkey: "aa".repeat(32),
  created_at: 1_700_000_000 + n,
  kind: 1,
  tags: [],
  content: "",
  sig: "",
});
const event = (n: number): Message => ["EVENT", "sub", post(n)];
const eose: Message = ["EOSE", "sub"];
const FILTERS: NostrFilter[] = [{ kinds: [1] }];

/** A relay that answers a request with these messages, and then keeps quiet. */
function relay(...messages: (Message | Error)[]): NRelay & { asked: NostrFilter[][] } {
  const asked: NostrFilter[][] = [];
  return {
    asked,
    async *req(filters: NostrFilter[], { signal }: { signal?: AbortSignal } = {}) {
      asked.push(filters);
      for (const message of messages) {
        if (message instanceof Error) throw message;
        yield message;
      }
      await new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
    },
    event: () => Promise.resolve(),
    query: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
}

function poolOf(relays: Record<string, NRelay>, eoseTimeout = 1) {
  const routes = new Map(Object.keys(relays).map((url) => [url, FILTERS]));
  return new NPool({
    open: (url) => relays[url],
    reqRouter: () => routes,
    eventRouter: () => [],
    eoseTimeout,
  });
}

/** The first messages of a request, by their verbs. */
async function verbs(pool: NPool, count: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const [verb] of pool.req(FILTERS)) {
    if (seen.push(verb) === count) break;
  }
  return seen;
}

for (
  const [what, dead] of [
    ["keeps quiet", relay()],
    ["answers CLOSED", relay(["CLOSED", "sub", "error: no"])],
    ["throws", relay(new Error("no connection"))],
  ] as const
) {
  Deno.test(`NPool.req() yields no EOSE where one relay of two ${what}`, async () => {
    const pool = poolOf({ alive: relay(event(1), eose, event(2)), dead });
    assert.deepEqual(await verbs(pool, 2), ["EVENT", "EVENT"]);
  });
}

Deno.test("NPool.req() yields EOSE once every relay has", async () => {
  const pool = poolOf({ one: relay(eose, event(1)), two: relay(eose, event(2)) });
  assert.deepEqual((await verbs(pool, 3)).sort(), ["EOSE", "EVENT", "EVENT"]);
});

Deno.test("NPool.query() lets a fast and empty relay hide a slow one, unless eoseTimeout is 0", async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const slow: NRelay = {
    ...relay(),
    async *req() {
      await asked;
      yield* [event(1), eose] as Message[];
    },
  };
  const hurried = poolOf({ fast: relay(eose), slow: relay() }).query(FILTERS);
  assert.deepEqual(await hurried, []);
  const patient = poolOf({ fast: relay(eose), slow }, 0).query(FILTERS);
  ask();
  assert.deepEqual(await patient, [post(1)]);
});

Deno.test("NPool.query() answers nothing at all where open() or a router throws", async () => {
  const reqRouter = () => new Map([["good", FILTERS], ["bad", FILTERS]]);
  const open = (url: string) => {
    if (url === "bad") throw new SyntaxError("no URL");
    return relay(event(1), eose);
  };
  const eventRouter = () => [];
  const pool = new NPool({ open, reqRouter, eventRouter });
  assert.deepEqual(await pool.query(FILTERS), []);
  await assert.rejects(verbs(pool, 1), SyntaxError);

  const failing = () => Promise.reject(new Error("database gone"));
  const lost = new NPool({ open, reqRouter: failing, eventRouter });
  assert.deepEqual(await lost.query(FILTERS), []);
  await assert.rejects(verbs(lost, 1), /database gone/);
});

Deno.test("NPool.query() rejects where reading eoseTimeout throws, which is all that it does not swallow", async () => {
  const closed = {
    open: () => relay(eose),
    reqRouter: () => new Map([["one", FILTERS]]),
    eventRouter: () => [],
    get eoseTimeout(): number {
      throw new Error("closed");
    },
  };
  await assert.rejects(new NPool(closed).query(FILTERS), /closed/);
});

Deno.test("NPool.req() yields CLOSED once every relay has, and goes on", async () => {
  const closed: Message = ["CLOSED", "sub", "error: closed"];
  const pool = poolOf({ one: relay(event(1), closed), two: relay(closed, event(2)) });
  assert.deepEqual((await verbs(pool, 3)).sort(), ["CLOSED", "EVENT", "EVENT"]);
});

Deno.test("NPool ends a request without routes in silence, and calls an event without routes published", async () => {
  const pool = poolOf({});
  assert.deepEqual(await verbs(pool, 1), []);
  assert.equal(await pool.event(post(1)), undefined);
});

Deno.test("NPool hands a router's filters to the relay as they are, by reference", async () => {
  const one = relay(event(1));
  await verbs(poolOf({ one }), 1);
  assert.equal(one.asked[0], FILTERS);
});

Deno.test("NPool.req() and NPool.query() hand the very filter objects of the app to the router", async () => {
  const routed: NostrFilter[][] = [];
  const reqRouter = (filters: NostrFilter[]) => {
    routed.push(filters);
    return new Map([["one", filters]]);
  };
  const open = () => relay(event(1), eose);
  const pool = new NPool({ open, reqRouter, eventRouter: () => [] });
  await pool.query(FILTERS);
  for await (const _ of pool.req(FILTERS)) break;
  assert.equal(routed.length, 2);
  for (const [filter] of routed) assert.equal(filter, FILTERS[0]);
});

Deno.test("NPool never forgets a relay that it opened", async () => {
  const pool = poolOf({ one: relay(event(1)) });
  await verbs(pool, 1);
  assert.deepEqual([...pool.relays.keys()], ["one"]);
});

Deno.test("NPool.req() gives an event twice where a thousand others came between", async () => {
  const between = Array.from({ length: 1_000 }, (_, i) => event(i + 2));
  const few = poolOf({ one: relay(event(1), ...between.slice(1), event(1), eose) });
  const many = poolOf({ one: relay(event(1), ...between, event(1), eose) });
  assert.equal((await verbs(few, 1_001)).at(-1), "EOSE");
  assert.deepEqual((await verbs(many, 1_003)).slice(-2), ["EVENT", "EOSE"]);
});
