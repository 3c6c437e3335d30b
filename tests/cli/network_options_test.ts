import { InvalidArgumentError } from "commander";
import assert from "node:assert/strict";
import { count, networkSettings } from "../../src/cli/network_options.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { planSettings } from "../../src/plan/plan_options.ts";

/** Which of some relays may be connected to. */
function allowed(relay: string[], urls: readonly string[], without: string[] = []): string[] {
  const { check } = planSettings(networkSettings({ relay }, without));
  return urls.filter((url) => check(url).url);
}

Deno.test("networkSettings() asks public relays if none is named, and else those named alone", () => {
  const { fallbackRelays, indexerRelays } = networkSettings({});
  assert.equal(fallbackRelays?.length, 3);
  assert.equal(indexerRelays, undefined);
  const named = {
    fallbackRelays: ["wss://a.example/"],
    indexerRelays: ["wss://a.example/"],
    policy: {},
  };
  assert.deepEqual(networkSettings({ relay: ["wss://a.example"] }), named);
  assert.deepEqual(networkSettings({ indexer: ["wss://a.example"] }), named);
  assert.deepEqual(networkSettings({ relay: ["wss://a.example"], indexer: ["wss://b.example"] }), {
    ...named,
    indexerRelays: ["wss://b.example/"],
  });
});

Deno.test("networkSettings() allows of private networks only what the user named", () => {
  const urls = [
    "wss://nos.lol/",
    "ws://127.0.0.1:7777/",
    "ws://localhost:1/",
    "ws://[::1]:1/",
    "ws://192.168.1.2/",
    "ws://192.168.1.3/",
    "ws://nos.lol/",
  ];
  assert.deepEqual(allowed([], urls), ["wss://nos.lol/"]);
  assert.deepEqual(allowed(["wss://nos.lol"], urls), ["wss://nos.lol/"]);
  assert.deepEqual(allowed(["ws://127.0.0.1:1"], urls), urls.slice(0, 4));
  assert.deepEqual(allowed(["ws://192.168.1.2"], urls), ["wss://nos.lol/", "ws://192.168.1.2/"]);
  assert.deepEqual(allowed(["ws://127.example.com"], ["ws://127.0.0.1/"]), []);
});

Deno.test("networkSettings() leaves out relays that the plan is to do without", () => {
  const without = ["WSS://nos.lol", "ws://127.0.0.1:1"];
  const urls = ["wss://nos.lol/", "ws://127.0.0.1:1/", "ws://127.0.0.1:2/"];
  assert.deepEqual(allowed(["ws://127.0.0.1:3"], urls, without), ["ws://127.0.0.1:2/"]);
  const { fallbackRelays } = networkSettings({}, ["wss://nos.lol"]);
  assert.equal(fallbackRelays?.length, 2);
});

Deno.test("networkSettings() says which option names no relay", () => {
  for (const value of ["nonsense", "http://a.example", "", "ws://u:p@a.example"]) {
    assert.throws(() => networkSettings({ relay: [value] }), UsageError);
    assert.throws(() => networkSettings({ indexer: [value] }), /Cannot use --indexer/);
    assert.throws(() => networkSettings({}, [value]), /Cannot use --without/);
  }
});

Deno.test("count() takes integers from 1 on", () => {
  assert.equal(count("12"), 12);
  for (const text of ["0", "-1", "1.5", "x", "", "1e3", "9999999999"]) {
    assert.throws(() => count(text), InvalidArgumentError);
  }
});
