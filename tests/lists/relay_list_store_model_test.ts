import { NCache } from "@nostrify/nostrify";
import type { NostrEvent, NStore } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { RelayListStore } from "../../src/lists/relay_list_store.ts";
import { EventRefusedError } from "../../src/nostr/errors.ts";
import { isNewer } from "../../src/nostr/versions.ts";
import { PEOPLE, RELAYS, time } from "../support/arbitraries.ts";
import { deletes, listEvent, NOW, unsigned } from "../support/list_store.ts";

const AUTHORS = PEOPLE.slice(-2);
const author = fc.constantFrom(...AUTHORS);

/** A version of a list, identified by its one relay. */
const list = fc.tuple(author, time, fc.constantFrom(...RELAYS.slice(0, 3)))
  .map(([author, created_at, url]) => listEvent(author, [url], created_at));
const deletion = fc.tuple(author, time, fc.constantFrom(5, 62)).map(([author, created_at, kind]) =>
  unsigned(author, { kind, created_at, tags: [["a", `10002:${author}:`], ["relay", "ALL_RELAYS"]] })
);

/** What is stored before the first call. */
const FIRST = AUTHORS.map((author) => listEvent(author, [RELAYS[3]], NOW - 10));

/** What callers do, in the order of the scheduler. */
type Action = { get: string[] } | { write: NostrEvent[] } | { remove: string };
const get = fc.record({ get: fc.subarray(AUTHORS, { minLength: 1 }) });
const few = { minLength: 1, maxLength: 3 };
const write = fc.record({ write: fc.array(list, few) });
const writeAny = fc.record({ write: fc.array(fc.oneof(list, deletion), few) });
const anything = fc.oneof(
  get,
  write,
  writeAny,
  fc.record({ remove: author }),
);

const settings = fc.record({
  max: fc.integer({ min: 1, max: 3 }),
  batchSize: fc.integer({ min: 1, max: 3 }),
});

/** A database that acts and answers in the order of the scheduler. */
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

/** Writes one event by itself, or several together; returns what was refused. */
async function writeAll(store: RelayListStore, events: NostrEvent[]): Promise<NostrEvent[]> {
  if (events.length > 1) return (await store.events(events)).refused.map(({ event }) => event);
  return await store.event(events[0]).then(() => [], (error) => {
    assert.ok(error instanceof EventRefusedError && error.reason === "deleted", `${error}`);
    return events;
  });
}

/** Runs all callers on a store, in the order of the scheduler. */
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
  const notified: { pubkey: string; created_at: number; relay?: string }[] = [];
  store.onList(({ pubkey, created_at, write: [relay] }) =>
    notified.push({ pubkey, created_at, relay })
  );
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
      const refused = await writeAll(store, action.write);
      written.push(...action.write.filter((event) => !refused.includes(event)));
    }
  };
  await scheduler.waitFor(Promise.all(actions.map(run)));
  const cached = scheduler.waitFor(store.get(AUTHORS));
  return { answers, written, notified, cached: await cached, cache };
}

const numRuns = 500;

Deno.test("RelayListStore get() never returns less than was written before the call, whatever overlaps", async () => {
  const actions = fc.array(fc.oneof(get, write), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), actions, settings, async (scheduler, actions, options) => {
      const { answers } = await play(scheduler, actions, options);
      const later = actions.flatMap((action) => "write" in action ? action.write : []);
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

Deno.test("RelayListStore onList() reports an author's lists in the order of their versions, the newest last", async () => {
  const actions = fc.array(fc.oneof(get, write), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), actions, settings, async (scheduler, actions, options) => {
      const { written, notified } = await play(scheduler, actions, options);
      for (const author of AUTHORS) {
        const newest = written.filter(({ pubkey }) => pubkey === author)
          .reduce((a, b) => isNewer(b, a) ? b : a);
        const own = notified.filter(({ pubkey }) => pubkey === author);
        const versions = own.map(({ created_at, relay }) =>
          written.find((list) =>
            list.pubkey === author && list.created_at === created_at && list.tags[0][1] === relay
          )!
        );
        versions.slice(1).forEach((version, i) => assert.ok(isNewer(version, versions[i])));
        assert.equal(
          (versions.at(-1) ?? FIRST.find((list) => list.pubkey === author))?.id,
          newest.id,
        );
      }
    }),
    { numRuns },
  );
});

Deno.test("RelayListStore cache agrees with the database once all is quiet, whatever overlapped", async () => {
  const actions = fc.array(anything, { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), actions, settings, async (scheduler, actions, options) => {
      const { cached, cache } = await play(scheduler, actions, options);
      assert.deepEqual(cached, await new RelayListStore(cache, { max: 9 }).get(AUTHORS));
    }),
    { numRuns },
  );
});

Deno.test("NIP-09, NIP-62: RelayListStore keeps no list that is written while it is deleted", async () => {
  const actions = fc.array(writeAny, { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), actions, settings, async (scheduler, actions, options) => {
      const { written, cache } = await play(scheduler, actions, options);
      for (const list of await cache.query([{ kinds: [10002] }])) {
        assert.ok(!written.some((event) => deletes(event, list)));
      }
    }),
    { numRuns },
  );
});
