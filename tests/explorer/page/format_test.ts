import assert from "node:assert/strict";
import {
  ago,
  day,
  duration,
  host,
  many,
  percent,
  personName,
} from "../../../src/explorer/page/format.ts";

Deno.test("percent() reads as all or nothing only where it is", () => {
  const shares = [[0, 9], [9, 9], [1, 1000], [999, 1000], [1, 3], [0, 0]];
  assert.deepEqual(
    shares.map(([part, whole]) => percent(part, whole)),
    ["0 %", "100 %", "< 1 %", "> 99 %", "33 %", "–"],
  );
});

Deno.test("many() counts with a noun", () => {
  assert.deepEqual([many(1, "relay"), many(2_000, "person", "people")], [
    "1 relay",
    "2,000 people",
  ]);
});

Deno.test("ago() and duration() are short", () => {
  assert.deepEqual([ago(0, 30), ago(0, 7_200), ago(0, 86_400)], [
    "just now",
    "2 hours ago",
    "1 day ago",
  ]);
  assert.deepEqual([duration(870), duration(8_100)], ["870 ms", "8.1 s"]);
  assert.equal(day(0), "the beginning");
});

Deno.test("personName() is the name, or the ends of the npub; host() is what tells relays apart", () => {
  const pubkey = "aa".repeat(32);
  assert.match(personName({ pubkey }), /^npub1\w{4}…\w{4}$/);
  assert.equal(personName({ pubkey, name: "Ada" }), "Ada");
  assert.equal(personName({ pubkey: "x" }), "x");
  assert.deepEqual(["wss://a.example/", "ws://127.0.0.1:7777/x"].map(host), [
    "a.example",
    "ws://127.0.0.1:7777/x",
  ]);
});
