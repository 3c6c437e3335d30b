import { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NRelay } from "@nostrify/types";
import assert from "node:assert/strict";
import { createOutbox } from "../../src/create_outbox.ts";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { Signer } from "../../testing/signer.ts";
import { IdleClock } from "../support/idle_clock.ts";

/** Law V1 with relays of the app's own that implement the interface, and no rule beyond it. */

const alice = new Signer(1);
const post = alice.sign({ created_at: 1_699_999_000 });
const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];
const GOOD = "wss://good.example/";
const ODD = "wss://odd.example/";

type Req = NRelay["req"];

/** A relay that holds one post and takes every event. */
const good: NRelay = {
  async *req(_, { signal } = {}) {
    yield ["EVENT", "s", post];
    yield ["EOSE", "s"];
    await new Promise((resolve) => signal?.addEventListener("abort", resolve));
  },
  event: () => Promise.resolve(),
  query: () => Promise.resolve([]),
  close: () => Promise.resolve(),
};

const never = () => new Promise<never>(() => {});

/** A generator that yields these, and ends. */
const yielding = (...messages: unknown[]): Req =>
  async function* () {
    yield* messages;
  } as unknown as Req;

const odd: Record<string, Partial<NRelay>> = {
  "throws out of req() before it is read": {
    req() {
      throw new Error("no");
    },
  },
  "throws no Error": {
    // deno-lint-ignore require-yield -- it only throws
    async *req() {
      throw "no";
    },
    event: () => Promise.reject(undefined),
  },
  "ends at once": { req: yielding(), event: () => Promise.reject(new Error("")) },
  "yields what is no message": {
    req: yielding(null, [], ["WHAT"], ["EVENT"], ["EVENT", "s", null], ["EVENT", "s", {}], 7),
  },
  "yields CLOSED without a reason": { req: yielding(["CLOSED", "s"]) },
  "ignores signals": {
    async *req() {
      yield ["EVENT", "s", post];
      await never();
    },
    event: never,
  },
  "yields forged and foreign events": {
    req: yielding(
      ["EVENT", "s", { ...post, content: "forged" }],
      ["EVENT", "s", new Signer(2).sign()],
      ["EOSE", "s"],
    ),
  },
  "cannot be closed": { close: () => Promise.reject(new Error("never")) },
  "throws out of close()": {
    close() {
      throw new Error("never");
    },
  },
  "takes forever to close": { close: never },
};

async function ask(relays: Record<string, NRelay>) {
  const errors: Error[] = [];
  await using clock = new IdleClock(() => 0);
  const outbox = createOutbox({
    clock,
    random: () => 0.5,
    open: (url) => relays[url],
    onError: (error) => errors.push(error),
    indexerRelays: [],
    relayInfo: false,
  });
  await outbox.store.event(alice.relayList({ both: Object.keys(relays) }));
  const pool = new NPool(outbox);
  const found = await clock.within(60_000, "query() returns", pool.query(FILTERS));
  const verbs: string[] = [];
  const read = (async () => {
    for await (const [verb] of pool.req(FILTERS)) {
      verbs.push(verb);
      if (verb !== "EVENT") break;
    }
  })();
  await clock.within(60_000, "req() reaches EOSE", read);
  const published = pool.event(alice.sign()).then(() => undefined, (error: Error) => error);
  const error = await clock.within(60_000, "event() settles", published);
  await clock.within(60_000, "close() settles", pool.close().then(() => outbox.close()));
  return { found, verbs, error, errors };
}

for (const [what, parts] of Object.entries(odd)) {
  Deno.test(`V1: a relay of the app's own that ${what} harms no other`, async () => {
    const { found, verbs, error } = await ask({ [ODD]: { ...good, ...parts }, [GOOD]: good });
    assert.deepEqual(found.map(({ id }: NostrEvent) => id), [post.id]);
    assert.deepEqual(verbs, ["EVENT", "EOSE"]);
    assert.equal(error, undefined);
  });

  Deno.test(`V1: requests to a relay of the app's own alone end, though it ${what}`, async () => {
    const { found, verbs, error } = await ask({ [ODD]: { ...good, ...parts } });
    assert.ok(found.length <= 1);
    assert.match(verbs.join(), /^(?:EVENT,)?(?:EOSE|CLOSED)$/);
    if (parts.event === undefined) return assert.equal(error, undefined);
    assert.ok(error instanceof AggregateError && error.errors[0] instanceof RelayFailureError);
  });
}
