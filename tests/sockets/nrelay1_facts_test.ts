import { NRelay1, type NRelay1Opts } from "@nostrify/nostrify";
import assert from "node:assert/strict";
import { startFault } from "../../testing/faulty_relay.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { eventually } from "../support/eventually.ts";

/**
 * What `NRelay1` does and does not do, as far as this library is built around it. A
 * test that fails after an update of Nostrify shows that `NRelay1` changed.
 */

const alice = new Signer(1);
const posts = [2, 1].map((n) => alice.sign({ created_at: 1_700_000_000 + n }));
const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];

type NRelay1Log = Parameters<NonNullable<NRelay1Opts["log"]>>[0];

/** A relay as the supervisor opens it, with the entries of its `log`. */
function opened(url: string, options: NRelay1Opts = {}) {
  const logs: NRelay1Log[] = [];
  const awaited = new Map<string, () => void>();
  const log = (entry: NRelay1Log) => {
    logs.push(entry);
    awaited.get(`${entry.ns} ${entry.state ?? ""}`.trim())?.();
  };
  const relay = new NRelay1(url, { backoff: false, idleTimeout: false, log, ...options });
  /** The data of the entries of one kind. */
  const data = (ns: string) => logs.filter((entry) => entry.ns === ns).map(({ data }) => data);
  /** The next entry of one kind, and its state. */
  const logged = (what: string) => new Promise<void>((resolve) => awaited.set(what, resolve));
  return { relay, data, logged, [Symbol.asyncDispose]: () => relay.close() };
}

/** A request that is being answered, with what it has yielded so far, and its end. */
function asking(relay: NRelay1, signal?: AbortSignal) {
  const verbs: string[] = [];
  const eose = Promise.withResolvers<void>();
  const end = (async () => {
    try {
      for await (const [verb] of relay.req(FILTERS, { signal })) {
        verbs.push(verb);
        if (verb === "EOSE") eose.resolve();
      }
      return "ended";
    } catch (error) {
      return (error as Error).name;
    }
  })();
  return { verbs, eose: eose.promise, end };
}

Deno.test("NRelay1 ends a request in silence on CLOSED, and never yields CLOSED itself", async () => {
  await using server = startFault("closed:restricted");
  await using client = opened(server.url);
  const { verbs, end } = asking(client.relay);
  assert.equal(await end, "ended");
  assert.deepEqual(verbs, []);
  assert.deepEqual((client.data("relay.ws.message")[0] as string[]).slice(0, 1), ["CLOSED"]);
});

Deno.test("NRelay1 ignores a subscription after CLOSED, though the relay goes on", async () => {
  await using server = startFault("events-after-closed", { events: posts });
  await using client = opened(server.url);
  const { verbs, end } = asking(client.relay);
  assert.equal(await end, "ended");
  assert.deepEqual(verbs, []);
});

Deno.test("NRelay1 logs what it sends, with the very filters, and what it receives", async () => {
  await using server = RelayServer.start();
  server.seed(posts);
  await using client = opened(server.url);
  const open = client.logged("relay.ws.state open");
  const { verbs, eose } = asking(client.relay);
  await Promise.all([open, eose]);
  assert.deepEqual(verbs, ["EVENT", "EVENT", "EOSE"]);
  // A request before the socket is open is logged twice: when it is made and when it is sent.
  const sent = client.data("relay.ws.send") as unknown[][];
  assert.deepEqual(sent.map(([verb]) => verb), ["REQ", "REQ"]);
  assert.equal(sent[0], sent[1]);
  const [, id, filter] = sent[0];
  assert.equal(filter, FILTERS[0]);
  // (Without the mark that verifyEvent leaves on an event.)
  assert.deepEqual(JSON.parse(JSON.stringify(client.data("relay.ws.message"))), [
    ...posts.map((post) => ["EVENT", id, post]),
    ["EOSE", id],
  ]);
  assert.equal(server.stats.reqs, 1);
});

Deno.test("NRelay1 logs events before it verifies them, and yields only real ones that match, repeated ones too", async () => {
  await using forging = startFault("forged-signature", { events: posts });
  await using straying = startFault("mismatched", { events: [alice.sign({ kind: 7 }), ...posts] });
  for (const [{ url }, told, yielded] of [[forging, 3, 1], [straying, 7, 5]] as const) {
    await using client = opened(url);
    const { verbs, eose } = asking(client.relay);
    await eose;
    assert.equal(client.data("relay.ws.message").length, told);
    assert.equal(verbs.length, yielded);
  }
});

Deno.test("NRelay1 logs a junk message without data", async () => {
  await using server = startFault("half-json", { events: posts });
  await using client = opened(server.url);
  const { verbs, eose } = asking(client.relay);
  await eose;
  assert.equal(client.data("relay.ws.message")[0], undefined);
  assert.deepEqual(verbs, ["EVENT", "EVENT", "EOSE"]);
});

for (const name of ["refused", "no-such-host", "http-502", "tls-self-signed"] as const) {
  Deno.test(`NRelay1 without backoff logs an error and a close, and hangs (${name})`, async () => {
    await using server = startFault(name);
    const client = opened(server.url);
    const failed = client.logged("relay.ws.error");
    const closed = client.logged("relay.ws.state close");
    const { verbs, end } = asking(client.relay);
    const published = client.relay.event(posts[0]);
    await failed;
    await closed;
    // Neither ends by itself: close() ends both, and settles.
    await client.relay.close();
    assert.equal(await end, "AbortError");
    await assert.rejects(published, { name: "AbortError" });
    assert.deepEqual(verbs, []);
  });
}

