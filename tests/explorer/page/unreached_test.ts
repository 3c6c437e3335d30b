import assert from "node:assert/strict";
import { explorerData, type ExplorerSource } from "../../../src/explorer/explorer_data.ts";
import { ExplorerPlanner } from "../../../src/explorer/explorer_plan.ts";
import { unreachedGroups } from "../../../src/explorer/page/unreached.ts";
import { UNKNOWN_RELAY } from "../../../src/relays/relay_record.ts";

const [alice, bob, carol, dave] = ["aa", "bb", "cc", "dd"].map((byte) => byte.repeat(32));
const [A, B, FALLBACK] = ["wss://a.example/", "wss://b.example/", "wss://fallback.example/"];

/** The titles of the groups, with their people. */
function groups(source: Omit<ExplorerSource, "now">, cap = 20): [string, number[]][] {
  const data = explorerData({ now: 0, ...source });
  const plan = new ExplorerPlanner(data).plan(cap);
  return unreachedGroups(data, plan).map(({ title, people }) => [title, [...people]]);
}

Deno.test("unreachedGroups() has nobody where everybody has a relay of their own", () => {
  assert.deepEqual(groups({ people: [alice], knowledge: new Map([[alice, { write: [A] }]]) }), []);
  assert.deepEqual(groups({ people: [], knowledge: new Map() }), []);
});

Deno.test("unreachedGroups() tells why: no list, an unusable one, the cap, or an invalid key", () => {
  const knowledge = new Map([
    [alice, { write: [A] }],
    [bob, { write: [B], refused: [] }],
    [carol, { write: [], refused: [{ url: "ws://c", reason: "insecure" as const }] }],
  ]);
  const people = [alice, bob, carol, dave, "x"];
  const missing = new Map([[dave, "none" as const]]);
  const weight = (url: string) => url === B ? 0.1 : 1;
  const all = groups({ people, knowledge, missing, options: { weight } }, 1);
  assert.deepEqual(all, [
    ["None of their relays is among the chosen ones", [1]],
    ["Their list names no relay that may be asked", [2]],
    ["Indexers have no relay list of theirs", [3]],
    ["No valid public key", [4]],
  ]);
});

Deno.test("unreachedGroups() puts those with nobody to ask before those on fallback relays", () => {
  const options = { fallbackRelays: [FALLBACK] };
  const data = explorerData({ people: [alice, "x"], knowledge: new Map(), now: 0, options });
  const found = unreachedGroups(data, new ExplorerPlanner(data).plan(5));
  assert.deepEqual(found.map(({ isNobody, people }) => [isNobody, people]), [[true, [1]], [
    false,
    [0],
  ]]);
});

Deno.test("unreachedGroups() names those whose relays all fail", () => {
  const down = { ...UNKNOWN_RELAY, attempts: 3, inARow: 3, downSince: 1, lastFailure: 1 };
  const knowledge = new Map([[alice, { write: [A] }], [bob, { write: [A, B] }]]);
  const records = new Map([[A, down]]);
  assert.deepEqual(groups({ people: [alice, bob], knowledge, records }), [
    ["All relays that are asked for them fail", [0]],
  ]);
});
