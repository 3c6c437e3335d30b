import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayUrlPolicy } from "../../src/nostr/relay_policy.ts";
import { checkRelayUrl, normalizeRelayUrl } from "../../src/nostr/relay_url.ts";
import { REFUSED, relay, RELAYS, spellingOf } from "../support/arbitraries.ts";

const OPEN: RelayUrlPolicy = { allowLocal: true, allowInsecure: true, allowOnion: true };
const policy: fc.Arbitrary<RelayUrlPolicy> = fc.record({
  allowLocal: fc.boolean(),
  allowInsecure: fc.boolean(),
  allowOnion: fc.boolean(),
});

/** Strings that look like relay URLs, made of parts that parsers disagree about. */
const oddUrl = fc.tuple(
  fc.constantFrom("wss://", "ws://", "WSS://", " wss://", "wss:\\\\", "wss:/", "https://", ""),
  fc.constantFrom(
    "a.example",
    "A.Example.",
    "1.2.3.4",
    "127.1",
    "[::1]",
    "x.onion",
    "localhost",
    "",
  ),
  fc.array(
    fc.oneof(
      fc.constantFrom(
        "/",
        "//",
        "\\",
        "\\\\",
        ".",
        "..",
        ":",
        ":443",
        ":80",
        "@",
        "?",
        "#",
        "&",
        "=",
      ),
      fc.constantFrom(
        "%20",
        "%0a",
        "%2f",
        "%2F%2f",
        "%3a",
        "%2c",
        ",",
        "，",
        "。",
        "ｗ",
        "é",
        "'",
        "|",
      ),
      fc.constantFrom(
        "wss:",
        "ws://",
        "http:",
        "a",
        "B",
        "a.b",
        " ",
        "\t",
        "\u200b",
        "\ufeff",
        "\u0001",
      ),
    ),
    { maxLength: 8 },
  ).map((parts) => parts.join("")),
).map((parts) => parts.join(""));

