import fc from "fast-check";
import assert from "node:assert/strict";
import { coverageCurve } from "../../src/cli/coverage_curve.ts";
import { explorerData } from "../../src/explorer/explorer_data.ts";
import { ExplorerPlanner } from "../../src/explorer/explorer_plan.ts";
import { planReq } from "../../src/plan/plan_req.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { zipfLists } from "../../testing/world/world.ts";

const WHOLE = { signal: new AbortController().signal };
const UNLISTED = ["aa", "bb", "cc"].map((byte) => byte.repeat(32));

Deno.test("coverageCurve() counts whom each plan's filters name at relays of their own", () => {
  return fc.assert(fc.asyncProperty(fc.integer(), fc.boolean(), async (seed, hasFallback) => {
    const lists = zipfLists({ authors: 12, relays: 20, min: 1, seed });
    const authors = [...lists.keys(), ...UNLISTED];
    const options = { fallbackRelays: hasFallback ? ["wss://hub.example"] : [], indexerRelays: [] };
    const curve = await coverageCurve(authors, lists, { ...options, ...WHOLE, most: 3 });
    assert.deepEqual(curve.map(({ maxRelays }) => maxRelays), [1, 2, 3]);
    for (const { maxRelays, once, twice } of curve) {
      const { routes } = planReq([{ kinds: [1], authors }], lists, { ...options, maxRelays });
      const own = [...lists].map(([pubkey, { write }]) =>
        write.filter((url) => routes.get(url)?.some((one) => one.authors?.includes(pubkey))).length
      );
      assert.equal(once, own.filter((relays) => relays >= 1).length);
      assert.equal(twice, own.filter((relays) => relays >= 2).length);
    }
  }));
});

Deno.test("coverageCurve() never reaches fewer people with one relay more", () => {
  return fc.assert(fc.asyncProperty(fc.integer(), async (seed) => {
    const lists = zipfLists({ authors: 12, relays: 20, min: 1, seed });
    const options = { ...WHOLE, indexerRelays: [], most: 4 };
    const curve = await coverageCurve([...lists.keys()], lists, options);
    for (const [i, { once }] of curve.entries()) assert.ok(i === 0 || once >= curve[i - 1].once);
  }));
});

Deno.test("coverageCurve() is that of the explorer's page", () => {
  const people = fc.integer({ min: 1, max: 40 });
  return fc.assert(fc.asyncProperty(fc.integer(), people, async (seed, authors) => {
    const knowledge = zipfLists({ authors, relays: 20, min: 0, seed });
    const everybody = [...knowledge.keys(), ...UNLISTED, "junk"];
    const options = { fallbackRelays: ["wss://hub.example"] };
    const curve = await coverageCurve(everybody, knowledge, { ...options, ...WHOLE, most: 5 });
    const data = explorerData({ people: everybody, knowledge, now: 0, options });
    const planner = new ExplorerPlanner(data);
    for (const { maxRelays, once, twice } of curve) {
      const { several, one } = planner.plan(maxRelays).counts;
      assert.deepEqual([once, twice], [several + one, several]);
    }
  }));
});

Deno.test("coverageCurve() gives timers a turn after each plan, and ends with its signal", async () => {
  const lists = zipfLists({ authors: 12, relays: 20, min: 1, seed: 1 });
  const stopping = new AbortController();
  const clock = new TestClock();
  let turns = 0;
  const counted = {
    now: () => clock.now(),
    after(ms: number, run: () => void) {
      if (++turns === 3) stopping.abort(new Error("Interrupted"));
      return clock.after(ms, run);
    },
  };
  const options = { most: 50, signal: stopping.signal, clock: counted };
  const making = coverageCurve([...lists.keys()], lists, options);
  const refused = assert.rejects(making, /Interrupted/);
  await clock.advance(1_000);
  await refused;
  assert.equal(turns, 3);
});
