import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { finalizeEvent, verifyEvent } from "nostr-tools";
import { checkedEvent, forgedError } from "../../src/nostr/check_event.ts";
import { type EventRefusal, EventRefusedError } from "../../src/nostr/errors.ts";
import { SIGNERS } from "../support/arbitraries.ts";

const NOW = 1_700_000_000;
const event = SIGNERS[0].sign({ kind: 10002, created_at: NOW, tags: [["r", "wss://a.example"]] });

/** Checks an event as a store does. */
function check(event: unknown): NostrEvent {
  const copy = checkedEvent(event as NostrEvent, NOW);
  if (!verifyEvent({ ...copy })) throw forgedError(event as NostrEvent);
  return copy;
}

/** Asserts that the event is refused for this reason, with this message. */
function assertRefused(given: unknown, reason: EventRefusal, message: RegExp): void {
  assert.throws(() => check(given), (error) => {
    assert.ok(error instanceof EventRefusedError);
    assert.equal(error.name, "EventRefusedError");
    assert.equal(error.reason, reason);
    assert.equal(error.event, given);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("S2: checkedEvent() gives a plain copy of a well-formed, signed event of the present", () => {
  const copy = check(event);
  assert.deepEqual(copy, event);
  assert.notEqual(copy, event);
  assert.notEqual(copy.tags, event.tags);
  assert.notEqual(copy.tags[0], event.tags[0]);
});

Deno.test("S2: checkedEvent() gives a copy with the seven fields of NIP-01 and nothing else", () => {
  const decorated = { ...event, relay: "wss://a.example", [Symbol("verified")]: true };
  assert.deepEqual(Reflect.ownKeys(check(decorated)).sort(), Object.keys(event).sort());
});

Deno.test("S2: checkedEvent() refuses an event with any field changed as forged", () => {
  const changes: Partial<NostrEvent>[] = [
    { content: "x" },
    { kind: 10003 },
    { created_at: NOW - 1 },
    { tags: [] },
    { tags: [["r", "wss://b.example"]] },
    { pubkey: SIGNERS[1].pubkey },
    { id: "0".repeat(64) },
    { sig: "0".repeat(128) },
    { sig: SIGNERS[1].sign({ kind: 10002, created_at: NOW, tags: event.tags }).sig },
  ];
  for (const change of changes) {
    assertRefused({ ...event, ...change }, "forged", /signature of [0-9a-f]{64} does not hold/);
  }
});

Deno.test("S2: checkedEvent() refuses a forged copy with the mark of nostr-tools on verified events", () => {
  const template = { kind: 10002, created_at: NOW, tags: [], content: "" };
  const finalized = finalizeEvent(template, new Uint8Array(32).fill(1));
  const forged = { ...finalized, content: "forged" };
  assert.ok(verifyEvent(forged), "nostr-tools trusts its mark");
  assertRefused(forged, "forged", /does not hold/);
  assert.equal(check(finalized).sig, finalized.sig);
});

Deno.test("S2: checkedEvent() refuses a malformed event, and says what is wrong", () => {
  const faults: [change: Record<string, unknown>, message: RegExp][] = [
    [{ id: event.id.toUpperCase() }, /"id" must be 64 lowercase hex characters, got "[0-9A-F]/],
    [{ id: `${event.id}\n` }, /"id"/],
    [{ id: JSON.parse('{"toString":1}') }, /"id" must be text, got a value of type object/],
    [{ id: "x".repeat(1_000_000) }, /^.{1,300}$/],
    [{ id: undefined }, /"id" must be text, got undefined/],
    [{ pubkey: event.pubkey.slice(1) }, /"pubkey" must be 64 lowercase hex characters/],
    [{ pubkey: [event.pubkey] }, /"pubkey"/],
    [{ sig: `${event.sig}00` }, /"sig" must be 128 lowercase hex characters/],
    [{ sig: null }, /"sig"/],
    [{ kind: -1 }, /"kind" must be an integer from 0 to 65535, got -1$/],
    [{ kind: 65_536 }, /"kind" must be an integer from 0 to 65535, got 65536$/],
    [{ kind: 1.5 }, /"kind" must be an integer from 0 to 65535, got 1\.5$/],
    [{ kind: "10002" }, /"kind" must be an integer from 0 to 65535, got "10002"$/],
    [{ created_at: -1 }, /"created_at" must be an integer >= 0, got -1$/],
    [{ created_at: 1.5 }, /"created_at" must be an integer >= 0, got 1\.5$/],
    [{ created_at: NaN }, /"created_at" must be an integer >= 0, got NaN$/],
    [{ created_at: 2 ** 53 }, /"created_at"/],
    [{ created_at: `${NOW}` }, /"created_at"/],
    [{ content: undefined }, /"content" must be text, got undefined$/],
    [{ content: {} }, /"content" must be text, got a value of type object$/],
    [{ tags: undefined }, /"tags" must be lists of strings$/],
    [{ tags: {} }, /"tags"/],
    [{ tags: ["r"] }, /"tags"/],
    [{ tags: [["r", 7]] }, /"tags"/],
    [{ tags: [["r"], null] }, /"tags"/],
  ];
  for (const [change, message] of faults) {
    assertRefused({ ...event, ...change }, "malformed", message);
  }
  for (const value of [null, undefined, "event", 7]) {
    assertRefused(value, "malformed", /Cannot store a malformed event: it is /);
  }
});

Deno.test("S2: checkedEvent() accepts or refuses any value in any field, and never throws otherwise", () => {
  const fields = fc.constantFrom(...Object.keys(event));
  fc.assert(
    fc.property(fields, fc.anything(), (field, value) => {
      const given = { ...event, [field]: value };
      try {
        assert.deepEqual(check(given), event);
      } catch (error) {
        assert.ok(error instanceof EventRefusedError, `${error}`);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("S2: checkedEvent() accepts the latest second and refuses the next", () => {
  const late = SIGNERS[0].sign({ created_at: NOW + 1 });
  assert.equal(check(SIGNERS[0].sign({ created_at: NOW })).created_at, NOW);
  assertRefused(
    late,
    "future",
    /"created_at" is 1700000001, the latest accepted now is 1700000000/,
  );
  assert.throws(() => checkedEvent({ ...late, kind: -1 }, NOW), { reason: "malformed" });
});

Deno.test("S2: checkedEvent() accepts kinds 0 and 65535 and second 0", () => {
  for (const draft of [{ kind: 0 }, { kind: 65_535 }, { created_at: 0 }, { tags: [[]] }]) {
    const signed = SIGNERS[0].sign(draft);
    assert.deepEqual(check(signed), signed);
  }
});

Deno.test("S2, S4: checkedEvent() refuses a list of relays over 32,768 characters, before anybody verifies it, and no other event", () => {
  const tagsOf = (count: number) => Array.from({ length: count }, (_, i) => ["r", `wss://r${i}`]);
  const sized = (length: number, kind = 10002) => {
    const long = SIGNERS[0].sign({ kind, created_at: NOW, tags: tagsOf(100) });
    return { ...long, content: "x".repeat(length - JSON.stringify(long).length) };
  };
  const checked = (event: NostrEvent) => checkedEvent(event, NOW);
  checked(sized(32_768));
  checked(sized(32_769, 3));
  for (const kind of [10002, 10050, 10006]) {
    assert.throws(() => checked(sized(32_769, kind)), {
      reason: "oversized",
      message: /^Cannot store an oversized event: .* 32768 characters .* 32769 and 100 tags$/,
    });
  }
  const crowd = SIGNERS[0].sign({ kind: 10002, created_at: NOW, tags: tagsOf(10_000) });
  assert.throws(() => checked(crowd), { reason: "oversized", message: /10000 tags/ });
});
