/**
 * What every source of hints keeps to, whatever strangers put into what it reads.
 *
 * @module
 */

import fc from "fast-check";
import assert from "node:assert/strict";
import type { Hint, HintReader } from "../../src/hints/hint.ts";
import { isPubkey } from "../../src/nostr/pubkeys.ts";
import { listedUrl, noPubkey, PEOPLE, person } from "./arbitraries.ts";

/** A reader, and what it is tried on. */
export interface ReaderTrial<Seen> {
  readonly reader: HintReader<Seen>;
  /** Anything that may come in its place. */
  readonly junk: fc.Arbitrary<Seen>;
  /** Something well-formed, with all hints that are in it. */
  readonly genuine: fc.Arbitrary<readonly [seen: Seen, hints: readonly Hint[]]>;
  /** Something with far too much in it, and the most hints that may be read from that. */
  readonly flood: readonly [seen: Seen, most: number];
}

/** Runs the contract. */
export function testHintReader<Seen>(name: string, trial: ReaderTrial<Seen>): void {
  const { reader, junk, genuine, flood } = trial;
  const anything = fc.oneof(junk, genuine.map(([seen]) => seen));

  Deno.test(`${name}: gives well-formed hints of its own source alone, whatever it reads`, () => {
    fc.assert(fc.property(anything, (seen) => {
      for (const { subject, url, source, author, ...rest } of reader.read(seen)) {
        assert.equal(source, reader.source);
        assert.match(subject, /^(?:[0-9a-f]{64}|id:[0-9a-f]{64}|group:[^]{1,100})$/);
        assert.ok(typeof url === "string" && url.length >= 1 && url.length <= 256, url);
        if (author !== undefined) assert.ok(isPubkey(author) && subject.startsWith("id:"));
        assert.deepEqual(rest, {});
      }
    }));
  });

  Deno.test(`${name}: gives each hint once, and at most 8 about one thing`, () => {
    fc.assert(fc.property(anything, (seen) => assertFew(reader.read(seen))));
    const [seen, most] = flood;
    const hints = reader.read(seen);
    assertFew(hints);
    assert.ok(hints.length > 0 && hints.length <= most, `${hints.length} hints`);
  });

  Deno.test(`${name}: gives the same again, and changes nothing of what it reads`, () => {
    fc.assert(fc.property(anything, (seen) => {
      const before = structuredClone(seen);
      const hints = reader.read(seen);
      assert.deepEqual(structuredClone(seen), before);
      assert.deepEqual(reader.read(before), hints);
    }));
  });

  Deno.test(`${name}: gives all that was put in, and nothing else`, () => {
    let said = 0;
    fc.assert(fc.property(genuine, ([seen, hints]) => {
      said += hints.length;
      assert.deepEqual(sorted(reader.read(seen)), sorted(hints));
    }));
    assert.ok(said > 30);
  });
}

function assertFew(hints: readonly Hint[]): void {
  const byThing = Map.groupBy(hints, ({ subject }) => subject);
  for (const [about, said] of byThing) {
    assert.ok(said.length <= 8, about);
    assert.equal(new Set(said.map(({ url }) => url)).size, said.length, about);
  }
}

/** Hints in an order of their own: which comes first says nothing. */
export function sorted(hints: readonly Hint[]): Hint[] {
  const key = ({ subject, url, author }: Hint) => `${subject} ${url} ${author}`;
  return hints.toSorted((a, b) => key(a) < key(b) ? -1 : 1);
}

/** Hints each once; of two that differ by the author alone, the one that names it. */
export function distinctHints(hints: readonly Hint[]): Hint[] {
  const best = new Map<string, Hint>();
  for (const hint of hints) {
    const key = `${hint.subject} ${hint.url}`;
    if (best.get(key)?.author === undefined) best.set(key, hint);
  }
  return [...best.values()];
}

/** Few relays, as they stand in a list. */
export const urls: fc.Arbitrary<string[]> = fc.uniqueArray(
  listedUrl.filter((url) => url !== "" && url.length <= 256),
  { maxLength: 3 },
);

/** Ids of events. */
export const IDS: readonly string[] = ["01", "e1", "ee"].map((byte) => byte.repeat(32));

/** What a tag or a document may hold in a place. */
export const part: fc.Arbitrary<string> = fc.oneof(
  person,
  noPubkey,
  listedUrl,
  fc.constantFrom(...IDS),
  fc.constantFrom("p", "e", "q", "a", "h", "reply", "group", "x".repeat(300)),
  fc.constantFrom(...PEOPLE).map((pubkey) => `30023:${pubkey}:x`),
  fc.string(),
);
