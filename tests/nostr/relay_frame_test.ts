import fc from "fast-check";
import assert from "node:assert/strict";
import { parseRelayFrame } from "../../src/nostr/relay_frame.ts";
import { note } from "../support/notes.ts";

const read = (...message: unknown[]) => parseRelayFrame(JSON.stringify(message));

Deno.test("NIP-67: parseRelayFrame() reads each word of an EOSE, and lets every other shape pass", () => {
  const eose = (...hints: string[]) => ({ verb: "EOSE", id: "a", hints });
  assert.deepEqual(read("EOSE", "a"), eose());
  assert.deepEqual(read("EOSE", "a", []), eose());
  for (const word of ["finish", "more", "auth"]) {
    assert.deepEqual(read("EOSE", "a", [word]), eose(word));
  }
  assert.deepEqual(read("EOSE", "a", ["more", "auth"]), eose("more", "auth"));
  assert.deepEqual(read("EOSE", "a", ["finish", "finish"]), eose("finish"));
  assert.deepEqual(read("EOSE", "a", ["later", "more", 7, null, {}]), eose("more"));
  for (const other of ["finish", { finish: true }, 1, null, true, [["finish"]]]) {
    assert.deepEqual(read("EOSE", "a", other), eose());
  }
  assert.deepEqual(read("EOSE", "a", ["finish"], "more", 4), eose("finish"));
});

Deno.test("NIP-01: parseRelayFrame() reads messages that lack their reason", () => {
  assert.deepEqual(read("OK", "e", true), { verb: "OK", id: "e", ok: true, reason: "" });
  assert.deepEqual(read("OK", "e", false, "pow: 20"), {
    verb: "OK",
    id: "e",
    ok: false,
    reason: "pow: 20",
  });
  assert.deepEqual(read("CLOSED", "a"), { verb: "CLOSED", id: "a", reason: "" });
  assert.deepEqual(read("CLOSED", "a", "error: x", 1), {
    verb: "CLOSED",
    id: "a",
    reason: "error: x",
  });
  assert.deepEqual(read("NOTICE", { code: 1 }), { verb: "NOTICE", text: "" });
  assert.deepEqual(read("NOTICE", "slow down"), { verb: "NOTICE", text: "slow down" });
  assert.deepEqual(read("AUTH", "abc"), { verb: "AUTH", challenge: "abc" });
});

Deno.test("NIP-01: parseRelayFrame() hands a malformed event over with what is wrong with it", () => {
  const event = note({});
  assert.deepEqual(read("EVENT", "a", event), { verb: "EVENT", id: "a", event });
  assert.deepEqual(read("EVENT", "a", { ...event, kind: -1 }), {
    verb: "EVENT",
    id: "a",
    fault: '"kind" must be an integer from 0 to 65535, got -1',
  });
  assert.deepEqual(read("EVENT", "a"), { verb: "EVENT", id: "a", fault: "it is undefined" });
});

Deno.test("NIP-45: parseRelayFrame() reads counts, exact or not, with their HyperLogLog value", () => {
  const hll = "0f".repeat(256);
  const count = { verb: "COUNT", id: "a", count: 3, approximate: false };
  assert.deepEqual(read("COUNT", "a", { count: 3 }), count);
  assert.deepEqual(read("COUNT", "a", { count: 3, approximate: true }), {
    ...count,
    approximate: true,
  });
  assert.deepEqual(read("COUNT", "a", { count: 3, hll, more: 1 }), { ...count, hll });
  assert.deepEqual(read("COUNT", "a", { count: 3, hll: "0F" }), count);
  for (const wrong of [{}, { count: -1 }, { count: "3" }, { count: 1.5 }, 3, null]) {
    assert.equal(read("COUNT", "a", wrong), undefined);
  }
});

Deno.test("parseRelayFrame() hands over verbs that it does not know", () => {
  for (const name of ["NEG-MSG", "NEG-ERR", "HORIZON", "LIMITS", "CHANGES", "eose", ""]) {
    assert.deepEqual(read(name, "a", {}), { verb: "other", name, id: "a" });
    assert.deepEqual(read(name, { max: 1 }), { verb: "other", name });
    assert.deepEqual(read(name), { verb: "other", name });
  }
});

Deno.test("parseRelayFrame() reads no frame in what lacks a verb, or its id", () => {
  for (const text of ["", "{", "{}", "null", "[]", "7", '"EOSE"', "[1]", "[null,1]", '["EOSE"']) {
    assert.equal(parseRelayFrame(text), undefined, text);
  }
  for (const verb of ["EVENT", "EOSE", "CLOSED", "OK", "COUNT", "AUTH"]) {
    for (const id of [undefined, 1, null, {}]) assert.equal(read(verb, id), undefined);
  }
  assert.equal(read("OK", "e", "true"), undefined);
  assert.equal(parseRelayFrame(new Uint8Array(3)), undefined);
  assert.equal(parseRelayFrame(new Blob(["[]"])), undefined);
});

Deno.test("W1: parseRelayFrame() throws on no text, and is the same each time", () => {
  const verbs = ["EVENT", "EOSE", "CLOSED", "OK", "NOTICE", "AUTH", "COUNT", "NEG-MSG"];
  const messages = fc.tuple(fc.constantFrom(...verbs), fc.array(fc.jsonValue(), { maxLength: 4 }))
    .map(([verb, rest]) => JSON.stringify([verb, ...rest]));
  fc.assert(fc.property(fc.oneof(messages, fc.json(), fc.string()), (text) => {
    assert.deepEqual(parseRelayFrame(text), parseRelayFrame(text));
  }));
});

Deno.test("W1: parseRelayFrame() reads a long message however much it holds, and none that nests deeply", () => {
  const tags = Array.from({ length: 5_000 }, (_, i) => ["p", `[[[{${i}`.repeat(9), '\\"[[[[']);
  const list = note({ kind: 3, tags, content: '{"wss://a.example":{"read":true}}' });
  assert.deepEqual(read("EVENT", "a", list), { verb: "EVENT", id: "a", event: list });
  const nested = (depth: number, length: number) =>
    `["other","${"x".repeat(length)}",${"[".repeat(depth)}${"]".repeat(depth)}]`;
  assert.ok(parseRelayFrame(nested(15, 20_000)));
  assert.equal(parseRelayFrame(nested(16, 20_000)), undefined);
  assert.ok(parseRelayFrame(nested(1_000, 0)), "a short one takes no time");
  assert.equal(parseRelayFrame(nested(400_000, 0)), undefined);
});
