import assert from "node:assert/strict";
import { placesOf, placeText, vanishesFrom } from "../../src/nostr/vanish_requests.ts";

Deno.test("NIP-62: vanishesFrom() counts a request that names the place, in any spelling, or all relays", () => {
  const places = placesOf(["wss://Here.example", "ws://127.0.0.1:7777/path/"]);
  const counts = (...tags: string[][]) => vanishesFrom({ tags }, places);
  assert.ok(counts(["relay", "ALL_RELAYS"]));
  assert.ok(counts(["relay", "wss://there.example"], ["relay", "wss://here.example/"]));
  assert.ok(counts(["relay", "WSS://HERE.example"]));
  assert.ok(counts(["relay", "ws://127.0.0.1:7777/path"]));
  for (const value of ["all_relays", "wss://there.example", "wss://here.example.org", ""]) {
    assert.ok(!counts(["relay", value]), value);
  }
  assert.ok(!counts(["r", "ALL_RELAYS"], ["relay"], []));
  assert.ok(!vanishesFrom({ tags: [["relay", "wss://here.example"]] }, []));
});

Deno.test("placeText() changes ASCII letters alone, as databases do", () => {
  assert.equal(placeText("wss://A\u212a.example//"), "wss://a\u212a.example");
});

Deno.test("placesOf() refuses what is no URL of a relay, and shows it", () => {
  assert.deepEqual(placesOf(), []);
  for (const [value, seen] of [["wss://x.example", /wss:/], [["junk"], /junk/], [[7], /7/]]) {
    const refused = { name: "TypeError", message: seen as RegExp };
    assert.throws(() => placesOf(value), refused);
  }
});
