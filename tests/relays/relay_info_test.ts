import assert from "node:assert/strict";
import type { Clock } from "../../src/base/clock.ts";
import { fetchRelayInfo } from "../../src/relays/relay_info.ts";

/** A clock that stands still until it is told to ring. */
class HandClock implements Clock {
  readonly timers = new Map<() => void, number>();
  now = () => 0;
  after(ms: number, run: () => void): () => void {
    this.timers.set(run, ms);
    return () => this.timers.delete(run);
  }
  ring(): void {
    for (const run of [...this.timers.keys()]) run();
  }
}

/** Serves on loopback while `use` runs, which is given the relay's URL. */
async function serving(
  handler: (request: Request) => Response | Promise<Response>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  try {
    await use(`ws://127.0.0.1:${server.addr.port}/`);
  } finally {
    await server.shutdown();
  }
}

/** A body that is never over; resolves `cancelled` once nobody reads it. */
function endless(chunk: string) {
  const cancelled = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const bytes = new TextEncoder().encode(chunk);
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytes),
    pull: (controller) => {
      begun.resolve();
      if (chunk.length > 1) controller.enqueue(bytes);
      else return new Promise(() => {});
    },
    cancel: () => cancelled.resolve(),
  });
  return { body, begun: begun.promise, cancelled: cancelled.promise };
}

const DOCUMENT = JSON.stringify({ name: "Üß", limitation: { max_subscriptions: 20 } });
const LIMITS = { maxSubscriptions: 20 };

Deno.test("NIP-11: fetchRelayInfo() requests the relay's own URL, with the media type of descriptions", async () => {
  const seen: [path: string, accept: string | null][] = [];
  const clock = new HandClock();
  await serving((request) => {
    seen.push([new URL(request.url).pathname, request.headers.get("accept")]);
    return new Response(DOCUMENT);
  }, async (url) => {
    assert.deepEqual(await fetchRelayInfo(`${url}inbox`, { clock }), { limits: LIMITS });
  });
  assert.deepEqual(seen, [["/inbox", "application/nostr+json"]]);
  assert.equal(clock.timers.size, 0);
});

Deno.test("fetchRelayInfo() turns wss into https and ws into http, and sends nothing that identifies the user", async () => {
  const asked: [unknown, RequestInit | undefined][] = [];
  const fetch = (input: unknown, init?: RequestInit) => {
    asked.push([input, init]);
    return Promise.resolve(new Response(DOCUMENT));
  };
  await fetchRelayInfo("wss://relay.example/ws?wss=1", { fetch });
  await fetchRelayInfo("ws://relay.example:8080/", { fetch });
  assert.deepEqual(asked.map(([url]) => url), [
    "https://relay.example/ws?wss=1",
    "http://relay.example:8080/",
  ]);
  const [, init] = asked[0];
  assert.equal(init?.credentials, "omit");
  assert.equal(init?.referrerPolicy, "no-referrer");
});

Deno.test("fetchRelayInfo() follows no redirect, wherever it leads", async () => {
  let reached = 0;
  await serving(() => {
    reached++;
    return new Response(DOCUMENT);
  }, async (inside) => {
    for (const status of [301, 302, 303, 307, 308]) {
      const location = inside.replace("ws", "http");
      await serving(() => new Response(null, { status, headers: { location } }), async (url) => {
        assert.deepEqual(await fetchRelayInfo(url), { reason: "a redirect" });
      });
    }
  });
  assert.equal(reached, 0);

  // What a browser makes of a redirect.
  const opaque = Object.defineProperty(new Response(null), "type", { value: "opaqueredirect" });
  const info = await fetchRelayInfo("wss://relay.example/", {
    fetch: () => Promise.resolve(opaque),
  });
  assert.deepEqual(info, { reason: "a redirect" });
});

Deno.test("fetchRelayInfo() gives a reason for an HTTP error, and for an answer that is not JSON", async () => {
  const answers: [response: () => Response, reason: RegExp][] = [
    [() => new Response(DOCUMENT, { status: 404 }), /^HTTP 404$/],
    [() => new Response("bad gateway", { status: 502 }), /^HTTP 502$/],
    [() => new Response("<html>"), /JSON/],
    [() => new Response(""), /JSON/],
    [() => new Response(null, { status: 204 }), /JSON/],
    [() => new Response("[".repeat(60_000)), /./],
  ];
  for (const [response, reason] of answers) {
    await serving(response, async (url) => {
      const info = await fetchRelayInfo(url);
      assert.equal(info.limits, undefined);
      assert.match(info.reason!, reason);
    });
  }
  await serving(() => new Response("null"), async (url) => {
    assert.deepEqual(await fetchRelayInfo(url), { limits: {} });
  });
});

Deno.test("fetchRelayInfo() gives a reason if nobody is there", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const { limits, reason } = await fetchRelayInfo(`ws://127.0.0.1:${port}/`);
  assert.equal(limits, undefined);
  assert.ok(reason);
});

