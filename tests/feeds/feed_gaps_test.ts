import assert from "node:assert/strict";
import type { NostrFilter } from "@nostrify/types";
import { Cursor, type CursorOptions } from "../../src/feeds/cursor.ts";
import { type FeedReading, gapsOf, knownRanges, openingGaps } from "../../src/feeds/feed_gaps.ts";
import { AUTHORS, notes } from "../support/notes.ts";

const [a, b] = AUTHORS;
const X = "wss://x.example/", Y = "wss://y.example/";
const TOP = 100_000;

/** A cursor that was read down to a second. */
function cursorAt(position: number, options: Partial<CursorOptions> = {}): Cursor {
  const { subjects = [a] } = options;
  const filter = { kinds: [1], authors: [...subjects] };
  const one = new Cursor({ url: X, filter, shape: "", subjects, top: TOP, floor: 0, ...options });
  if (position > TOP) return one;
  const request = one.request(position, 10);
  one.answered(request, { events: [], proofs: new Map([[request.filter, "finish"]]), uncut: 0 });
  return one;
}

/** What is read where nobody has a list. */
const reading = (cursors: readonly Cursor[], others: Partial<FeedReading> = {}): FeedReading => ({
  merge: { cursors: new Set(cursors) },
  planned: { plan: { unrouted: [] } } as never,
  pending: new Set(),
  isListed: () => undefined,
  ...others,
});

const gaps = (since: number, ...cursors: Cursor[]) => gapsOf(reading(cursors), since);

Deno.test("gapsOf() names each person of a relay that has not been read so far", () => {
  const slow = cursorAt(501, { subjects: [a, b] });
  assert.deepEqual(gaps(500, slow, cursorAt(0, { url: Y })), [
    { pubkey: a, relay: X, since: 500, reason: "late" },
    { pubkey: b, relay: X, since: 500, reason: "late" },
  ]);
  assert.deepEqual(gaps(501, slow), []);
  const group = cursorAt(501, { filter: { "#h": ["id"] }, subjects: [a] });
  const whole = cursorAt(501, { filter: { "#t": ["nostr"] }, subjects: [] });
  const unnamed = { relay: X, since: 0, reason: "late" };
  assert.deepEqual(gaps(0, group, whole), [unnamed, unnamed]);
});

Deno.test("gapsOf() names nobody of a relay that failed after it was read so far, or of whom another was", () => {
  const failed = cursorAt(500, { subjects: [a, b] });
  failed.failure = { reason: "unreachable" };
  assert.deepEqual(gaps(500, failed), []);
  const gap = { relay: X, since: 499, reason: "unreachable" };
  assert.deepEqual(gaps(499, failed), [{ pubkey: a, ...gap }, { pubkey: b, ...gap }]);
  const other = cursorAt(499, { url: Y });
  assert.deepEqual(gaps(499, failed, other), [{ pubkey: b, ...gap }]);
  assert.deepEqual(gaps(498, failed, other).length, 3, "The other was not read so far");
});

Deno.test("gapsOf() does not take a relay that never says that it is done for one that was read", () => {
  const failed = cursorAt(500);
  failed.failure = { reason: "unreachable" };
  const unproven = cursorAt(TOP + 1, { url: Y });
  assert.ok(unproven.unproven(notes(1, { created_at: 10 })));
  assert.deepEqual(gaps(50, failed, unproven), [
    { pubkey: a, relay: X, since: 50, reason: "unreachable" },
    { pubkey: a, relay: Y, since: 50, reason: "no-answer" },
  ]);
});

Deno.test("gapsOf() names somebody whose one filter was read, and whose other was not", () => {
  const [posts, likes] = [1, 7].map((kind) =>
    cursorAt(500, { shape: `${kind}`, filter: { kinds: [kind], authors: [a] } })
  );
  likes.failure = { reason: "withheld" };
  posts.answered(posts.request(0, 9), { events: [], proofs: new Map(), uncut: 0 });
  assert.deepEqual(gaps(499, cursorAt(0, { shape: "1" }), likes), [
    { pubkey: a, relay: X, since: 499, reason: "withheld" },
  ]);
});

Deno.test("gapsOf() begins a gap where nothing is known, of several ranges that are", () => {
  const known = [{ since: 600, until: 900 }, { since: 0, until: 100 }];
  const slow = cursorAt(TOP + 1, { known });
  for (const [since, from] of [[0, 101], [100, 101], [300, 300], [600, 901], [950, 950]]) {
    assert.deepEqual(gaps(since, slow), [{ pubkey: a, relay: X, since: from, reason: "late" }]);
  }
});

