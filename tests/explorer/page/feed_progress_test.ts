import assert from "node:assert/strict";
import { explorerData } from "../../../src/explorer/explorer_data.ts";
import { feedProgress } from "../../../src/explorer/page/feed_progress.ts";

const keys = ["aa", "bb", "cc"].map((byte) => byte.repeat(32));
const [A, B] = ["wss://a.example/", "wss://b.example/"];
const NOW = 1_700_000_000;

const span = (since: number, until: number) => [
  { since, until, proof: "drained" as const, seenAt: 0 },
];
const coverage = [
  {
    pubkey: keys[0],
    since: NOW - 5_000,
    until: NOW - 10,
    proof: "drained" as const,
    relays: [{ url: A, spans: span(NOW - 5_000, NOW - 10) }],
    missing: [],
  },
  {
    pubkey: keys[1],
    since: NOW - 9_000,
    until: NOW - 4_000,
    proof: "inferred" as const,
    relays: [{ url: A, spans: span(NOW - 9_000, NOW - 4_000) }],
    missing: [],
  },
  { pubkey: keys[2], relays: [{ url: B, spans: [], reason: "backing-off" as const }], missing: [] },
];
const data = explorerData({ people: keys, knowledge: new Map(), now: NOW * 1000, coverage });

Deno.test("feedProgress() counts who is complete up to the newest, up to earlier, and never", () => {
  const { people, newest, upToDate, late, unknown } = feedProgress(data, 10_000);
  assert.deepEqual({ people, newest, upToDate, late, unknown }, {
    people: 3,
    newest: NOW - 10,
    upToDate: 1,
    late: 1,
    unknown: 1,
  });
});

Deno.test("feedProgress() counts at each time who is complete then, by the proof", () => {
  const { points } = feedProgress(data, 10_000, 4);
  assert.deepEqual(points, [
    { time: NOW - 7_500, proved: 0, inferred: 1 },
    { time: NOW - 5_000, proved: 1, inferred: 1 },
    { time: NOW - 2_500, proved: 1, inferred: 0 },
    { time: NOW, proved: 0, inferred: 0 },
  ]);
});

Deno.test("feedProgress() names the relays that are behind, and why", () => {
  assert.deepEqual(feedProgress(data, 10_000).behind, [
    { relay: 0, people: 1, until: NOW - 4_000, reason: "" },
    { relay: 1, people: 1, reason: "backing-off" },
  ]);
});

Deno.test("feedProgress() knows nothing of a database without feeds", () => {
  const none = explorerData({ people: keys, knowledge: new Map(), now: 0 });
  const { people, newest, behind } = feedProgress(none, 10_000);
  assert.deepEqual({ people, newest, behind }, { people: 0, newest: undefined, behind: [] });
});
