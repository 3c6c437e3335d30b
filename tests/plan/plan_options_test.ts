import fc from "fast-check";
import assert from "node:assert/strict";
import { show } from "../../src/base/check_option.ts";
import { INDEXERS } from "../../src/plan/default_indexers.ts";
import { type PlanOptions, planSettings } from "../../src/plan/plan_options.ts";
import { REFUSED, RELAYS, spelledRelay } from "../support/arbitraries.ts";

const COUNTS = [
  ["maxRelays", 1],
  ["relaysPerAuthor", 1],
  ["popularRelays", 0],
  ["authorsPerFilter", 1],
  ["maxFiltersPerRelay", 1],
  ["maxInboxes", 0],
] as const;

/** Settings from options that TypeScript would refuse. */
const settings = (options: Record<string, unknown>) => planSettings(options as PlanOptions);

Deno.test("planSettings() fills in the documented defaults", () => {
  const { check, weight, ...plain } = planSettings({});
  assert.deepEqual(plain, {
    fallbackRelays: [],
    indexerRelays: INDEXERS,
    searchRelays: [],
    maxRelays: 20,
    relaysPerAuthor: 2,
    popularRelays: 12,
    authorsPerFilter: 10,
    maxFiltersPerRelay: 100,
    maxInboxes: 20,
  });
  assert.equal(weight("wss://a.example/"), 1);
  assert.deepEqual(check("wss://A.example"), { url: "wss://a.example/" });
  assert.deepEqual(check("ws://127.0.0.1"), { reason: "local" });
});

Deno.test("planSettings() accepts every integer from the least on", () => {
  for (const [name, least] of COUNTS) {
    fc.assert(
      fc.property(fc.integer({ min: least, max: Number.MAX_SAFE_INTEGER }), (value) => {
        assert.equal(planSettings({ [name]: value })[name], value);
      }),
    );
    assert.equal(planSettings({ [name]: least })[name], least);
  }
});

Deno.test("planSettings() refuses a wrong count, naming the option, the rule and the value", () => {
  for (const [name, least] of COUNTS) {
    for (const value of [least - 1, -1, 1.5, NaN, Infinity, 2 ** 53, "5", null, [5]]) {
      assert.throws(() => settings({ [name]: value }), (error) => {
        assert.ok(error instanceof RangeError);
        assert.ok(error.message.includes(`"${name}": it must be an integer >= ${least}, got`));
        assert.ok(error.message.endsWith(`got ${show(value)}`));
        return true;
      });
    }
  }
});

Deno.test("planSettings() brings relays to their normal form, each once, in order", () => {
  for (const name of ["fallbackRelays", "indexerRelays", "searchRelays"] as const) {
    fc.assert(
      fc.property(fc.array(spelledRelay), (spelled) => {
        const { [name]: relays, check } = planSettings({ [name]: spelled });
        assert.deepEqual(relays, [...new Set(spelled.map((url) => check(url).url))]);
      }),
    );
    assert.deepEqual(planSettings({ [name]: RELAYS })[name], RELAYS);
  }
});

Deno.test("planSettings() uses the default indexers that the policy allows if an app names none", () => {
  const allow = (url: string) => url !== INDEXERS[1];
  const { indexerRelays } = planSettings({ policy: { allow } });
  assert.deepEqual(indexerRelays, INDEXERS.filter(allow));
  assert.deepEqual(planSettings({ policy: { allow: () => false } }).indexerRelays, []);
  assert.deepEqual(planSettings({ indexerRelays: [] }).indexerRelays, []);
});

Deno.test("planSettings() refuses a relay that the policy refuses, with the reason", () => {
  for (const name of ["fallbackRelays", "indexerRelays", "searchRelays"]) {
    for (const [url, reason] of [...REFUSED, [null, "not-a-string"], [7, "not-a-string"]]) {
      assert.throws(() => settings({ [name]: [RELAYS[0], url] }), (error) => {
        assert.ok(error instanceof TypeError);
        assert.match(
          error.message,
          new RegExp(`"${name}": .* is refused \\(${reason}\\)(?:: policy[.]allow|$)`),
        );
        return true;
      });
    }
    assert.throws(() => settings({ [name]: RELAYS[0] }), {
      name: "TypeError",
      message: `Cannot use option "${name}": it must be an array, got "${RELAYS[0]}"`,
    });
  }
  const policy = { allowLocal: true, allowInsecure: true };
  const { fallbackRelays } = planSettings({ fallbackRelays: ["ws://127.0.0.1:7777"], policy });
  assert.deepEqual(fallbackRelays, ["ws://127.0.0.1:7777/"]);
});

Deno.test("planSettings() refuses a policy or a weight of the wrong type", () => {
  const wrong: [options: Record<string, unknown>, message: RegExp][] = [
    [{ policy: null }, /"policy": it must be an object, got null/],
    [{ policy: "open" }, /"policy": it must be an object, got "open"/],
    [{ policy: { allowLocal: 1 } }, /"policy.allowLocal": it must be a boolean, got 1/],
    [{ policy: { allowInsecure: "no" } }, /"policy.allowInsecure": it must be a boolean, got "no"/],
    [{ policy: { allowOnion: null } }, /"policy.allowOnion": it must be a boolean, got null/],
    [{ policy: { allow: true } }, /"policy.allow": it must be a function, got true/],
    [{ weight: 1 }, /"weight": it must be a function, got 1/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => settings(options), { name: "TypeError", message });
  }
});

Deno.test("planSettings() accepts any weight that is finite and at least 0, and else names the relay", () => {
  const weigh = (value: unknown) => settings({ weight: () => value }).weight("wss://a.example/");
  for (const value of [0, 0.5, 1, 1e300]) assert.equal(weigh(value), value);
  for (const value of [-1, NaN, Infinity, undefined, "1"]) {
    assert.throws(() => weigh(value), {
      name: "RangeError",
      message: /Cannot weigh relay wss:\/\/a\.example\/: "weight" must give a finite number >= 0/,
    });
  }
});

Deno.test("planSettings() checks one object of options once", () => {
  const options = { maxRelays: 3 };
  assert.equal(planSettings(options), planSettings(options));
  assert.notEqual(planSettings(options), planSettings({ ...options }));
});