Deno.test("gapsOf() says from which second on a relay cuts its answers, if the pages have got there", () => {
  const one = cursorAt(TOP + 1, { top: 1_000 });
  for (const second of [900, 800]) {
    const request = one.request(-Infinity, 5_000);
    const events = notes(2, { created_at: second + 1 }).slice(1);
    one.answered(request, { events, proofs: new Map(), uncut: 0 });
    const again = one.request(-Infinity, 5_000);
    one.answered(again, {
      events: [...events, ...notes(1, { created_at: second })],
      proofs: new Map(),
      uncut: 0,
    });
  }
  assert.deepEqual(one.cutSeconds, [900, 800]);
  const cutFrom = (since: number) => gaps(since, one).map(({ since, reason }) => [since, reason]);
  assert.deepEqual(cutFrom(800), [[800, "cut"]]);
  assert.deepEqual(cutFrom(801), [[900, "cut"]]);
  assert.deepEqual(cutFrom(901), []);
  one.failure = { reason: "unreachable" };
  assert.deepEqual(cutFrom(801), [[900, "cut"]]);
});

Deno.test("gapsOf() names those whom a store has that was not read so far", () => {
  const store = cursorAt(TOP + 1, { url: "", subjects: [], filter: { kinds: [1], authors: [a] } });
  assert.deepEqual(gaps(0, store, cursorAt(0)), [], "Relays were asked for everything");
  const left = cursorAt(0);
  left.leftOut = true;
  assert.deepEqual(gaps(5, store, left), [{ pubkey: a, since: 5, reason: "late" }]);
  const read = cursorAt(5, { url: "", subjects: [] });
  assert.deepEqual(gaps(5, read, left), []);
});

Deno.test("gapsOf() names who has no relays", () => {
  const plan = { unrouted: [{ pubkey: a, reason: "no-relays" }, { reason: "no-relays" }] };
  assert.deepEqual(gapsOf(reading([], { planned: { plan } as never }), 7), [
    { pubkey: a, since: 7, reason: "no-relays" },
    { since: 7, reason: "no-relays" },
  ]);
});

Deno.test("gapsOf() names those none of whose own relays was read, whatever others gave", () => {
  const lists = new Map([[a, [X]], [b, ["wss://z.example/"]]]);
  const isListed = ({ url }: Cursor, subject: string) => lists.get(subject)?.includes(url);
  const named = (cursors: readonly Cursor[], pending: readonly string[] = []) =>
    gapsOf(reading(cursors, { pending: new Set(pending), isListed }), 500)
      .map(({ pubkey, relay, reason }) => [pubkey, relay, reason]);
  const failed = cursorAt(501), read = cursorAt(400);
  const other = cursorAt(400, { url: Y, subjects: [a, b] });
  failed.failure = { reason: "unreachable" };
  const ofB = [b, undefined, "fallback"];
  assert.deepEqual(named([failed, other]), [[a, X, "unreachable"], ofB]);
  assert.deepEqual(named([read, other]), [ofB]);
  assert.deepEqual(named([cursorAt(501), other]), [[a, X, "late"], ofB]);
  assert.deepEqual(named([other]), [[a, undefined, "fallback"], ofB]);
  assert.deepEqual(named([read, other], [b]), [[b, undefined, "late"]], "Its list is looked for");
  lists.clear();
  assert.deepEqual(named([failed, other]), []);
});

Deno.test("openingGaps() begins where the relays that were read have the first gap in the store", () => {
  const ranges: Record<string, { since: number; until: number }[]> = {
    [X]: [{ since: 200, until: 300 }, { since: 0, until: 100 }],
    [Y]: [{ since: 0, until: 250 }],
  };
  const spans = {
    relaysOf: (author: string) => author === a ? [X, Y] : [],
    get: (_: string, url: string) => ranges[url],
  } as never;
  const filters: NostrFilter[] = [{ kinds: [1], authors: [a, b] }];
  const from = (since: number, given = filters) =>
    openingGaps(knownRanges(spans, given, 1), given, since).map((gap) => [gap.pubkey, gap.since]);
  assert.deepEqual(from(0), [[a, 101], [b, 0]]);
  assert.deepEqual(from(150), [[a, 150], [b, 150]]);
  assert.deepEqual(from(200), [[a, 251], [b, 200]]);
  const tagged: NostrFilter[] = [{ kinds: [1], authors: [a] }, { "#p": [a] }];
  assert.deepEqual(from(200, tagged), [[a, 251], [undefined, 200]]);
});
