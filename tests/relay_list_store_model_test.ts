import assert from "node:assert/strict";
import { NCache } from "@nostrify/nostrify";
import type { NostrEvent, NStore } from "@nostrify/types";
import fc from "fast-check";
import { takesBack } from "../src/deletions.ts";
import { EventRefusedError } from "../src/errors.ts";
import { isNewer } from "../src/versions.ts";
import { RelayListStore } from "../src/relay_list_store.ts";
import { PEOPLE, RELAYS, time } from "./support/arbitraries.ts";
import { listEvent, NOW, unsigned } from "./support/list_store.ts";

const AUTHORS = PEOPLE.slice(-2);
const author = fc.constantFrom(...AUTHORS);

/** A version of a list, known by its one relay. */
const list = fc.tuple(author, time, fc.constantFrom(...RELAYS.slice(0, 3)))
  .map(([author, created_at, url]) => listEvent(author, [url], created_at));
const deletion = fc.tuple(author, time, fc.constantFrom(5, 62)).map(([author, created_at, kind]) =>
  unsigned(author, { kind, created_at, tags: [["a", `10002:${author}:`]] })
);

/** What is stored when the callers come. */
const FIRST = AUTHORS.map((author) => listEvent(author, [RELAYS[3]], NOW - 10));

/** What callers do, each of them when the scheduler says so. */
type Action = { get: string[] } | { write: NostrEvent } | { remove: string };
const get = fc.record({ get: fc.subarray(AUTHORS, { minLength: 1 }) });
const write = fc.record({ write: list });
const anything = fc.oneof(
  get,
  write,
  fc.record({ write: deletion }),
  fc.record({ remove: author }),
);

const settings = fc.record({
  max: fc.integer({ min: 1, max: 3 }),
  batchSize: fc.integer({ min: 1, max: 3 }),
});

/** A database that acts, and whose answers arrive, when the scheduler says so. */
function scheduled(scheduler: fc.Scheduler, inner: NCache): Required<Omit<NStore, "count">> {
  const call = async <T>(name: string, work: () => Promise<T>) => {
    await scheduler.schedule(Promise.resolve(), `${name} acts`);
    const result = await work();
    await scheduler.schedule(Promise.resolve(), `${name} answers`);
    return result;
  };
  return {
    event: (event) => call("event", () => inner.event(event)),
    query: (filters) => call("query", () => inner.query(filters)),
    remove: (filters) => call("remove", () => inner.remove(filters)),
  };
}

/** Lets callers loose on a store, in the order that the scheduler finds. */
async function play(
  scheduler: fc.Scheduler,
  actions: readonly Action[],
  options: { max: number; batchSize: number },
) {
  const cache = new NCache({ max: 100 });
  for (const list of FIRST) cache.add(list);
  const now = () => NOW * 1000;
  const trusting = { ...options, now, verifyEvent: () => true };
  const store = new RelayListStore(scheduled(scheduler, cache), trusting);
  const written: NostrEvent[] = [...FIRST];
  const answers: { pubkey: string; relay?: string; writtenBefore: NostrEvent[] }[] = [];

  const run = async (action: Action) => {
    await scheduler.schedule(Promise.resolve(), JSON.stringify(action));
    if ("get" in action) {
      const writtenBefore = [...written];
      const lists = await store.get(action.get);
      for (const pubkey of action.get) {
        answers.push({ pubkey, relay: lists.get(pubkey)?.write[0], writtenBefore });
      }
    } else if ("remove" in action) {
      await store.remove([{ kinds: [10002], authors: [action.remove] }]);
    } else {
      await store.event(action.write).then(() => written.push(action.write), (error) => {
        assert.ok(error instanceof EventRefusedError && error.reason === "deleted", `${error}`);
      });
    }
  };
  await scheduler.waitFor(Promise.all(actions.map(run)));
  const remembered = scheduler.waitFor(store.get(AUTHORS));
  return { answers, written, remembered: await remembered, cache };
}

const numRuns = 500;

Deno.test("get() never gives less than was written before it was asked, whatever overlaps", async () => {
  const actions = fc.array(fc.oneof(get, write), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), actions, settings, async (scheduler, actions, options) => {
      const { answers } = await play(scheduler, actions, options);
      const later = actions.flatMap((action) => "write" in action ? [action.write] : []);
      for (const { pubkey, relay, writtenBefore } of answers) {
        const given = [...FIRST, ...later].filter((list) =>
          list.pubkey === pubkey && list.tags[0][1] === relay
        );
        for (const list of writtenBefore.filter((list) => list.pubkey === pubkey)) {
          const isOlder = !given.some((version) => !isNewer(list, version));
          assert.ok(!isOlder, `${relay} is older than ${list.tags[0][1]}, or was never written`);
        }
      }
    }),
    { numRuns },
  );
});

Deno.test("memory agrees with the database once all is quiet, whatever overlapped", async () => {
  const actions = fc.array(anything, { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), actions, settings, async (scheduler, actions, options) => {
      const { remembered, cache } = await play(scheduler, actions, options);
      assert.deepEqual(remembered, await new RelayListStore(cache, { max: 9 }).get(AUTHORS));
    }),
    { numRuns },
  );
});

Deno.test("NIP-09, NIP-62: a list that is written while it is deleted does not stay", async () => {
  const actions = fc.array(fc.oneof(write, fc.record({ write: deletion })), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), actions, settings, async (scheduler, actions, options) => {
      const { written, cache } = await play(scheduler, actions, options);
      for (const list of await cache.query([{ kinds: [10002] }])) {
        assert.ok(!written.some((event) => takesBack(event, list)));
      }
    }),
    { numRuns },
  );
});
