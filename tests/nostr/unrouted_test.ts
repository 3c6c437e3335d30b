import assert from "node:assert/strict";
import { unroutedTexts } from "../../src/nostr/unrouted.ts";

Deno.test("unroutedTexts() says once for each reason how often it holds, and what an app can do", () => {
  const many = Array.from({ length: 300 }, () => ({ reason: "no-list" as const }));
  assert.deepEqual(unroutedTexts([...many, { reason: "cap" }, { reason: "no-list" }]), [
    "301 x no-list (no usable relay list is known, and no fallbackRelays are set)",
    "1 x cap (no relay is within maxRelays)",
  ]);
  assert.deepEqual(unroutedTexts([]), []);
});
