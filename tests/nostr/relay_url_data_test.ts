import assert from "node:assert/strict";
import type { RefusalReason } from "../../src/nostr/relay_policy.ts";
import { checkRelayUrl } from "../../src/nostr/relay_url.ts";

const dataDir = Deno.env.get("OUTBOX_DATA");
const ignore = dataDir === undefined;
if (ignore) console.log("Real relay URLs are not tested: OUTBOX_DATA names no folder");

const read = (name: string) => Deno.readTextFileSync(`${dataDir}/${name}`);

/** What the rule of a class expects: a reason, or a URL that is accepted. */
type Rule = (url: string) => RefusalReason | "accepted";

/** Rules by host, for the classes that mix several. */
function byHost(url: string): ReturnType<Rule> {
  if (/\.onion\b/.test(url)) return "onion";
  if (/:\/\/(?:192\.168\.|10\.|127\.|100\.(?:6[4-9]|[789]\d|1[01]\d|12[0-7])\.)/.test(url)) {
    return "local";
  }
  if (/\.local(?:host)?(?=[:/]|$)|:\/\/[\w-]+(?=[:/]|$)/.test(url)) return "local";
  return url.startsWith("ws://") ? "insecure" : "accepted";
}

/** Strings that people type, by the first thing that is wrong with them. */
function byTyping(url: string): ReturnType<Rule> {
  if (!/:\/\//.test(url)) return "no-scheme";
  if (!/^\ufeff?wss?:/.test(url)) return "scheme";
  if (/:\/\/.*:\/\/|\S\s+\S/.test(url)) return "several-urls";
  if (url.includes(",")) return "comma";
  return url.includes("@") ? "credentials" : byHost(url);
}

const accepted: Rule = () => "accepted";
const severalUrls: Rule = (url) => url.lastIndexOf("wss:/") > 0 ? "several-urls" : "accepted";
const noScheme: Rule = (url) => /^wss:\/\//.test(url) ? "unparsable" : "no-scheme";

/** By class of oddity. */
const CLASSES: Record<string, Rule> = {
  "non-default port": byHost,
  "localhost / private / .local / tailscale": byHost,
  "onion": () => "onion",
  "path": severalUrls,
  "bare public IP": accepted,
  "pubkey in path (per-user filter relay)": accepted,
  "query string": accepted,
  "longer than 100 chars": severalUrls,
  "upper case in host": accepted,
  "surrounding whitespace": accepted,
  "ws:// cleartext on public host": byHost,
  "single-label host": (url) => url.startsWith("ws") ? "local" : "scheme",
  "no scheme": noScheme,
  "unparsable": noScheme,
  "explicit default port": byHost,
  "double scheme / URL in URL": (url) => url === "wss://wss/" ? "local" : "several-urls",
  "odd dots": () => "host",
  "percent-encoding": accepted,
  "inner whitespace / several URLs": () => "several-urls",
  "non-ASCII": accepted,
  "machine-minted paths on real hosts": (url) => url.endsWith(",") ? "comma" : "accepted",
  "typed by people (inputs and repaired forms mixed)": byTyping,
  "genuine relays with a path (keep)": accepted,
};

/** What `URL` makes of a string without invisible characters and without a slash at the end. */
function plainly(url: string): string {
  const { origin, pathname, search } = new URL(url.replace(/[\u200b\ufeff]/g, "").trim());
  return origin + (pathname.replace(/(?:\/|%20)*$/, "") || "/") + search;
}

function assertCheck(url: string, expected: RefusalReason | "accepted"): void {
  const check = expected === "accepted" ? { url: plainly(url) } : { reason: expected };
  assert.deepEqual(checkRelayUrl(url), check, url);
}

for (const [name, rule] of Object.entries(CLASSES)) {
  Deno.test({
    name: `checkRelayUrl() judges real URLs: ${name}`,
    ignore,
    fn() {
      const urls: string[] = JSON.parse(read("relay-url-edge-cases.json"))[name];
      assert.ok(urls.length > 0);
      for (const url of urls) assertCheck(url, rule(url));
    },
  });
}

Deno.test({
  name: "checkRelayUrl() is tested on every class of real URLs",
  ignore,
  fn() {
    const classes = Object.keys(JSON.parse(read("relay-url-edge-cases.json")));
    assert.deepEqual(classes.sort(), Object.keys(CLASSES).sort());
  },
});

Deno.test({
  name: "checkRelayUrl() refuses of a thousand real URLs those that are private or broken",
  ignore,
  fn() {
    const urls = read("relay-urls.txt").split("\n").filter((line) => line !== "");
    const reasons: Record<string, number> = {};
    for (const url of urls) {
      assertCheck(url, url.includes("..") ? "host" : byTyping(url));
      const { reason } = checkRelayUrl(url);
      if (reason) reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
    const relays = new Set(urls.map((url) => checkRelayUrl(url).url).filter(Boolean));
    console.log(`${urls.length} URLs: ${relays.size} relays, refused:`, reasons);
  },
});
