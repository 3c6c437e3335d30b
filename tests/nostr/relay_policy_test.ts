import assert from "node:assert/strict";
import { refusalText } from "../../src/nostr/relay_policy.ts";

Deno.test("refusalText() names what would allow a relay, if anything would", () => {
  assert.equal(refusalText("local"), "refused (local): policy.allowLocal would allow it");
  assert.equal(refusalText("insecure"), "refused (insecure): policy.allowInsecure would allow it");
  assert.equal(refusalText("onion"), "refused (onion): policy.allowOnion would allow it");
  assert.equal(refusalText("policy"), "refused (policy): policy.allow says no");
  assert.match(refusalText("blocked"), /^refused \(blocked\): .* kind 10006/);
  assert.equal(refusalText("no-scheme"), "refused (no-scheme)");
});
