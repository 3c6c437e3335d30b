import assert from "node:assert/strict";
import { findNip05, type FindNip05Options } from "../../src/hints/find_nip05.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { PEOPLE } from "../support/arbitraries.ts";

const [ALICE, BOB] = PEOPLE;
const RELAYS = ["wss://a.example", "wss://b.example"];
const DOCUMENT = { names: { alice: ALICE, _: BOB }, relays: { [ALICE]: RELAYS } };

/** Looks an identifier up while all hosts answer alike; returns the requested URLs, too. */
async function lookUp(
  address: string,
  answer: () => Response | Promise<Response> = () => Response.json(DOCUMENT),
  options: FindNip05Options = {},
) {
  const requested: string[] = [];
  const fetch = (input: unknown) => {
    requested.push(String(input));
    return Promise.resolve(answer());
  };
  const found = await findNip05(address, { fetch, ...options }).catch((error: Error) => error);
  return { found, requested };
}

Deno.test("NIP-05: findNip05() finds the person and the relays that the domain names", async () => {
  const { found, requested } = await lookUp("alice@nostr.example");
  assert.deepEqual(found, { pubkey: ALICE, relays: RELAYS });
  assert.deepEqual(requested, ["https://nostr.example/.well-known/nostr.json?name=alice"]);
});

Deno.test("NIP-05: findNip05() ignores case and white space around, and takes a bare domain for _@domain", async () => {
  const addresses: [address: string, url: string][] = [
    [" Alice@Nostr.EXAMPLE\n", "https://nostr.example/.well-known/nostr.json?name=alice"],
    ["_@nostr.example", "https://nostr.example/.well-known/nostr.json?name=_"],
    ["nostr.example", "https://nostr.example/.well-known/nostr.json?name=_"],
    ["nostr.example.", "https://nostr.example/.well-known/nostr.json?name=_"],
    ["a.b-c_9@nostr.example", "https://nostr.example/.well-known/nostr.json?name=a.b-c_9"],
    ["_@nostr.example:8443", "https://nostr.example:8443/.well-known/nostr.json?name=_"],
    ["_@bücher.example", "https://xn--bcher-kva.example/.well-known/nostr.json?name=_"],
  ];
  for (const [address, url] of addresses) {
    const { found, requested } = await lookUp(address);
    assert.deepEqual(requested, [url]);
    if (url.endsWith("=_")) assert.deepEqual(found, { pubkey: BOB, relays: [] });
  }
});

