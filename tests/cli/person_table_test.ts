import assert from "node:assert/strict";
import fc from "fast-check";
import { peopleShown, personTable } from "../../src/cli/person_table.ts";
import { planReport } from "../../src/cli/plan_report.ts";
import { relayReport } from "../../src/explain.ts";
import type { RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import { planReq } from "../../src/plan/plan_req.ts";
import { zipfLists } from "../../testing/world/world.ts";
import { PLAIN } from "../support/cli_process.ts";

const [ALICE, BOB, CAROL, DAVE] = ["aa", "bb", "cc", "dd"].map((byte) => byte.repeat(32));
const HUB = "wss://hub.example/";

/** The report on a plan for people of whom this is known. */
function report(knowledge: ReadonlyMap<string, RelayKnowledge>, authors: readonly string[]) {
  const options = { maxRelays: 5, fallbackRelays: [HUB], indexerRelays: [] };
  const plan = planReq([{ kinds: [1], authors: [...authors] }], knowledge, options);
  const relays = [...plan.routes.keys()].map((url) =>
    relayReport({ url, isOpen: false, now: 0, weight: 1 })
  );
  const explanation = { plan, relays, missingLists: [] };
  const source = { pubkey: ALICE, follows: authors, maxRelays: 5, explanation, curve: [] };
  return { plan, report: planReport(source) };
}

Deno.test("personTable() has a row for each person, with the relays of the plan, up to its limit", () => {
  const knowledge = new Map<string, RelayKnowledge>([
    [BOB, { write: ["wss://b.example/", "wss://shared.example/"] }],
    [CAROL, { write: ["wss://shared.example/"] }],
  ]);
  const { report: plan } = report(knowledge, [BOB, CAROL, DAVE, "junk"]);
  const names = new Map([[BOB, "Bob"], [CAROL, "Carol"], [DAVE, "Dave"]]);
  const lines = personTable(plan, 10, names, PLAIN).split("\n");
  assert.deepEqual(lines.map((line) => line.trimEnd()), [
    "person  relays  known from    asked for at",
    "junk         0  no valid key",
    "Carol        1  their list    shared.example",
    "Dave         1  nothing       hub.example",
    "Bob          2  their list    shared.example, b.example",
  ]);
  assert.match(personTable(plan, 1, names, PLAIN), /\nand 3 people more; .*--json has all$/);
  assert.equal(personTable(report(new Map(), []).report, 10, names, PLAIN), "");
});

Deno.test("personTable() never leaves a relay out that is asked for a person", () => {
  const authors = fc.integer({ min: 1, max: 40 });
  fc.assert(fc.property(fc.integer(), authors, (seed, authors) => {
    const lists = zipfLists({ authors, relays: 20, min: 1, seed });
    const people = [...lists.keys(), ALICE];
    const { plan, report: made } = report(lists, people);
    const text = personTable(made, people.length, new Map(people.map((key) => [key, key])), {
      ...PLAIN,
      columns: 10_000,
    });
    const rows = new Map(text.split("\n").map((line) => [line.split(" ")[0], line]));
    assert.deepEqual([...rows.keys()].sort(), ["person", ...people].sort());
    assert.deepEqual(peopleShown(made, people.length), [...rows.keys()].slice(1));
    for (const [url, filters] of plan.routes) {
      for (const person of filters.flatMap(({ authors = [] }) => authors)) {
        const cells = rows.get(person)!.split(/ {2,}/).at(-1)!.split(", ");
        assert.ok(cells.includes(url.slice("wss://".length, -1)), `${rows.get(person)} ${url}`);
      }
    }
  }));
});
