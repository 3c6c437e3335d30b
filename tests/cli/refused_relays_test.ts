import assert from "node:assert/strict";
import { refusedRelays } from "../../src/cli/refused_relays.ts";

Deno.test("refusedRelays() names what a list has besides relays to connect to", () => {
  const junk = { url: "junk", reason: "no-scheme" as const };
  const list = {
    write: ["wss://a.example/", "wss://10.0.0.1/", "ws://b.example/"],
    refused: [junk],
  };
  assert.deepEqual(refusedRelays(list, {}), [
    { url: "wss://10.0.0.1/", reason: "local" },
    { url: "ws://b.example/", reason: "insecure" },
    junk,
  ]);
  assert.deepEqual(refusedRelays(list, { allowLocal: true, allowInsecure: true }), [junk]);
  assert.deepEqual(refusedRelays(undefined, undefined), []);
});
