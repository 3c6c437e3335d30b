import assert from "node:assert/strict";
import type { NostrEvent } from "@nostrify/types";
import { Cursor, type CursorRequest, MAX_LIMIT } from "../../src/feeds/cursor.ts";
import { FeedMerge } from "../../src/feeds/feed_merge.ts";
import type { AnswerProof } from "../../src/nostr/answer_proof.ts";
import { createRandom } from "../../testing/random.ts";
import { START } from "../../testing/test_clock.ts";
import { note } from "../support/notes.ts";

const TOP = START + 900;

/** Relays that hold events, and a merge that reads them; each answer comes at once. */
class MergeWorld {
  readonly merge = new FeedMerge(TOP, 0);
  readonly relays = new Map<Cursor, readonly NostrEvent[]>();
  moved = 0;
  requests = 0;

  /** Adds a relay, newest events first; `people` of all are read there. */
  add(events: readonly NostrEvent[], people = 1): void {
    const cursor = new Cursor({
      url: `wss://r${this.relays.size}.example/`,
      filter: { kinds: [1] },
      shape: "",
      subjects: Array.from({ length: people }, (_, i) => `${this.relays.size} ${i}`),
      top: TOP,
      floor: 0,
    });
    this.merge.add(cursor);
    this.relays.set(cursor, [...events].sort((a, b) => b.created_at - a.created_at));
  }

  /** Answers requests. */
  answer(requests: readonly CursorRequest[]): void {
    for (const request of requests) {
      const { cursor, filter, since, until, limit } = request;
      const all = this.relays.get(cursor)!
        .filter(({ created_at }) => created_at >= since && created_at <= until);
      const events = all.slice(0, limit);
      this.requests++;
      this.moved += events.length;
      for (const event of events) this.merge.push(event);
      const proof: AnswerProof = events.length < limit ? "inferred" : "unknown";
      cursor.answered(request, { events, proofs: new Map([[filter, proof]]), uncut: MAX_LIMIT });
    }
  }

  /** Reads a page; how many rounds of requests it took. */
  page(size: number) {
    let rounds = 0;
    for (; !this.merge.isWhole(size); rounds++) {
      assert.ok(rounds < 50, "It never gets whole");
      this.answer(this.merge.forPage(size));
    }
    return { rounds, ...this.merge.take(size) };
  }
}

/** Posts at random times, denser by day than by night. */
function randomPosts(count: number, seed: number): NostrEvent[] {
  const random = createRandom(seed);
  let time = START;
  return Array.from({ length: count }, () => {
    const isDay = Math.floor(time / 43_200) % 2 === 0;
    time -= Math.floor(-Math.log(1 - random()) * (isDay ? 60 : 600));
    return note({ created_at: time });
  });
}

Deno.test("F6 memory is bounded: FeedMerge keeps a few pages, however far one scrolls", () => {
  const world = new MergeWorld();
  const posts = randomPosts(12_000, 1);
  const random = createRandom(2);
  for (let i = 0; i < 12; i++) world.add(posts.filter(() => random() < 1 / 6));
  let most = 0, given = 0;
  for (let pages = 0; pages < 200; pages++) {
    given += world.page(50).events.length;
    most = Math.max(most, world.merge.buffer.size);
  }
  assert.equal(given, 10_000);
  assert.ok(most <= 12 * 50, `${most} events wait`);
});

Deno.test("FeedMerge reads most pages from what is there, and moves each event little more than once a relay", () => {
  const world = new MergeWorld();
  const posts = randomPosts(3_000, 3);
  const random = createRandom(4);
  const copies = Array.from({ length: 20 }, (): NostrEvent[] => []);
  for (const post of posts) {
    const first = Math.floor(random() * 20);
    for (const index of [first, (first + 7) % 20]) copies[index].push(post);
  }
  for (const events of copies) world.add(events);
  const rounds = Array.from({ length: 20 }, () => world.page(50).rounds);
  assert.ok(rounds.filter((count) => count === 0).length >= 10, rounds.join(" "));
  assert.ok(rounds.slice(1).filter((count) => count <= 1).length >= 17, rounds.join(" "));
  const different = 1_000 + world.merge.buffer.size;
  assert.ok(world.moved <= 2.1 * different, `${world.moved} for ${different}`);
});

Deno.test("FeedMerge reads a relay that holds nothing for years as far as one that holds little", () => {
  const world = new MergeWorld();
  world.add([note({ created_at: START }), note({ created_at: START - 100_000_000 })]);
  world.add(randomPosts(30, 5));
  const first = world.page(20);
  assert.equal(first.events.length, 20);
  const second = world.page(20);
  assert.equal(second.events.length, 12);
  assert.equal(second.since, 0);
  assert.ok(world.merge.isEnded);
  assert.ok(world.requests <= 10, String(world.requests));
});

Deno.test("FeedMerge asks a new relay for what the pages so far should have had", () => {
  const world = new MergeWorld();
  const posts = randomPosts(200, 6);
  world.add(posts);
  world.page(20);
  const edge = world.merge.buffer.edge!;
  const late = randomPosts(5, 7);
  world.add(late);
  const [request] = world.merge.catchUp();
  assert.ok(request.since <= edge.created_at);
  world.answer([request]);
  const expected = late.filter(({ created_at }) => created_at >= edge.created_at).length;
  assert.ok(expected > 0);
  const places = late.map((event) => world.merge.push(event));
  assert.deepEqual(places, late.map(() => undefined), "They came already");
  assert.deepEqual(world.merge.catchUp(), []);
});

Deno.test("FeedMerge says of a page that ends within a second that it has the seconds after it", () => {
  const world = new MergeWorld();
  world.add([5, 4, 4, 3].map((ago) => note({ created_at: START - 10 + ago })));
  assert.equal(world.page(2).since, START - 10 + 5);
  assert.equal(world.page(1).since, START - 10 + 4);
  assert.equal(world.page(1).since, 0);
});

Deno.test("FeedMerge catches up a relay that lacks one second of the pages, and none that lacks nothing", () => {
  const world = new MergeWorld();
  world.add(randomPosts(50, 8));
  world.page(5);
  const edge = world.merge.buffer.edge!.created_at;
  for (const missing of [1, 0]) {
    world.add([]);
    const cursor = [...world.relays.keys()].at(-1)!;
    const request = cursor.request(edge + missing, 10);
    const proofs = new Map([[request.filter, "finish" as const]]);
    cursor.answered(request, { events: [], proofs, uncut: 0 });
    assert.deepEqual(world.merge.catchUp().map((one) => one.cursor), missing ? [cursor] : []);
    world.answer(world.merge.catchUp());
  }
});

Deno.test("FeedMerge asks for no more late events while many wait for the next page", () => {
  const world = new MergeWorld();
  world.add(randomPosts(50, 9));
  world.page(5);
  world.add([]);
  assert.equal(world.merge.catchUp().length, 1);
  for (let i = 0; i < 2_001; i++) world.merge.buffer.addLate(note());
  assert.deepEqual(world.merge.catchUp(), []);
  assert.equal(world.merge.take(5).late.length, 2_001);
  assert.equal(world.merge.catchUp().length, 1);
});

Deno.test("FeedMerge reads on to the end where events have become rare, in few rounds", () => {
  const world = new MergeWorld();
  const old = randomPosts(15, 11).map((event) => ({
    ...event,
    created_at: event.created_at - 1_000_000_000,
  }));
  world.add([...randomPosts(300, 10), ...old]);
  const rounds = Array.from({ length: 6 }, () => world.page(60).rounds);
  assert.ok(rounds.every((count) => count <= 2), rounds.join(" "));
});