Deno.test("NRelay1 without backoff never comes back once its socket closed in the middle of a request", async () => {
  await using server = RelayServer.start();
  const client = opened(server.url);
  const first = asking(client.relay);
  await first.eose;
  const closed = client.logged("relay.ws.state close");
  await server.disconnect();
  await closed;
  const second = asking(client.relay);
  const published = client.relay.event(posts[0]);
  assert.equal(client.relay.socket.readyState, WebSocket.CLOSED);
  await client.relay.close();
  assert.equal(await first.end, "AbortError");
  assert.equal(await second.end, "AbortError");
  await assert.rejects(published, { name: "AbortError" });
  assert.deepEqual([server.stats.connections, server.stats.reqs], [1, 1]);
});

Deno.test("NRelay1 without backoff opens a new socket where the old one closed between requests", async () => {
  await using server = RelayServer.start();
  await using client = opened(server.url);
  const opening = client.logged("relay.ws.state open");
  await opening;
  const closed = client.logged("relay.ws.state close");
  await server.disconnect();
  await closed;
  await asking(client.relay).eose;
  assert.equal(server.stats.connections, 2);
});

Deno.test("NRelay1 with backoff asks everything anew after a reconnect, and yields the same again", async () => {
  await using server = RelayServer.start();
  server.seed(posts);
  const backoff: NRelay1Opts["backoff"] = {
    retries: 0,
    current: 0,
    next: () => 1,
    reset: () => {},
  };
  await using client = opened(server.url, { backoff });
  const { verbs, eose } = asking(client.relay);
  await eose;
  await server.disconnect();
  await eventually("it was answered again", () => verbs.length === 6);
  const [first, , again] = client.data("relay.ws.send");
  assert.deepEqual(first, again);
  assert.deepEqual(verbs, ["EVENT", "EVENT", "EOSE", "EVENT", "EVENT", "EOSE"]);
});

Deno.test("NRelay1.close() settles where there never was a connection", async () => {
  await using server = startFault("mute-host");
  const { relay } = opened(server.url);
  assert.equal(relay.socket.readyState, WebSocket.CONNECTING);
  await relay.close();
  assert.equal(relay.socket.readyState, WebSocket.CLOSED);
});

Deno.test("NRelay1.close() waits for a relay that does not answer, as long as the connection stands", async () => {
  const server = startFault("stalled");
  const client = opened(server.url);
  await client.logged("relay.ws.state open");
  const closed = client.relay.close();
  assert.equal(client.relay.socket.readyState, WebSocket.CLOSING);
  await server[Symbol.asyncDispose]();
  await closed;
});

Deno.test("NRelay1 closes itself for good on a binary frame, and only its requests notice", async () => {
  await using server = startFault("binary", { events: posts });
  await using client = opened(server.url);
  const { verbs, end } = asking(client.relay);
  assert.equal(await end, "AbortError");
  assert.deepEqual(verbs, []);
  // What still arrives goes to the log alone.
  assert.equal(client.data("relay.ws.message").length, 3);
  assert.equal(await asking(client.relay).end, "AbortError");
});

Deno.test("NRelay1.event() rejects with the relay's reason alone, and waits forever for an OK that does not come", async () => {
  await using server = startFault("refused:blocked");
  await using client = opened(server.url);
  await assert.rejects(client.relay.event(posts[0]), {
    name: "Error",
    message: "blocked: go away",
  });

  await using silent = startFault("ok-for-another");
  await using waiting = opened(silent.url);
  const controller = new AbortController();
  const published = waiting.relay.event(posts[0], { signal: controller.signal });
  await waiting.logged("relay.ws.message");
  controller.abort();
  await assert.rejects(published, { name: "AbortError" });
});

Deno.test("NRelay1 sends an aborted event as soon as it is connected", async () => {
  const accepted = Promise.withResolvers<void>();
  await using server = RelayServer.start();
  await using client = opened(server.url);
  client.logged("relay.ws.state open").then(accepted.resolve);
  await assert.rejects(client.relay.event(posts[0], { signal: AbortSignal.abort() }), {
    name: "AbortError",
  });
  await accepted.promise;
  await server.stored(posts[0].id);
});

Deno.test("NRelay1 throws at once for a URL that WebSocket refuses", () => {
  assert.throws(() => new NRelay1(startFault("bad-url").url), { name: "SyntaxError" });
});

Deno.test("NRelay1 sends CLOSE where a request ends, even if the relay had closed it", async () => {
  await using server = startFault("closed:error");
  await using client = opened(server.url);
  await asking(client.relay).end;
  const sent = client.data("relay.ws.send") as unknown[][];
  assert.equal(sent.at(-1)?.[0], "CLOSE");
});

Deno.test("NRelay1 drops an EOSE with hints (NIP-67), and logs it without data", async () => {
  await using server = RelayServer.start({ eoseHints: () => [["finish"]] });
  server.seed(posts);
  await using client = opened(server.url);
  const controller = new AbortController();
  const { verbs, end } = asking(client.relay, controller.signal);
  await eventually("EOSE came", () => client.data("relay.ws.message").length === 3);
  controller.abort();
  await end;
  assert.deepEqual(verbs, ["EVENT", "EVENT"]);
  assert.equal(client.data("relay.ws.message")[2], undefined);
});
