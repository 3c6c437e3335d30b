import { NCache, NRelay1 } from "@nostrify/nostrify";
import assert from "node:assert/strict";
import { systemClock } from "../src/base/clock.ts";
import { RelaySocket } from "../src/connections/relay_socket.ts";
import { createOutbox } from "../src/create_outbox.ts";
import { RelayListStore } from "../src/lists/relay_list_store.ts";
import type { OutboxOptions } from "../src/outbox_options.ts";
import { outboxSettings } from "../src/outbox_settings.ts";
import { Signer } from "../testing/signer.ts";
import { TestClock } from "../testing/test_clock.ts";
import { WRONG_OPTIONS } from "./support/wrong_options.ts";

const MONITOR = "aa".repeat(32);

/** Wrong options of an outbox alone, the class of the error, and what its message says. */
const WRONG: readonly (readonly [object, typeof RangeError | typeof TypeError, RegExp])[] = [
  [{ timeout: 0 }, RangeError, /"timeout".* must be an integer >= 1, got 0$/],
  [{ timeout: 1.5 }, RangeError, /"timeout".* got 1.5$/],
  [{ stragglerTimeout: -1 }, RangeError, /"stragglerTimeout".* must be an integer >= 0, got -1$/],
  [{ stragglerTimeout: Infinity }, RangeError, /"stragglerTimeout".* got Infinity$/],
  [{ maxConnecting: 0 }, RangeError, /"maxConnecting".* must be an integer >= 1, got 0$/],
  [{ idleTimeout: 0 }, RangeError, /"idleTimeout".* must be an integer >= 1, got 0$/],
  [{ maxPages: -1 }, RangeError, /"maxPages".* must be an integer >= 0, got -1$/],
  [{ maxPages: "3" }, RangeError, /"maxPages".* got "3"$/],
  [{ deepAfter: 0 }, RangeError, /"deepAfter".* must be an integer >= 1, got 0$/],
  [{ discoveryTimeout: -1 }, RangeError, /"discoveryTimeout".* must be an integer >= 0, got -1$/],
  [{ refreshAfter: 0 }, RangeError, /"refreshAfter".* must be an integer >= 1, got 0$/],
  [{ missingTtl: 0 }, RangeError, /"missingTtl".* must be an integer >= 1, got 0$/],
  [{ onProgress: "log" }, TypeError, /"onProgress".* must be a function, got "log"$/],
  [{ user: "npub1x" }, TypeError, /"user".* must be a pubkey \(64 lowercase hex\), got "npub1x"$/],
  [{ user: null }, TypeError, /"user".* got null$/],
  [{ user: MONITOR, signer: null }, TypeError, /"signer".* must be an object, got null$/],
  [
    { user: MONITOR, signer: () => {} },
    TypeError,
    /"signer".* must be an object, got a value of type function$/,
  ],
  [{ signer: {} }, TypeError, /"signer".* it needs option "user", whose lists it reads$/],
  [
    { auth: "always" },
    TypeError,
    /"auth".* "never", "own", "throwaway" or a function, got "always"$/,
  ],
  [{ auth: null }, TypeError, /"auth".* got null$/],
  [{ learning: 1 }, TypeError, /"learning".* must be a boolean, got 1$/],
  [{ relayInfo: null }, TypeError, /"relayInfo".* must be a boolean, got null$/],
  [{ open: "wss://a.example" }, TypeError, /"open".* must be a function, got "wss:.*"$/],
  [{ verifyEvent: true }, TypeError, /"verifyEvent".* must be a function, got true$/],
  [{ fetch: {} }, TypeError, /"fetch".* must be a function, got a value of type object$/],
  [{ onRelayError: "log" }, TypeError, /"onRelayError".* must be a function, got "log"$/],
  [{ random: 0.5 }, TypeError, /"random".* must be a function, got 0.5$/],
  [{ onError: "log" }, TypeError, /"onError".* must be a function, got "log"$/],
  [{ onReqPlan: "log" }, TypeError, /"onReqPlan".* must be a function, got "log"$/],
  [{ onEventPlan: "log" }, TypeError, /"onEventPlan".* must be a function, got "log"$/],
  [{ clock: null }, TypeError, /"clock".* must have the methods now and after, got null$/],
  [{ clock: { now: () => 0 } }, TypeError, /"clock".* must have the methods now and after/],
  [{ clock: { after: () => {} } }, TypeError, /"clock".* must have the methods now and after/],
  [{ monitors: MONITOR }, TypeError, /"monitors".* must be an array of pubkeys .*, got "aaaa/],
  [{ monitors: ["npub1x"] }, TypeError, /"monitors".* got "npub1x"$/],
  [{ monitors: null }, TypeError, /"monitors".* got null$/],
  [{ records: null }, TypeError, /"records".* readRecords and writeRecords, got null$/],
  [
    { records: {} },
    TypeError,
    /"records".* readRecords and writeRecords, got a value of type object$/,
  ],
  [{ records: { readRecords() {} } }, TypeError, /"records".* readRecords and writeRecords/],
  [{ records: { writeRecords() {} } }, TypeError, /"records".* readRecords and writeRecords/],
  [{ eoseTimeout: 0 }, TypeError, /"eoseTimeout": .* no option of that name; .* "storeTimeout"$/],
  [{ onRelayErrors: () => {} }, TypeError, /"onRelayErrors": .* "onRelayError"$/],
  [{ discoverTimeout: 1 }, TypeError, /"discoverTimeout": .* "discoveryTimeout"$/],
  [{ store: {} }, TypeError, /"store".* methods event and query, got a value of type object$/],
  [{ store: null }, TypeError, /"store".* methods event and query, got null$/],
  [{ store: { event() {} } }, TypeError, /"store"/],
  [{ store: { query() {} } }, TypeError, /"store"/],
];

Deno.test("createOutbox() throws on a wrong option at once, and says which value it saw", () => {
  for (const [options, type, message] of [...WRONG, ...WRONG_OPTIONS]) {
    assert.throws(() => createOutbox(options), (error: Error) => {
      assert.ok(error instanceof type, `${error}`);
      assert.match(error.message, message);
      return true;
    });
  }
  for (const options of [null, 7, "options"]) {
    assert.throws(() => createOutbox(options as unknown as OutboxOptions), {
      name: "TypeError",
      message: `Cannot create an outbox: the options must be an object, got ${options}`,
    });
  }
});

Deno.test("outboxSettings() fills in what is missing", () => {
  const settings = outboxSettings({});
  const { timeout, stragglerTimeout, maxConnecting, idleTimeout, maxPages, deepAfter } = settings;
  const { discoveryTimeout, refreshAfter, missingTtl, user, signer, onProgress } = settings;
  assert.deepEqual({
    discoveryTimeout,
    refreshAfter,
    missingTtl,
    user,
    signer,
    onProgress,
  }, {
    discoveryTimeout: 3_000,
    refreshAfter: 6 * 3_600_000,
    missingTtl: 3_600_000,
    user: undefined,
    signer: undefined,
    onProgress: undefined,
  });
  assert.deepEqual({
    timeout,
    stragglerTimeout,
    maxConnecting,
    idleTimeout,
    maxPages,
    deepAfter,
  }, {
    timeout: 30_000,
    stragglerTimeout: 100,
    maxConnecting: 10,
    idleTimeout: 30_000,
    maxPages: 100,
    deepAfter: 30,
  });
  const { learning, relayInfo, monitors, records, shared: { clock, random } } = settings;
  assert.deepEqual({ learning, relayInfo, monitors, records, clock, random }, {
    learning: true,
    relayInfo: true,
    monitors: [],
    records: undefined,
    clock: systemClock,
    random: Math.random,
  });
  assert.ok(settings.store instanceof RelayListStore);
  assert.notEqual(settings.store, outboxSettings({}).store, "two share nothing");
  const event = new Signer(1).sign();
  assert.ok(settings.verifier.verify({ ...event }));
  assert.ok(!settings.verifier.verify({ ...event, content: "forged" }));
});

Deno.test("outboxSettings() keeps the values of options, down to the least that is allowed", () => {
  const given = {
    timeout: 1,
    stragglerTimeout: 0,
    maxConnecting: 1,
    idleTimeout: 1,
    maxPages: 0,
    deepAfter: 1,
    discoveryTimeout: 0,
    refreshAfter: 1,
    missingTtl: 1,
    user: MONITOR,
    signer: {},
    onProgress: () => {},
    learning: false,
    relayInfo: false,
    monitors: [MONITOR],
    weight: () => 2,
    open: () => new NRelay1("ws://127.0.0.1:9"),
    fetch: () => Promise.reject(new Error("no network")),
    onRelayError: () => {},
  };
  const shared = { clock: new TestClock(), random: () => 0 };
  const settings = outboxSettings({ ...given, ...shared });
  assert.equal(settings.shared.clock, shared.clock);
  assert.equal(settings.shared.random, shared.random);
  for (const [name, value] of Object.entries(given)) {
    assert.deepEqual(settings[name as keyof typeof settings], value, name);
  }
  assert.notEqual(settings.monitors, given.monitors, "a copy");
});

Deno.test("outboxSettings() verifies with the given function, and an event that is relayed and then stored only once", async () => {
  const verified: string[] = [];
  const settings = outboxSettings({
    verifyEvent: ({ id, content }) => (verified.push(id), content !== "forged"),
  });
  const list = { ...new Signer(1).relayList({ both: ["wss://a.example"] }), sig: "00".repeat(64) };
  assert.ok(settings.verifier.verify({ ...list }));
  await settings.store.event(list);
  assert.deepEqual(verified, [list.id]);
  assert.ok(!settings.verifier.verify(new Signer(1).sign({ content: "forged" })));
});

Deno.test("outboxSettings() puts a list store before any event store, and takes one as it is", async () => {
  const store = new RelayListStore(new NCache({ max: 10 }));
  assert.equal(outboxSettings({ store }).store, store);
  const cache = new NCache({ max: 10 });
  const clock = new TestClock();
  const { store: own } = outboxSettings({ store: cache, clock });
  assert.ok(own instanceof RelayListStore);
  const alice = new Signer(1);
  await own.event(alice.relayList({ both: ["wss://a.example"] }));
  assert.equal((await own.get([alice.pubkey])).size, 1);
  assert.equal((await cache.query([{ kinds: [10002] }])).length, 1);
  // By the clock that was given: this is far in its future.
  const late = alice.relayList({ both: [] }, { created_at: clock.now() / 1000 + 86_400 });
  await assert.rejects(own.event(late), { reason: "future" });
});

Deno.test("outboxSettings() without a store keeps events in memory, by the rules of the databases", async () => {
  const clock = new TestClock();
  const { store } = outboxSettings({ clock });
  const alice = new Signer(1);
  const created_at = clock.now() / 1000;
  const article = alice.sign({ kind: 30023, created_at, tags: [["d", "a"]] });
  const address = `30023:${alice.pubkey}:a`;
  const deletion = alice.sign({ kind: 5, created_at, tags: [["a", address]] });
  for (const event of [article, deletion]) await store.event(event);
  assert.deepEqual(await store.query([{}]), [deletion]);
  await assert.rejects(store.event(article), { reason: "deleted" });
});

Deno.test("outboxSettings() keeps records in the given store, or else beside the lists", async () => {
  const recordsOf = (text: string) => ({
    readRecords: () => Promise.resolve(new Map([["key", text]])),
    writeRecords: () => Promise.resolve(),
  });
  const read = async (options: OutboxOptions) =>
    (await outboxSettings(options).records!.readRecords("relay")).get("key");
  const records = recordsOf("own");
  const database = Object.assign(new NCache({ max: 10 }), recordsOf("beside"));
  assert.equal(await read({ records, store: database }), "own");
  assert.equal(await read({ store: database }), "beside");
  assert.equal(await read({ store: new RelayListStore(database) }), "beside");
  assert.equal(outboxSettings({ store: new NCache({ max: 10 }) }).records, undefined);
});

Deno.test("outboxSettings() warns on the console of errors, if no onError is set", () => {
  const warned: unknown[] = [];
  const { warn } = console;
  console.warn = (error) => warned.push(error);
  const error = new Error("disk full");
  try {
    outboxSettings({}).router.onError(error);
    outboxSettings({ onError: () => {} }).router.onError(error);
  } finally {
    console.warn = warn;
  }
  assert.deepEqual(warned, [error]);
});

Deno.test("outboxSettings() opens relays as a RelaySocket with the hooks that it is given", async () => {
  const heard: string[] = [];
  const relay = outboxSettings({}).open("ws://127.0.0.1:9/", {
    onConnecting: () => heard.push("connecting"),
    onOpen: () => heard.push("open"),
    onNotice: (text) => heard.push(text),
    onChallenge: (text) => heard.push(text),
    onStray: () => heard.push("stray"),
    onClose: (detail) => heard.push(detail),
    log: () => heard.push("log"),
    verifyEvent: () => true,
    isNamed: false,
    backoff: false,
    idleTimeout: false,
  });
  assert.ok(relay instanceof RelaySocket);
  await relay.close();
  assert.deepEqual(heard, ["connecting", "it was closed here"]);
});

Deno.test("outboxSettings() keeps a copy: changing options later has no influence", () => {
  const options: { fallbackRelays: string[]; timeout: number } = {
    fallbackRelays: ["wss://a.example"],
    timeout: 5,
  };
  const settings = outboxSettings(options);
  options.timeout = -1;
  Object.assign(options, { fallbackRelays: 7 });
  assert.equal(settings.timeout, 5);
  assert.deepEqual(settings.router.plan.fallbackRelays, ["wss://a.example/"]);
});
