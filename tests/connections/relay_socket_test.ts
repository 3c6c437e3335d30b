import type { NostrEvent, NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { nextTurn } from "../../src/base/clock.ts";
import type { RelayHooks } from "../../src/connections/open_relay.ts";
import { allRead, isFlooded, RelaySocket } from "../../src/connections/relay_socket.ts";
import { ScriptedSocket } from "../../testing/scripted_socket.ts";
import { settled } from "../../testing/test_clock.ts";
import { note } from "../support/notes.ts";

const FILTERS: NostrFilter[] = [{ kinds: [1] }];

/** A relay socket over a scripted one, and what was heard of it. */
class Test {
  readonly socket = new ScriptedSocket();
  readonly relay: RelaySocket;
  readonly heard: unknown[] = [];
  readonly strayLengths: unknown[] = [];
  answer?: (event: NostrEvent) => Promise<void>;

  constructor() {
    const events: RelayHooks = {
      onConnecting: () => this.heard.push("connecting"),
      onOpen: () => this.heard.push("open"),
      onNotice: (text) => this.heard.push(text),
      onChallenge: (text, answer) => {
        this.heard.push(`challenge ${text}`);
        this.answer = answer;
      },
      onStray: (length) => {
        this.heard.push("stray");
        this.strayLengths.push(length);
      },
      onClose: (detail) => this.heard.push(detail),
    };
    this.relay = new RelaySocket("wss://relay.example/", events, () => this.socket);
  }

  /** Reads a request to its end: its messages, and how it ended. */
  reading(signal?: AbortSignal, filters = FILTERS) {
    const messages: unknown[] = [];
    const end = (async () => {
      try {
        for await (const message of this.relay.req(filters, { signal })) messages.push(message);
        return "ended";
      } catch (error) {
        return (error as Error).message;
      }
    })();
    return { messages, end };
  }
}

Deno.test("RelaySocket req() sends its REQ once the connection stands, and yields what comes", async () => {
  const test = new Test();
  const { messages, end } = test.reading();
  await settled();
  assert.equal(test.socket.sent.length, 0);
  test.socket.open();
  assert.deepEqual(test.socket.sent, [["REQ", "1", ...FILTERS]]);
  const event = note({ kind: 7 });
  test.socket.say("EVENT", "1", event);
  test.socket.say("EVENT", "other", event);
  test.socket.say("EOSE", "1", ["more", "auth"]);
  test.socket.say("EOSE", "1");
  test.socket.say("CLOSED", "1");
  assert.equal(await end, "ended");
  assert.deepEqual(messages, [
    ["EVENT", "1", event],
    ["EOSE", "1", ["more", "auth"]],
    ["EOSE", "1"],
    ["CLOSED", "1", ""],
  ]);
  // There is nothing left to close.
  assert.equal(test.socket.sent.length, 1);
});

Deno.test("RelaySocket req() that is aborted closes its subscription, and was never asked if it was not sent", async () => {
  const test = new Test();
  const early = new AbortController();
  const first = test.reading(early.signal);
  await settled();
  early.abort();
  assert.equal(await first.end, "ended");
  test.socket.open();
  assert.equal(test.socket.sent.length, 0);

  const late = new AbortController();
  const second = test.reading(late.signal);
  await settled();
  late.abort();
  assert.equal(await second.end, "ended");
  assert.deepEqual(test.socket.sent.map(([verb, id]) => [verb, id]), [["REQ", "2"], [
    "CLOSE",
    "2",
  ]]);
  const before = test.reading(AbortSignal.abort());
  assert.equal(await before.end, "ended");
  assert.equal(test.socket.sent.length, 2);
});

Deno.test("RelaySocket event() resolves with OK, and rejects with the relay's reason", async () => {
  const test = new Test();
  test.socket.open();
  const [a, b] = [note({ created_at: 1 }), note({ created_at: 2 })];
  const taken = test.relay.event(a);
  const refused = test.relay.event(b);
  assert.deepEqual(test.socket.sent, [["EVENT", a], ["EVENT", b]]);
  test.socket.say("OK", b.id, false, "blocked: no");
  test.socket.say("OK", a.id, true);
  await taken;
  await assert.rejects(refused, { message: "blocked: no" });
});

Deno.test("RelaySocket event() that is given up before the connection stands is never sent", async () => {
  const test = new Test();
  const controller = new AbortController();
  const sent = test.relay.event(note({}), { signal: controller.signal });
  const reason = new Error("no longer");
  controller.abort(reason);
  await assert.rejects(sent, reason);
  test.socket.open();
  assert.equal(test.socket.sent.length, 0);
});

Deno.test("RelaySocket event() sends for whoever still waits, where another gave the same event up", async () => {
  const test = new Test();
  const event = note({});
  const controller = new AbortController();
  const given = test.relay.event(event, { signal: controller.signal });
  const kept = test.relay.event(event);
  controller.abort();
  await assert.rejects(given);
  test.socket.open();
  assert.deepEqual(test.socket.sent, [["EVENT", event]]);
  test.socket.say("OK", event.id, true, "");
  await kept;
});

Deno.test("NIP-45: RelaySocket count() answers with the count, or the reason why not", async () => {
  const test = new Test();
  test.socket.open();
  const hll = "00".repeat(256);
  const counted = test.relay.count(FILTERS);
  const refused = test.relay.count(FILTERS);
  test.socket.say("COUNT", "1", { count: 5, approximate: true, hll });
  test.socket.say("CLOSED", "2", "unsupported: COUNT");
  assert.deepEqual(await counted, { count: 5, approximate: true, hll });
  await assert.rejects(refused, { message: "unsupported: COUNT" });
});

Deno.test("RelaySocket query() has each stored event once, and ends at EOSE", async () => {
  const test = new Test();
  test.socket.open();
  const event = note({});
  const found = test.relay.query(FILTERS);
  await settled();
  test.socket.say("EVENT", "1", event);
  test.socket.say("EVENT", "1", event);
  test.socket.say("EOSE", "1");
  assert.deepEqual(await found, [event]);
  assert.deepEqual(test.socket.sent.at(-1), ["CLOSE", "1"]);
});

Deno.test("RelaySocket hears every message, and none of them is an error", () => {
  const test = new Test();
  test.socket.open();
  test.socket.say("HORIZON", 1);
  test.socket.say("NEG-ERR", "x", "closed: no");
  test.socket.say("NOTICE", "hello");
  test.socket.say("OK", "e", true);
  test.socket.say("EOSE", "nobody");
  test.socket.say("CLOSED", "nobody", "error: no");
  test.socket.say("EVENT", "nobody", { kind: "x" });
  test.socket.onmessage!({ data: "{" });
  test.socket.onmessage!({ data: new Blob(["x"]) });
  test.socket.onmessage!({ data: `["NOTICE", "${"x".repeat(2 ** 20)}"]` });
  assert.deepEqual(test.heard, [
    "connecting",
    "open",
    "stray",
    "stray",
    "hello",
    ...Array(7).fill("stray"),
  ]);
});

Deno.test("S4: RelaySocket parses messages of up to a million characters, and says how long strays are", async () => {
  const test = new Test();
  test.socket.open();
  const { messages } = test.reading();
  await settled();
  const follows = Array.from({ length: 10_000 }, () => ["p", "a".repeat(64)]);
  const list = note({ kind: 3, tags: follows });
  test.socket.say("EVENT", "1", list);
  const say = (length: number) => {
    const [head, tail] = ['["EVENT","1",', "]"];
    const blank = " ".repeat(length - head.length - tail.length - JSON.stringify(list).length);
    test.socket.onmessage!({ data: head + JSON.stringify(list) + blank + tail });
  };
  say(2 ** 20);
  say(2 ** 20 + 1);
  say(5 * 2 ** 20);
  test.socket.onmessage!({ data: "[7]" });
  // What takes long is parsed over several turns.
  while (messages.length < 2 || test.strayLengths.length < 3) await nextTurn();
  assert.deepEqual(messages, [["EVENT", "1", list], ["EVENT", "1", list]]);
  assert.deepEqual(test.strayLengths, [2 ** 20, 2 ** 20, 3]);
});

Deno.test("RelaySocket that loses its connection ends all that waits for it, and says so once", async () => {
  const test = new Test();
  test.socket.open();
  const { messages, end } = test.reading();
  const [sent, counted] = [test.relay.event(note({})), test.relay.count(FILTERS)];
  await settled();
  test.socket.say("EOSE", "1");
  test.socket.drop(1006);
  const gone = { message: "The connection is gone: code 1006" };
  await Promise.all([assert.rejects(sent, gone), assert.rejects(counted, gone)]);
  assert.equal(await end, gone.message);
  assert.deepEqual(messages, [["EOSE", "1"]]);
  await assert.rejects(test.relay.event(note({})), gone);
  await assert.rejects(test.relay.query(FILTERS), gone);
  await assert.rejects(test.relay.count(FILTERS), gone);
  test.socket.drop(1000);
  assert.deepEqual(test.heard, ["connecting", "open", "code 1006"]);
});

Deno.test("RelaySocket that is closed hears nothing more of a relay that ignores the close", async () => {
  const test = new Test();
  test.socket.open();
  const { messages, end } = test.reading();
  await settled();
  await test.relay.close();
  test.socket.say("EVENT", "1", note({}));
  test.socket.drop();
  assert.equal(await end, "The connection is gone: it was closed here");
  assert.deepEqual(messages, []);
  assert.deepEqual(test.heard, ["connecting", "open", "it was closed here"]);
  assert.equal(test.socket.closes, 1);
});

Deno.test("RelaySocket throws what its WebSocket throws on a URL that is none", () => {
  assert.throws(() => new RelaySocket("nonsense"), { name: "SyntaxError" });
});

Deno.test("RelaySocket req() yields no malformed event", async () => {
  const test = new Test();
  test.socket.open();
  const { messages, end } = test.reading();
  await settled();
  for (const event of [undefined, null, 7, { kind: "x" }, { ...note({}), tags: "t" }]) {
    test.socket.say("EVENT", "1", event);
  }
  test.socket.say("CLOSED", "1", "");
  await end;
  assert.deepEqual(messages, [["CLOSED", "1", ""]]);
  assert.deepEqual(test.heard, ["connecting", "open", ...Array(5).fill("stray")]);
});

Deno.test("NIP-42: RelaySocket answers a challenge on its own connection, and says whether that was accepted", async () => {
  const [test, other] = [new Test(), new Test()];
  for (const { socket } of [test, other]) socket.open();
  test.socket.say("AUTH", "abc");
  test.socket.say("AUTH");
  assert.deepEqual(test.heard.slice(2), ["challenge abc", "stray"]);
  const [first, second, third] = [1, 2, 3].map(() => note({ kind: 22242 }));
  const accepted = test.answer!(first), refused = test.answer!(second), cut = test.answer!(third);
  test.socket.say("OK", first.id, true, "");
  test.socket.say("OK", second.id, false, "restricted: members only");
  await accepted;
  await assert.rejects(refused, /restricted: members only/);
  test.socket.drop();
  await assert.rejects(cut, /The connection is gone/);
  await assert.rejects(test.answer!(first), /The connection is gone/);
  assert.deepEqual(test.socket.sent.map(([verb]) => verb), ["AUTH", "AUTH", "AUTH"]);
  assert.deepEqual(other.socket.sent, []);
});

Deno.test("RelaySocket ends with an error while it connects, which no close follows on Node 22", async () => {
  const test = new Test();
  const { end } = test.reading();
  const sent = test.relay.event(note({}));
  await settled();
  test.socket.fail();
  assert.equal(await end, "The connection is gone: code 1006");
  await assert.rejects(sent, /code 1006/);
  assert.deepEqual(test.heard, ["connecting", "code 1006"]);
  test.socket.drop();
  assert.equal(test.heard.length, 2);
});

Deno.test("RelaySocket does not end with an error of a connection that stands, before its close", () => {
  const test = new Test();
  test.socket.open();
  test.socket.fail();
  assert.deepEqual(test.heard, ["connecting", "open"]);
  test.socket.drop(1006);
  assert.deepEqual(test.heard, ["connecting", "open", "code 1006"]);
});

Deno.test("isFlooded() tells when relays send more than the thread reads as it comes", async () => {
  const test = new Test();
  test.socket.open();
  const { messages } = test.reading();
  await settled();
  const count = 20_000;
  for (let i = 0; i < count; i++) test.socket.say("EVENT", "1", note());
  assert.ok(messages.length < count, "it reads all at once");
  assert.equal(isFlooded(), true);
  await allRead();
  await settled();
  assert.equal(messages.length, count);
  assert.equal(isFlooded(), true, "the next messages are likely to follow");
  await nextTurn();
});
