import fc from "fast-check";
import assert from "node:assert/strict";
import { selectRelays } from "../../src/plan/select_relays.ts";
import { PEOPLE, RELAYS, someOf } from "../support/requests.ts";

const worlds = fc.array(fc.tuple(fc.constantFrom(...PEOPLE), someOf(RELAYS, 6)), { maxLength: 14 })
  .map((lists) => new Map(lists));
const options = fc.record({
  maxRelays: fc.integer({ min: 1, max: 6 }),
  relaysPerAuthor: fc.integer({ min: 1, max: 4 }),
});

Deno.test("selectRelays() gives authors relays of their own, within both caps", () => {
  fc.assert(fc.property(worlds, options, (world, options) => {
    const selected = selectRelays(world, options);
    for (const [author, relays] of selected) {
      assert.ok(relays.length >= 1 && relays.length <= options.relaysPerAuthor);
      assert.ok(relays.every((url) => world.get(author)!.includes(url)));
      assert.equal(new Set(relays).size, relays.length);
    }
    assert.ok(new Set([...selected.values()].flat()).size <= options.maxRelays);
  }));
});

Deno.test("selectRelays() leaves no author out while maxRelays allows", () => {
  fc.assert(fc.property(worlds, (world) => {
    const selected = selectRelays(world, { maxRelays: RELAYS.length });
    for (const [author, relays] of world) assert.equal(selected.has(author), relays.length > 0);
  }));
});

Deno.test("selectRelays() does not depend on the order of authors and relays", () => {
  fc.assert(fc.property(worlds, options, (world, options) => {
    const turned = new Map(
      [...world].reverse().map(([author, relays]) => [author, [...relays].reverse()]),
    );
    const sorted = (map: Map<string, string[]>) => [...map].sort();
    assert.deepEqual(
      sorted(selectRelays(turned, options)),
      sorted(selectRelays(world, options)),
    );
  }));
});

Deno.test("selectRelays() prefers the heavier of two relays that carry the same author", () => {
  const world = new Map([["alice", ["wss://a.example/", "wss://b.example/"]]]);
  const weight = (url: string) => url.includes("b") ? 0.9 : 0.2;
  assert.deepEqual(selectRelays(world, { maxRelays: 1, weight }).get("alice"), [
    "wss://b.example/",
  ]);
});

Deno.test("selectRelays() never chooses a relay of weight 0", () => {
  const world = new Map([["alice", ["wss://a.example/"]]]);
  assert.deepEqual(selectRelays(world, { weight: () => 0 }), new Map());
});

Deno.test("selectRelays() breaks ties by the smaller URL", () => {
  const world = new Map([["alice", ["wss://b.example/", "wss://a.example/", "wss://c.example/"]]]);
  const selected = selectRelays(world, { maxRelays: 1 });
  assert.deepEqual(selected.get("alice"), ["wss://a.example/"]);
});

Deno.test("selectRelays() names the option or the relay whose value is wrong", () => {
  assert.throws(() => selectRelays(new Map(), { maxRelays: 0 }), {
    name: "RangeError",
    message: /"maxRelays".*>= 1, got 0/,
  });
  const world = new Map([["alice", ["wss://a.example/"]]]);
  assert.throws(() => selectRelays(world, { weight: () => NaN }), {
    name: "RangeError",
    message: /wss:\/\/a\.example\/.*got NaN/,
  });
});

Deno.test("selectRelays() counts two URLs of one host as one relay", () => {
  const lists = new Map([[PEOPLE[0], [
    "wss://q.example/a",
    "wss://q.example/",
    "wss://w.example/",
  ]]]);
  const selected = selectRelays(lists, { relaysPerAuthor: 3 });
  assert.deepEqual(selected.get(PEOPLE[0]), ["wss://q.example/", "wss://w.example/"]);
});
