import assert from "node:assert/strict";
import type { RelayUrlPolicy } from "../../src/nostr/relay_policy.ts";
import { checkRelayUrl, normalizeRelayUrl, rememberedCheck } from "../../src/nostr/relay_url.ts";

const OPEN: RelayUrlPolicy = { allowLocal: true, allowInsecure: true, allowOnion: true };

Deno.test("checkRelayUrl() accepts loopback, cleartext and onions by policy, each without the others", () => {
  const cases: [url: string, opens: keyof RelayUrlPolicy, normal: string][] = [
    ["wss://127.0.0.1:7777", "allowLocal", "wss://127.0.0.1:7777/"],
    ["wss://[::1]", "allowLocal", "wss://[::1]/"],
    ["wss://umbrel.local", "allowLocal", "wss://umbrel.local/"],
    ["wss://umbrel", "allowLocal", "wss://umbrel/"],
    ["ws://nos.lol:80", "allowInsecure", "ws://nos.lol/"],
    ["ws://nos.lol:443", "allowInsecure", "ws://nos.lol:443/"],
    ["wss://abcdef.onion", "allowOnion", "wss://abcdef.onion/"],
    ["ws://abcdef.onion", "allowOnion", "ws://abcdef.onion/"],
  ];
  for (const [url, opens, normal] of cases) {
    assert.equal(normalizeRelayUrl(url, { [opens]: true }), normal);
    assert.equal(normalizeRelayUrl(url, { ...OPEN, [opens]: false }), undefined, url);
  }
  assert.deepEqual(checkRelayUrl("ws://[::1]", { allowLocal: true }), { reason: "insecure" });
});

Deno.test("checkRelayUrl() calls the policy's own rule last, with the normal form", () => {
  const asked: string[] = [];
  const allow = (url: string) => {
    asked.push(url);
    return url !== "wss://blocked.example/";
  };
  assert.equal(normalizeRelayUrl("wss://nos.lol.//", { allow }), "wss://nos.lol/");
  assert.deepEqual(checkRelayUrl("wss://BLOCKED.example", { allow }), { reason: "policy" });
  assert.deepEqual(checkRelayUrl("wss://10.0.0.1", { allow }), { reason: "local" });
  assert.deepEqual(asked, ["wss://nos.lol/", "wss://blocked.example/"]);
});

Deno.test("rememberedCheck() answers as checkRelayUrl() does, and calls a policy's rule once", () => {
  let asked = 0;
  const allow = () => ++asked > 0;
  const policy = { allow };
  const check = rememberedCheck(policy, 3);
  const urls = ["wss://a.example", "wss://b.example", "junk", "wss://a.example"];
  for (const url of urls) assert.deepEqual(check(url), checkRelayUrl(url));
  asked = 0;
  for (const url of urls) rememberedCheck(policy)(url);
  assert.equal(asked, 0, "one memory serves all who hold the policy");
  check("wss://c.example");
  check("wss://a.example");
  assert.equal(asked, 2, "a full memory starts afresh");
});

Deno.test("rememberedCheck() calls the rule of a policy that is an instance of a class", () => {
  class Blocklist {
    readonly blocked = "wss://a.example/";
    allow(url: string) {
      return url !== this.blocked;
    }
  }
  const check = rememberedCheck(new Blocklist());
  assert.deepEqual(check("wss://a.example"), { reason: "policy" });
  assert.deepEqual(check("wss://b.example"), { url: "wss://b.example/" });
});

Deno.test("rememberedCheck() does not remember strings that are too long for a relay", () => {
  let asked = 0;
  const check = rememberedCheck({ allow: () => ++asked > 0 });
  const spelling = `wss://a.example${"/".repeat(241)}`;
  const padded = `${spelling}${" ".repeat(300)}`;
  for (const url of [spelling, spelling, padded, padded]) {
    assert.deepEqual(check(url), { url: "wss://a.example/" });
  }
  assert.equal(asked, 3);
});

Deno.test("rememberedCheck() ignores changes to a policy after the first call", () => {
  const policy = { allowOnion: true };
  const check = rememberedCheck(policy);
  policy.allowOnion = false;
  assert.equal(check("ws://a.onion").url, "ws://a.onion/");
});
