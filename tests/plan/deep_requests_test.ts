import assert from "node:assert/strict";
import { deepSettings, isDeep } from "../../src/plan/deep_requests.ts";
import { planSettings } from "../../src/plan/plan_options.ts";

Deno.test("isDeep() holds for a filter without a limit that reaches back further", () => {
  assert.equal(isDeep([{ kinds: [1], since: 999 }], 1_000), true);
  assert.equal(isDeep([{ kinds: [1], since: 1_000 }], 1_000), false);
  assert.equal(isDeep([{ kinds: [1], since: 999, limit: 20 }], 1_000), false);
  assert.equal(isDeep([{ kinds: [0] }], 1_000), false);
  assert.equal(isDeep([], 1_000), false);
});

Deno.test("isDeep() holds for a request if it holds for one of its filters", () => {
  assert.equal(isDeep([{ kinds: [0] }, { since: 1 }], 1_000), true);
});

Deno.test("deepSettings() has more relays per author, and smaller and more filters, but no more relays", () => {
  const settings = planSettings({ maxRelays: 7, authorsPerFilter: 10 });
  const deep = deepSettings(settings);
  assert.deepEqual(
    [deep.relaysPerAuthor, deep.authorsPerFilter, deep.maxFiltersPerRelay, deep.maxRelays],
    [4, 3, 400, 7],
  );
  assert.equal(settings.relaysPerAuthor, 2);
});

Deno.test("deepSettings() leaves at least one author in a filter", () => {
  assert.equal(deepSettings(planSettings({ authorsPerFilter: 1 })).authorsPerFilter, 1);
});
