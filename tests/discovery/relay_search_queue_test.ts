import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { Semaphore } from "../../src/base/semaphore.ts";
import { ListSearch } from "../../src/discovery/list_search.ts";
import { RelaySearchQueue, type SearchAnswer } from "../../src/discovery/relay_search_queue.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";
import { CountedController } from "../support/counted_signal.ts";
import { COMPLETE, I1 } from "../support/fake_relays.ts";
import { list, people, person } from "../support/listed_people.ts";

/** A queue whose relay answers when the test says so. */
class QueueTest {
  readonly clock = new TestClock();
  readonly controller = new CountedController();
  readonly requests: NostrFilter[][] = [];
  readonly ends: ((answer: SearchAnswer) => void)[] = [];
  readonly reported: string[] = [];
  readonly queue: RelaySearchQueue;

  constructor(places = 1) {
    this.queue = new RelaySearchQueue(I1, {
      clock: this.clock,
      ask: (_, filters, onEvent) => {
        this.requests.push([...filters]);
        for (const pubkey of filters[0].authors!) if (pubkey === person(7)) onEvent(list(7));
        const { promise, resolve } = Promise.withResolvers<SearchAnswer>();
        this.ends.push(resolve);
        return promise;
      },
      semaphore: new Semaphore(places),
      maxAuthors: 3,
      signal: this.controller.signal,
      isUsable: () => true,
      store: (lists) => Promise.resolve(new Set(lists.values())),
      onFound: (search) => this.#report("found", search),
      onLate: (search) => this.#report("late", search),
      onOutcome: (search, outcome, wasLate) =>
        this.#report(wasLate ? `${outcome} late` : outcome, search),
      onFlood: () => this.reported.push("flood"),
      onError: (error) => this.reported.push(error.message),
      onIdle: () => this.reported.push("idle"),
    });
  }

  /** Adds a search for the nth person's list. */
  add(n: number, { hasList = false, kind = 10002 } = {}): ListSearch {
    const search = new ListSearch(kind, person(n), hasList);
    search.callers = 1;
    this.queue.add(search);
    return search;
  }

  /** The authors of each request. */
  get authors(): (readonly string[])[] {
    return this.requests.map((filters) => filters.flatMap(({ authors = [] }) => authors));
  }

  #report(what: string, { pubkey }: ListSearch): void {
    this.reported.push(`${what} ${Number(`0x${pubkey}`)}`);
  }
}

Deno.test("RelaySearchQueue requests awaited lists before those that are to be refreshed", async () => {
  const test = new QueueTest();
  for (const n of [1, 2, 3, 4]) test.add(n, { hasList: true });
  await settled();
  for (const n of [9, 8]) test.add(n);
  test.ends[0](COMPLETE);
  await settled();
  assert.deepEqual(test.authors, [
    [person(1), person(2), person(3)],
    [person(4), person(8), person(9)],
  ]);
  const full = new QueueTest();
  full.add(0);
  await settled();
  for (const n of [1, 2, 3]) full.add(n, { hasList: true });
  for (const n of [6, 5, 4]) full.add(n);
  full.ends[0](COMPLETE);
  await settled();
  assert.deepEqual(
    full.authors[1],
    people(7).slice(4),
    "sorted, in whatever order they were added",
  );
});

Deno.test("RelaySearchQueue counts a person once whose lists of several kinds are requested", async () => {
  const test = new QueueTest();
  for (const n of [1, 2, 3]) for (const kind of [10050, 10002]) test.add(n, { kind });
  await settled();
  assert.deepEqual(test.requests, [[
    { kinds: [10002, 10050], authors: [person(1), person(2), person(3)], since: 1 },
  ]]);
});

Deno.test("RelaySearchQueue reports each search once, and when no search is left", async () => {
  const test = new QueueTest();
  test.add(6);
  test.add(7);
  await settled();
  test.ends[0](COMPLETE);
  await settled();
  assert.deepEqual(test.reported, ["found 7", "complete 6", "complete 7", "idle"]);
  assert.equal(test.controller.listeners, 0, "nothing listens to the signal any longer");
  assert.equal(test.clock.pending, 0);
});

Deno.test("RelaySearchQueue reports a late relay, what it sent until then, and its end all the same", async () => {
  const test = new QueueTest();
  test.add(6);
  test.add(7);
  await test.clock.advance(2_000);
  assert.deepEqual(test.reported, ["found 7", "late 6", "late 7"]);
  test.ends[0]({ answered: true, complete: false });
  await settled();
  assert.deepEqual(test.reported.slice(3), ["cut late 6", "cut late 7", "idle"]);
});

Deno.test("RelaySearchQueue stores the first lists that a relay sends within 20 ms, though its answer goes on", async () => {
  const test = new QueueTest();
  test.add(6);
  test.add(7);
  await test.clock.advance(19);
  assert.deepEqual(test.reported, []);
  await test.clock.advance(1);
  assert.deepEqual(test.reported, ["found 7"]);
  test.ends[0](COMPLETE);
  await settled();
  assert.deepEqual(test.reported.slice(1), ["complete 6", "complete 7", "idle"]);
  assert.equal(test.clock.pending, 0);
});

Deno.test("RelaySearchQueue sends no request once its signal is aborted", async () => {
  const test = new QueueTest();
  for (const n of [1, 2, 3, 4, 5]) test.add(n);
  await settled();
  test.controller.abort();
  test.ends[0](COMPLETE);
  test.add(6);
  await settled();
  assert.equal(test.requests.length, 1);
  assert.equal(test.clock.pending, 0);
});
