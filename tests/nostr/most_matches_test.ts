import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { mostMatches } from "../../src/nostr/most_matches.ts";

Deno.test("NIP-01: mostMatches() bounds filters for ids, and for authors of replaceable kinds alone", () => {
  const bounds: [NostrFilter, number | undefined][] = [
    [{ kinds: [10002], authors: ["a", "b", "a"], since: 1 }, 2],
    [{ kinds: [0, 3, 10050, 3], authors: ["a", "b"] }, 6],
    [{ kinds: [0, 1], authors: ["a"] }, undefined],
    [{ kinds: [30000], authors: ["a"] }, undefined],
    [{ kinds: [0] }, undefined],
    [{ authors: ["a"] }, undefined],
    [{ ids: ["x", "y", "x"], kinds: [1] }, 2],
    [{ since: 1 }, undefined],
  ];
  for (const [filter, most] of bounds) assert.equal(mostMatches(filter), most);
});