Deno.test("NIP-05: findNip05() refuses a malformed identifier, and sends no request", async () => {
  const malformed = [
    "",
    "@",
    "@nostr.example",
    "alice@",
    "a b@nostr.example",
    "a+b@nostr.example",
    "ä@nostr.example",
    "a&name=b@nostr.example",
    "alice@bob@nostr.example",
    "https://nostr.example",
    "alice@nostr.example/evil",
    "alice@nostr.example?x",
    "alice@nostr.example#x",
    "alice@nostr.example\\x",
    "alice@nostr%2eexample",
    "alice@nostr.example:99999",
    "alice@nostr..example",
    `${"a".repeat(101)}@nostr.example`,
    `alice@${"a.".repeat(130)}example`,
    "x".repeat(100_000),
  ];
  for (const address of malformed) {
    const { found, requested } = await lookUp(address);
    assert.ok(found instanceof TypeError, address);
    assert.match(found.message, /^Cannot look up an identifier: it.*, got "/);
    assert.ok(found.message.length < 400);
    assert.deepEqual(requested, []);
  }
  const { found } = await lookUp(undefined as unknown as string);
  assert.ok(found instanceof TypeError);
});

Deno.test("NIP-05: findNip05() asks no host that is not public, unless the app allows it", async () => {
  const local = [
    "localhost",
    "127.0.0.1:8080",
    "0x7f.1",
    "2130706433",
    "[::1]",
    "[::ffff:10.0.0.1]",
    "169.254.169.254",
    "10.0.0.1",
    "printer.local",
    "router",
  ];
  for (const host of local) {
    const closed = await lookUp(`_@${host}`);
    assert.match(
      (closed.found as Error).message,
      /its host is refused \(local\): policy.allowLocal .*, got "_@/,
      host,
    );
    assert.deepEqual(closed.requested, []);
    const open = await lookUp(`_@${host}`, undefined, { allowLocal: true });
    assert.deepEqual(open.found, { pubkey: BOB, relays: [] });
    assert.equal(open.requested.length, 1);
  }
  const { requested } = await lookUp("_@abcdef.onion", undefined, { allowLocal: true });
  assert.deepEqual(requested, []);
});

Deno.test("NIP-05: findNip05() rejects with the reason if the answer names nobody, is malformed, or redirects", async () => {
  const headers = { location: "https://elsewhere.example/" };
  const answers: [answer: () => Response, message: RegExp][] = [
    [() => Response.json({ names: { bob: BOB } }), /names no pubkey for it$/],
    [() => Response.json({ names: { alice: ALICE.toUpperCase() } }), /names no pubkey for it$/],
    [() => Response.json(null), /names no pubkey for it$/],
    [() => new Response("<html>"), /JSON/],
    [() => new Response("", { status: 404 }), /: HTTP 404$/],
    [() => new Response(null, { status: 302, headers }), /: a redirect$/],
    [() => new Response("x".repeat(65_537)), /: more than 65536 bytes$/],
  ];
  for (const [answer, message] of answers) {
    const { found, requested } = await lookUp("alice@nostr.example", answer);
    assert.ok(found instanceof Error && !(found instanceof TypeError));
    assert.match(found.message, /^Cannot look up alice@nostr\.example: /);
    assert.match(found.message, message);
    assert.equal(requested.length, 1);
  }
  const short = await lookUp("alice@nostr.example", undefined, { maxBytes: 10 });
  assert.match((short.found as Error).message, /: more than 10 bytes$/);
});

Deno.test("findNip05() gives a silent domain up at the timeout, and ends with the reason of its signal", async () => {
  const never = () => new Promise<Response>(() => {});
  const clock = new TestClock();
  const silent = lookUp("alice@nostr.example", never, { clock });
  await clock.advance(5_000);
  assert.match((await silent).found.toString(), /no answer within 5000 ms$/);

  const reason = new Error("enough");
  const before = await lookUp("alice@nostr.example", never, { signal: AbortSignal.abort(reason) });
  assert.deepEqual(before, { found: reason, requested: [] });
  const controller = new AbortController();
  const between = lookUp("alice@nostr.example", never, { clock, signal: controller.signal });
  controller.abort(reason);
  assert.equal((await between).found, reason);
  assert.equal(clock.pending, 0);
});

Deno.test("NIP-05: findNip05() reads the document over a socket, and follows no redirect", async () => {
  const requested: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const url = new URL(request.url);
    requested.push(`${url.pathname}${url.search}`);
    if (url.searchParams.get("name") === "alice") return Response.json(DOCUMENT);
    return Response.redirect(new URL("/.well-known/nostr.json?name=alice", url));
  });
  try {
    // This test is not about certificates.
    const plain: typeof fetch = (url, init) => fetch(String(url).replace("https:", "http:"), init);
    const options = { fetch: plain, allowLocal: true };
    const host = `127.0.0.1:${server.addr.port}`;
    const found = await findNip05(`alice@${host}`, options);
    assert.deepEqual(found, { pubkey: ALICE, relays: RELAYS });
    await assert.rejects(findNip05(`bob@${host}`, options), /a redirect$/);
  } finally {
    await server.shutdown();
  }
  assert.deepEqual(
    requested,
    ["alice", "bob"].map((name) => `/.well-known/nostr.json?name=${name}`),
  );
});
