import assert from "node:assert/strict";
import { nextTurn } from "../../src/base/clock.ts";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type FaultName, startFault } from "../../testing/faulty_relay.ts";
import { Signer } from "../../testing/signer.ts";
import { eventually } from "../support/eventually.ts";
import { World } from "../support/outbox_world.ts";

/** Law V1 over thousands of requests: whatever a request opens ends with it. */

setFlagsFromString("--expose-gc");
const gc: () => void = runInNewContext("gc");

const NOW = 1_700_000_000;
const authors = Array.from({ length: 20 }, (_, i) => new Signer(100 + i));
const posts = authors.map((author) => author.sign({ created_at: NOW - 100 }));
const failing: FaultName[] = [
  "refused",
  "http-502",
  "mute-host",
  "silent",
  "eose-never",
  "closed:error",
  "closed:rate-limited",
  "disconnect-at-once",
  "disconnect-mid-answer",
  "forged-signature",
];
const ROUNDS = 5;
const REQUESTS_PER_ROUND = 200;
const EVENTS_PER_ROUND = 40;

Deno.test("V1: Outbox leaves no socket, subscription, timer or memory behind after thousands of requests to failing relays", async () => {
  const faulty = failing.map((name) => startFault(name, { events: posts }));
  const world = new World({ living: 2, faulty });
  const { living, outbox, clock } = world;
  for (const [i, author] of authors.entries()) {
    const good = living[i % 2];
    good.seed([posts[i]]);
    await outbox.store.event(author.relayList({ both: [good.url, faulty[i % 10].url] }));
  }
  const sockets = () => [...living, ...faulty].reduce((sum, { open }) => sum + open, 0);
  const relays = [...living, ...faulty.flatMap(({ relay }) => relay ?? [])];
  const requests = () => relays.reduce((sum, relay) => sum + relay.requests, 0);

  const heap: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all([
      ...Array.from({ length: REQUESTS_PER_ROUND }, async (_, n) => {
        const author = authors[n % authors.length];
        const found = await world.query([{ kinds: [1], authors: [author.pubkey], limit: 5 }]);
        assert.deepEqual(found.map(({ pubkey }) => pubkey), [author.pubkey]);
      }),
      ...Array.from(
        { length: EVENTS_PER_ROUND },
        (_, n) =>
          world.event(authors[n % authors.length].sign({ kind: 7, content: `${round} ${n}` })),
      ),
    ]);
    // Before the idle timeout closes any connection.
    await clock.holding(() => eventually("every REQ was closed", () => requests() === 0));
    assert.ok(sockets() <= 4 * (living.length + faulty.length), `${sockets()} sockets are open`);
    assert.ok(clock.pending < 100, `${clock.pending} timers are set`);
    world.failures.length = 0;
    world.opened.splice(0, Infinity, ...world.opened.filter(isAlive));
    gc();
    heap.push(Deno.memoryUsage().heapUsed / 2 ** 20);
  }
  const growth = heap[ROUNDS - 1] - heap[1];
  assert.ok(growth < 8, `The heap grew by ${growth} MB: ${heap}`);
  assert.deepEqual(world.errors, []);

  // What failing relays have not taken would be tried for a week.
  for (const publication of await outbox.publications({ state: "pending" })) publication.drop();
  await new Promise<void>((resolve) => void clock.after(60_000, resolve));
  await eventually("connections without use are closed", () => sockets() === 0);
  await world[Symbol.asyncDispose]();
  assert.equal(clock.pending, 0);
});

Deno.test("V1: Outbox removes every listener from an app's own signal, however requests and events ended", async () => {
  const faulty = startFault("refused:blocked", { events: posts });
  await using world = new World({ living: 1, faulty: [faulty] });
  const [living] = world.living;
  living.seed(posts);
  const { signal } = new AbortController();
  const listening = countListeners(signal);
  for (const { url } of [living, faulty]) {
    const relay = world.outbox.open(url);
    for (const author of authors) {
      const filters = [{ kinds: [1], authors: [author.pubkey] }];
      for await (const [verb] of relay.req(filters, { signal })) if (verb === "EOSE") break;
      const event = relay.event(author.sign({ kind: 7 }), { signal });
      await event.catch((error) => assert.match(error.message, /blocked/));
    }
  }
  assert.equal(listening(), 0);
});

Deno.test("V1: Outbox leaves nothing behind of requests and events that are aborted", async () => {
  const faulty = (["mute-host", "silent", "eose-never", "refused"] as const)
    .map((name) => startFault(name, { events: posts }));
  const world = new World({ living: 1, faulty });
  const [living] = world.living;
  living.seed(posts);
  for (const author of authors) {
    const relays = { both: [living.url, ...faulty.map(({ url }) => url)] };
    await world.outbox.store.event(author.relayList(relays));
  }
  for (let n = 0; n < 200; n++) {
    const controller = new AbortController();
    const { signal } = controller;
    const author = authors[n % authors.length];
    const query = world.pool.query([{ kinds: [1], authors: [author.pubkey] }], { signal });
    const event = world.pool.event(author.sign({ kind: 7, content: `${n}` }), { signal })
      .catch((error: Error) => assert.match(error.name, /AbortError|AggregateError/));
    if (n % 3 === 0) controller.abort();
    else queueMicrotask(() => controller.abort());
    await Promise.all([query, event]);
  }
  const relays = [living, ...faulty.flatMap(({ relay }) => relay ?? [])];
  const isDone = () => relays.every((each) => each.requests === 0);
  await world.clock.holding(() => eventually("every REQ was closed", isDone));
  // A slice of planning ends with the turn.
  await nextTurn(world.clock);
  await world[Symbol.asyncDispose]();
  assert.equal(world.clock.pending, 0);
  assert.deepEqual(world.errors, []);
});

function isAlive({ readyState }: { readyState: number }): boolean {
  return readyState !== WebSocket.CLOSED;
}

/** Counts how many listeners a signal has. */
function countListeners(signal: AbortSignal): () => number {
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (type: string, listener: unknown, options?: unknown) => {
    listeners.add(listener);
    addEventListener.call(signal, type, listener as EventListener, options as boolean);
  };
  signal.removeEventListener = (type: string, listener: unknown, options?: unknown) => {
    listeners.delete(listener);
    removeEventListener.call(signal, type, listener as EventListener, options as boolean);
  };
  return () => listeners.size;
}
