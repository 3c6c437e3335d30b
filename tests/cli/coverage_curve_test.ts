import fc from "fast-check";
import assert from "node:assert/strict";
import { coverageCurve } from "../../src/cli/coverage_curve.ts";
import { planReq } from "../../src/plan/plan_req.ts";
import { zipfLists } from "../../testing/world/world.ts";

const UNLISTED = ["aa", "bb", "cc"].map((byte) => byte.repeat(32));

Deno.test("coverageCurve() counts whom each plan's filters name at relays of their own", () => {
  fc.assert(fc.property(fc.integer(), fc.boolean(), (seed, hasFallback) => {
    const lists = zipfLists({ authors: 12, relays: 20, min: 1, seed });
    const authors = [...lists.keys(), ...UNLISTED];
    const options = { fallbackRelays: hasFallback ? ["wss://hub.example"] : [], indexerRelays: [] };
    const curve = coverageCurve(authors, lists, options, 3);
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
  fc.assert(fc.property(fc.integer(), (seed) => {
    const lists = zipfLists({ authors: 12, relays: 20, min: 1, seed });
    const curve = coverageCurve([...lists.keys()], lists, { indexerRelays: [] }, 4);
    for (const [i, { once }] of curve.entries()) assert.ok(i === 0 || once >= curve[i - 1].once);
  }));
});
