/**
 * The contract of every `HintReader`, whatever strangers write.
 *
 * @module
 */

import fc from "fast-check";
import assert from "node:assert/strict";
import type { Hint, HintReader } from "../../src/hints/hint.ts";
import { isPubkey } from "../../src/nostr/pubkeys.ts";
import { listedUrl, noPubkey, PEOPLE, person } from "./arbitraries.ts";

/** A reader, and the inputs to test it with. */
export interface ReaderTrial<Input> {
  readonly reader: HintReader<Input>;
  /** Anything that may come in its place. */
  readonly junk: fc.Arbitrary<Input>;
  /** A well-formed input, and all hints in it. */
  readonly genuine: fc.Arbitrary<readonly [input: Input, hints: readonly Hint[]]>;
  /** An input with far too many hints, and the most that may be read from it. */
  readonly flood: readonly [input: Input, max: number];
}

/** Runs the contract. */
export function testHintReader<Input>(name: string, trial: ReaderTrial<Input>): void {
  const { reader, junk, genuine, flood } = trial;
  const anything = fc.oneof(junk, genuine.map(([input]) => input));

  Deno.test(`${name} read well-formed hints of their own source alone, from any input`, () => {
    fc.assert(fc.property(anything, (input) => {
      for (const { subject, url, source, author, ...rest } of reader.read(input)) {
        assert.equal(source, reader.source);
        assert.match(
          subject,
          /^(?:[0-9a-f]{64}|id:[0-9a-f]{64}|address:\d+:[0-9a-f]{64}:[^]*|group:[^]{1,100})$/,
        );
        if (url === undefined) assert.ok(author !== undefined, "it names nothing");
        else assert.ok(typeof url === "string" && url.length >= 1 && url.length <= 256, url);
        if (author !== undefined) assert.ok(isPubkey(author) && subject.startsWith("id:"));
        assert.deepEqual(rest, {});
      }
    }));
  });

  Deno.test(`${name} read each hint once, and at most 8 for one subject`, () => {
    fc.assert(fc.property(anything, (input) => assertFew(reader.read(input))));
    const [input, max] = flood;
    const hints = reader.read(input);
    assertFew(hints);
    assert.ok(hints.length > 0 && hints.length <= max, `${hints.length} hints`);
  });

  Deno.test(`${name} read the same again, and leave the input as it was`, () => {
    fc.assert(fc.property(anything, (input) => {
      const before = structuredClone(input);
      const hints = reader.read(input);
      assert.deepEqual(structuredClone(input), before);
      assert.deepEqual(reader.read(before), hints);
    }));
  });

  Deno.test(`${name} read all hints in an input, and no others`, () => {
    let expected = 0;
    fc.assert(fc.property(genuine, ([input, hints]) => {
      expected += hints.length;
      assert.deepEqual(sorted(reader.read(input)), sorted(hints));
    }));
    assert.ok(expected > 30);
  });
}

function assertFew(hints: readonly Hint[]): void {
  const bySubject = Map.groupBy(hints, ({ subject }) => subject);
  for (const [subject, own] of bySubject) {
    assert.ok(own.length <= 8, subject);
    assert.equal(new Set(own.map(({ url }) => url)).size, own.length, subject);
  }
}

/** Hints in an order that does not depend on the reader. */
export function sorted(hints: readonly Hint[]): Hint[] {
  const key = ({ subject, url, author }: Hint) => `${subject} ${url} ${author}`;
  return hints.toSorted((a, b) => key(a) < key(b) ? -1 : 1);
}

/** Each hint once; of two that differ only by the author, the one that names it. */
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

/** An element of a tag or a document. */
export const part: fc.Arbitrary<string> = fc.oneof(
  person,
  noPubkey,
  listedUrl,
  fc.constantFrom(...IDS),
  fc.constantFrom("p", "e", "q", "a", "h", "reply", "group", "x".repeat(300)),
  fc.constantFrom(...PEOPLE).map((pubkey) => `30023:${pubkey}:x`),
  fc.string(),
);