Deno.test("fetchRelayInfo() reads up to maxBytes and no further", async () => {
  const bytes = new TextEncoder().encode(DOCUMENT);
  assert.ok(bytes.length > DOCUMENT.length);
  await serving(() => new Response(bytes), async (url) => {
    const at = (maxBytes: number) => fetchRelayInfo(url, { maxBytes });
    assert.deepEqual(await at(bytes.length), { limits: LIMITS });
    assert.deepEqual(await at(bytes.length - 1), { reason: `more than ${bytes.length - 1} bytes` });
  });

  const { body, cancelled } = endless(" ".repeat(1000));
  await serving(() => new Response(body), async (url) => {
    assert.deepEqual(await fetchRelayInfo(url), { reason: "more than 65536 bytes" });
    await cancelled;
  });
  const own = endless(" ".repeat(1000));
  const fetch = () => Promise.resolve(new Response(own.body));
  assert.equal((await fetchRelayInfo("wss://relay.example/", { fetch })).limits, undefined);
  await own.cancelled;
});

Deno.test("fetchRelayInfo() reads a description that arrives in pieces", async () => {
  const pieces = [...new TextEncoder().encode(DOCUMENT)].map((byte) => new Uint8Array([byte]));
  const fetch = () => Promise.resolve(new Response(ReadableStream.from(pieces)));
  assert.deepEqual(await fetchRelayInfo("wss://relay.example/", { fetch }), { limits: LIMITS });
});

Deno.test("fetchRelayInfo() gives up a relay at the timeout that is silent, or stops in the middle", async () => {
  const asked = Promise.withResolvers<void>();
  const down = Promise.withResolvers<Response>();
  const clock = new HandClock();
  await serving(() => {
    asked.resolve();
    return down.promise;
  }, async (url) => {
    const info = fetchRelayInfo(url, { clock });
    await asked.promise;
    assert.deepEqual([...clock.timers.values()], [5000]);
    clock.ring();
    assert.deepEqual(await info, { reason: "no answer within 5000 ms" });
    down.resolve(new Response());
  });
  assert.equal(clock.timers.size, 0);

  const { body, begun, cancelled } = endless("{");
  await serving(() => new Response(body), async (url) => {
    const info = fetchRelayInfo(url, { clock, timeout: 70 });
    await begun;
    clock.ring();
    assert.deepEqual(await info, { reason: "no answer within 70 ms" });
    await cancelled;
  });
});

Deno.test("fetchRelayInfo() ends with its signal, before and in between, and leaves no listeners on it", async () => {
  const never = () => new Promise<Response>(() => {});
  assert.deepEqual(
    await fetchRelayInfo("wss://a.example/", { fetch: never, signal: AbortSignal.abort() }),
    { reason: "aborted" },
  );

  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (type: string, listener: EventListener) => {
    listeners.add(listener);
    addEventListener.call(signal, type, listener);
  };
  signal.removeEventListener = (type: string, listener: EventListener) => {
    listeners.delete(listener);
    removeEventListener.call(signal, type, listener);
  };
  const clock = new HandClock();
  const done = { fetch: () => Promise.resolve(new Response(DOCUMENT)), signal, clock };
  assert.deepEqual(await fetchRelayInfo("wss://a.example/", done), { limits: LIMITS });
  assert.equal(listeners.size, 0);

  const info = fetchRelayInfo("wss://a.example/", { fetch: never, signal, clock });
  assert.equal(listeners.size, 1);
  controller.abort(new Error("enough"));
  assert.deepEqual(await info, { reason: "aborted" });
  assert.equal(listeners.size, 0);
  assert.equal(clock.timers.size, 0);
});

Deno.test("fetchRelayInfo() survives a fetch that throws anything, comes late, or ignores the signal", async () => {
  const at = (fetch: () => Promise<Response>, clock?: Clock) =>
    fetchRelayInfo("wss://relay.example/", { fetch, clock });
  const thrower = () => {
    throw new TypeError("no network");
  };
  assert.deepEqual(await at(thrower), { reason: "no network" });
  assert.deepEqual(await at(() => Promise.reject("broken")), { reason: "broken" });

  // Too late; its body is let go of.
  const clock = new HandClock();
  const late = Promise.withResolvers<Response>();
  const info = at(() => late.promise, clock);
  clock.ring();
  assert.deepEqual(await info, { reason: "no answer within 5000 ms" });
  const { body, cancelled } = endless(" ");
  late.resolve(new Response(body));
  await cancelled;

  // Stuck in the middle.
  const stuck = endless(" ");
  const reading = at(() => Promise.resolve(new Response(stuck.body)), clock);
  await stuck.begun;
  clock.ring();
  assert.deepEqual(await reading, { reason: "no answer within 5000 ms" });
  await stuck.cancelled;
});