Deno.test("normalizeRelayUrl() gives one form to all spellings of a relay", () => {
  const pair = relay.chain((url) => fc.tuple(fc.constant(url), spellingOf(url)));
  fc.assert(
    fc.property(pair, ([url, spelling]) => {
      assert.equal(normalizeRelayUrl(spelling), url);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("normalizeRelayUrl() tells relays apart by port, path, its case, and query", () => {
  assert.equal(new Set(RELAYS.map((url) => normalizeRelayUrl(url))).size, RELAYS.length);
  assert.equal(normalizeRelayUrl("wss://hub.example/path"), "wss://hub.example/path");
  assert.equal(normalizeRelayUrl("wss://hub.example:80/"), "wss://hub.example:80/");
});

Deno.test("normalizeRelayUrl() does not change its own result, and neither does URL", () => {
  fc.assert(
    fc.property(oddUrl, policy, (odd, policy) => {
      const url = normalizeRelayUrl(odd, policy);
      if (url === undefined) return;
      assert.equal(normalizeRelayUrl(url, policy), url);
      const { href, hostname, pathname, username } = new URL(url);
      assert.equal(href, url);
      assert.equal(username, "");
      assert.doesNotMatch(url, /[\s#,]/);
      assert.doesNotMatch(hostname, /\.$/);
      assert.doesNotMatch(pathname, /\/\/|.\/$/);
    }),
    { numRuns: 5000 },
  );
});

Deno.test("normalizeRelayUrl() leaves no dots that URL would resolve when it reads the form again", () => {
  for (const end of ["/..%20/", "/.%20/", "/%2e%2E%20/", "/..%0a/.%20//"]) {
    assert.equal(normalizeRelayUrl(`wss://a.example/b${end}`), "wss://a.example/b");
  }
  assert.equal(normalizeRelayUrl("wss://a.example/.../b.."), "wss://a.example/.../b..");
});

Deno.test("normalizeRelayUrl() gives what URL gives for a clean URL", () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9_~-]{1,8}$/);
  const clean = fc.tuple(fc.domain(), fc.array(segment, { maxLength: 3 }), fc.option(segment));
  fc.assert(
    fc.property(clean, ([host, path, query]) => {
      const url = `wss://${host}/${path.join("/")}${query ? `?q=${query}` : ""}`;
      // A domain may happen to be a local one (a.lan), which only a wider policy lets pass.
      const local = { allowLocal: true, allowOnion: true };
      assert.equal(normalizeRelayUrl(url, local), new URL(url).toString());
    }),
  );
});

Deno.test("normalizeRelayUrl() accepts more under a wider policy, with the same normal forms", () => {
  fc.assert(
    fc.property(oddUrl, policy, (odd, policy) => {
      const url = normalizeRelayUrl(odd, policy);
      if (url !== undefined) assert.equal(normalizeRelayUrl(odd, OPEN), url);
    }),
    { numRuns: 2000 },
  );
});

const REASONS: readonly (readonly [value: unknown, reason: string])[] = [
  ...REFUSED,
  [undefined, "not-a-string"],
  [new URL("wss://nos.lol"), "not-a-string"],
  [" ".repeat(5_000), "too-long"],
  [`wss://nos.lol/${"é".repeat(100)}`, "too-long"],
  [`wss://nos.lol/#${"x".repeat(250)}`, "too-long"],
  ["//nos.lol/", "no-scheme"],
  ["wss:nos.lol", "no-scheme"],
  ["wss:/nos.lol", "no-scheme"],
  ["http://nos.lol", "scheme"],
  ["nostr://npub1xxxx", "scheme"],
  ["wsss://nos.lol", "scheme"],
  ["javascript://nos.lol/%0aalert(1)", "scheme"],
  ["⬤ wss://nos.lol", "several-urls"],
  ["wss://https://nos.lol", "several-urls"],
  ["wss://nos.lol/wss://a.example", "several-urls"],
  ["wss://nos.lol/%20wss:/a.example", "several-urls"],
  ["wss://nos.lol/wss%3A%2F%2Fa.example", "several-urls"],
  ["wss://nos.lol/wss%3a//a.example", "several-urls"],
  ["wss://nos.lol/http%3a%2F/a.example", "several-urls"],
  ["wss://nos.lol/wss:\\\\a.example", "several-urls"],
  ["wss://nos.lol/?next=https://a.example", "several-urls"],
  ["wss://nos.lol\nwss", "several-urls"],
  ["wss://nos.lol/\u0000", "several-urls"],
  ["wss://nos.lol/,", "comma"],
  ["wss://nos，lol/", "comma"],
  ["wss://nos%2clol/", "comma"],
  ["wss://@nos.lol", "credentials"],
  ["wss://me:secret@nos.lol", "credentials"],
  ["wss://", "unparsable"],
  ["wss://nos.lol:99999", "unparsable"],
  ["wss://1.2.3.256", "unparsable"],
  ["wss://nos.lol..", "host"],
  ["wss://.nos.lol", "host"],
  ["wss://nos.lol:0", "host"],
  ["wss://umbrel", "local"],
  ["wss://localhost:3030/", "local"],
  ["wss://a.localhost", "local"],
  ["wss://router.lan", "local"],
  ["wss://metadata.google.internal", "local"],
  ["wss://UMBREL.LOCAL.", "local"],
  ["ws://192.168.1.2", "local"],
  ["ws://nos.lol:80", "insecure"],
  ["wss://ABCDEF.Onion./", "onion"],
  ["ws://abcdef.onion", "onion"],
];

Deno.test("checkRelayUrl() says why it refuses a string", () => {
  for (const [value, reason] of REASONS) {
    assert.deepEqual(checkRelayUrl(value), { reason }, String(value));
  }
});

Deno.test("checkRelayUrl() tells an at sign, a comma or a colon in a path from one in a host", () => {
  for (const url of ["wss://nos.lol/@me", "wss://nos.lol/a:b", "wss://nos.lol/?q=a@b"]) {
    assert.deepEqual(checkRelayUrl(url), { url });
  }
});

Deno.test("checkRelayUrl() accepts at most 256 characters", () => {
  const url = `wss://nos.lol/${"x".repeat(242)}`;
  assert.equal(url.length, 256);
  assert.deepEqual(checkRelayUrl(` ${url}\u200b`), { url });
  assert.deepEqual(checkRelayUrl(`${url}x`), { reason: "too-long" });
});
