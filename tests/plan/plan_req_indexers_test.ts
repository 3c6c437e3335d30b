import fc from "fast-check";
import assert from "node:assert/strict";
import type { NostrFilter } from "@nostrify/types";
import type { RelayList } from "../../src/nostr/relay_knowledge.ts";
import { type PlanOptions, planSettings } from "../../src/plan/plan_options.ts";
import { planParts, planReq } from "../../src/plan/plan_req.ts";
import { reqParts } from "../../src/plan/req_parts.ts";
import { relayList } from "../../testing/memory_source.ts";
import { AUTHORS } from "../support/notes.ts";

const url = (letter: string) => `wss://${letter}.example/`;
const INDEXERS = ["x", "y", "z"].map(url);
const [ALICE, BOB] = AUTHORS;
const listed = (...letters: string[]): ReadonlyMap<string, RelayList> =>
  new Map(letters.map((own, i) => [
    AUTHORS[i],
    relayList(AUTHORS[i], { write: [...own].map(url), read: [] }),
  ]));
/** Plans as an outbox does, which asks a further indexer where two relays differ. */
function plan(
  filters: NostrFilter[],
  lists: ReadonlyMap<string, RelayList>,
  options: PlanOptions,
) {
  return planParts(reqParts(filters), lists, { ...planSettings(options), asksAgain: true }).plan;
}
/** The letters of the relays that an author is requested from. */
const relaysOf = (
  kinds: number[],
  lists: ReadonlyMap<string, RelayList>,
  options: PlanOptions,
) =>
  [...plan([{ kinds, authors: [ALICE] }], lists, options).routes.keys()]
    .map((relay) => relay[6]).sort().join("");

Deno.test("R8 redundant: planParts() requests profiles from relaysPerAuthor relays, an indexer among them", () => {
  const law = fc.property(
    fc.array(fc.subarray([..."abcdef"], { minLength: 1 }), { minLength: 1, maxLength: 8 }),
    fc.integer({ min: 1, max: 4 }),
    (letters, relaysPerAuthor) => {
      const lists = listed(...letters.map((own) => own.join("")));
      const authors = [...lists.keys()];
      const options = { relaysPerAuthor, indexerRelays: INDEXERS };
      const { routes } = plan([{ kinds: [0, 10002], authors }], lists, options);
      for (const [i, author] of authors.entries()) {
        const own = [...routes].filter(([, filters]) =>
          filters.some(({ authors }) => authors!.includes(author))
        ).map(([url]) => url);
        const indexers = own.filter((url) => INDEXERS.includes(url));
        assert.equal(indexers.length, 1);
        const expected = Math.min(Math.max(1, relaysPerAuthor - 1), letters[i].length);
        assert.equal(own.length - indexers.length, expected);
      }
    },
  );
  fc.assert(law, { numRuns: 300 });
});

Deno.test("planParts() requests from as many write relays as ever what indexers do not hold, or hold alone", () => {
  const lists = listed("abc");
  const one = { indexerRelays: INDEXERS };
  assert.equal(relaysOf([0], lists, one), "ax");
  assert.equal(relaysOf([0, 1], lists, one), "abxy");
  assert.equal(relaysOf([1], lists, one), "ab");
  assert.equal(relaysOf([0], lists, { indexerRelays: INDEXERS.slice(0, 1) }), "abx");
  assert.equal(relaysOf([0], lists, { indexerRelays: [] }), "ab");
  assert.equal(
    relaysOf([0], lists, {
      ...one,
      weight: (relay) => relay === INDEXERS[2] ? 1 : +(relay < "wss://x"),
    }),
    "abz",
  );
  const hubs = ["h", "i"].map(url);
  assert.equal(relaysOf([0], listed(), { ...one, fallbackRelays: hubs }), "hixy");
});

Deno.test("planParts() keeps the write relays of an author whose posts the same request asks for", () => {
  const filters = [{ kinds: [0], authors: [ALICE, BOB] }, { kinds: [1], authors: [ALICE] }];
  const { subjects } = plan(filters, listed("abc", "def"), { indexerRelays: INDEXERS });
  const relays = subjects.map(({ subject, role, relays }) => [subject, role, relays.length]);
  assert.deepEqual(relays.sort(), [
    [ALICE, "index", 2],
    [ALICE, "write", 2],
    [BOB, "index", 1],
    [BOB, "write", 1],
  ]);
});

Deno.test("planReq() requests profiles from relaysPerAuthor indexers besides: nobody asks again", () => {
  const filters = [{ kinds: [0], authors: [ALICE] }];
  const { routes } = planReq(filters, listed("abc"), { indexerRelays: INDEXERS });
  assert.equal([...routes.keys()].map((relay) => relay[6]).sort().join(""), "abxy");
});

Deno.test("planParts() keeps both write relays of an author for whom the cap leaves no indexer", () => {
  const lists = listed("ab", "a", "a", "b", "b");
  const options = { indexerRelays: INDEXERS, maxRelays: 2, weight: weightOf };
  const filters = [{ kinds: [0], authors: [...lists.keys()] }];
  const { subjects } = plan(filters, lists, options);
  const relays =
    subjects.find(({ subject, role }) => subject === ALICE && role === "write")!.relays;
  assert.deepEqual([...relays].sort(), ["a", "b"].map(url));
});

/** Indexers weigh next to nothing. */
function weightOf(relay: string): number {
  return INDEXERS.includes(relay) ? 0.001 : 1;
}
