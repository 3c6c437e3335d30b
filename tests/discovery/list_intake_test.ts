import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { ListIntake } from "../../src/discovery/list_intake.ts";
import { ListSearch } from "../../src/discovery/list_search.ts";
import {
  type EventRefusal,
  EventRefusedError,
  type RelayFailureError,
} from "../../src/nostr/errors.ts";
import { settled } from "../../testing/test_clock.ts";
import { I1, I2 } from "../support/fake_relays.ts";
import { list, person } from "../support/listed_people.ts";

/** An intake over a store that refuses what the test says. */
class IntakeTest {
  readonly controller = new AbortController();
  readonly calls: NostrEvent[][] = [];
  /** What was kept in memory. */
  readonly held: NostrEvent[] = [];
  readonly errors: Error[] = [];
  readonly intake: ListIntake;
  refuse: (event: NostrEvent) => EventRefusedError | undefined = () => undefined;
  wait: Promise<void> = Promise.resolve();

  constructor() {
    this.intake = new ListIntake({
      store: {
        events: async (events) => {
          this.calls.push([...events]);
          await this.wait;
          const refused = [...events].flatMap((event) => this.refuse(event) ?? []);
          return { stored: 0, refused };
        },
        hold: (events) => {
          this.held.push(...events);
          return Promise.resolve([...events].flatMap((event) => this.refuse(event) ?? []));
        },
      },
      signal: this.controller.signal,
      onError: (error) => this.errors.push(error),
    });
  }

  /** Stores lists with their searches; returns the numbers of the people that were found. */
  async store(url: string, ...lists: [NostrEvent, ListSearch][]): Promise<number[]> {
    const found = await this.intake.store(url, new Map(lists));
    return [...found].map(({ pubkey }) => Number(`0x${pubkey}`));
  }
}

const search = (n: number) => new ListSearch(10002, person(n), false);

Deno.test("ListIntake gives the store no list that another relay sent before", async () => {
  const test = new IntakeTest();
  const alice = search(7);
  const { promise, resolve } = Promise.withResolvers<void>();
  test.wait = promise;
  const first = test.store(I1, [list(7), alice]);
  const second = test.store(I2, [list(7), alice]);
  await settled();
  assert.equal(test.calls.length, 1, "the second waits for the first");
  resolve();
  assert.deepEqual(await Promise.all([first, second]), [[7], [7]]);
  assert.equal(test.calls.length, 1);
  const newer = list(7, list(7).created_at + 1);
  assert.deepEqual(await test.store(I2, [newer, alice]), [7]);
  assert.deepEqual(test.calls[1], [newer]);
});

Deno.test("ListIntake finds nothing in refused lists; it reports only forged or malformed ones, once for each relay", async () => {
  const refusals: [EventRefusal, boolean][] = [
    ["forged", true],
    ["malformed", true],
    ["future", false],
    ["deleted", false],
  ];
  for (const [reason, isLie] of refusals) {
    const test = new IntakeTest();
    // A store may name a copy of a valid event.
    test.refuse = (event) =>
      event.pubkey === person(7)
        ? new EventRefusedError(reason, reason === "deleted" ? { ...event } : event, "it is bad")
        : undefined;
    for (const _ of [1, 2]) {
      const found = await test.store(I1, [list(7), search(7)], [list(8), search(8)]);
      assert.deepEqual(found, [8]);
    }
    assert.deepEqual(
      test.errors.map((error) => (error as RelayFailureError).relay),
      isLie ? [I1] : [],
    );
  }
});

Deno.test("ListIntake stores a genuine list beside a forged copy with the same id", async () => {
  const test = new IntakeTest();
  const forged = { ...list(7), content: "forged" };
  test.refuse = (event) =>
    event === forged ? new EventRefusedError("forged", event, "it is") : undefined;
  const alice = search(7);
  assert.deepEqual(await test.store(I1, [forged, alice], [list(7), alice]), [7]);
});

Deno.test("D1: ListIntake keeps genuine lists in memory that could not be stored, and stores them if they come again", async () => {
  const test = new IntakeTest();
  test.wait = Promise.reject(new Error("disk full"));
  const forged = list(8);
  test.refuse = (event) =>
    event === forged ? new EventRefusedError("forged", event, "it is bad") : undefined;
  const searches = [search(7), search(8)];
  const lists = new Map([[list(7), searches[0]], [forged, searches[1]]]);
  assert.deepEqual(await test.intake.store(I1, lists), new Set([searches[0]]));
  assert.deepEqual(test.held, [list(7), forged]);
  assert.equal((test.errors[1] as RelayFailureError).relay, I1);
  test.wait = Promise.resolve();
  assert.deepEqual(await test.store(I2, [list(7), searches[0]]), [7]);
  assert.deepEqual(test.calls[1], [list(7)]);
});

Deno.test("ListIntake reports a store that fails, and goes on; once it is ended, it reports nothing", async () => {
  const test = new IntakeTest();
  test.wait = Promise.reject(new Error("disk full"));
  assert.deepEqual(await test.store(I1, [list(7), search(7)]), [7]);
  assert.deepEqual(test.errors.map(({ message }) => message), [`Cannot store the lists of ${I1}`]);
  test.wait = Promise.resolve();
  assert.deepEqual(await test.store(I1, [list(7), search(7)]), [7]);
  test.controller.abort();
  assert.deepEqual(await test.store(I1, [list(7), search(7)]), []);
  assert.equal(test.calls.length, 2);
  assert.equal(test.errors.length, 1);
});
