import assert from "node:assert/strict";
import { coordinatePubkey } from "../../src/nostr/coordinate.ts";

Deno.test("NIP-01: coordinatePubkey() reads the pubkey of a coordinate, whatever its d tag", () => {
  const pubkey = "aa".repeat(32);
  for (const d of ["", ":", ":d", ":a:b"]) {
    assert.equal(coordinatePubkey(`30023:${pubkey}${d}`), pubkey);
  }
  assert.equal(coordinatePubkey("30023::d"), "");
  assert.equal(coordinatePubkey("30023"), undefined);
  assert.equal(coordinatePubkey(""), undefined);
});
