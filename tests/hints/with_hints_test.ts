import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import type { Hint } from "../../src/hints/hint.ts";
import { hintsOf } from "../../src/hints/attached_hints.ts";
import { withHints } from "../../src/hints/with_hints.ts";
import { eventOrGroupScope, peopleScope } from "../../src/nostr/filter_subjects.ts";
import { eventKey, isSubjectKey } from "../../src/nostr/subject_key.ts";
import { isPubkey } from "../../src/nostr/pubkeys.ts";
import { filter, PEOPLE } from "../support/arbitraries.ts";
import { distinctHints, sorted, urls } from "../support/hint_contract.ts";

const [ALICE, BOB] = PEOPLE;
const ID = "ee".repeat(32);
const url = "wss://a.example";

/** The hints after one relay is attached to a filter. */
function aboutOf(filter: NostrFilter): string[] {
  return hintsOf([withHints(filter, [url])]).map((hint) => {
    assert.deepEqual(hint, { subject: hint.subject, url, source: "hand" });
    return hint.subject;
  });
}

Deno.test("withHints() takes a relay for that of the filter's subjects", () => {
  assert.deepEqual(aboutOf({ ids: [ID] }), [`id:${ID}`]);
  assert.deepEqual(aboutOf({ authors: [ALICE, BOB], kinds: [1] }), [ALICE, BOB]);
  assert.deepEqual(aboutOf({ ids: [ID], authors: [BOB] }), [`id:${ID}`, BOB]);
  assert.deepEqual(aboutOf({ "#p": [ALICE] }), [ALICE]);
  assert.deepEqual(aboutOf({ "#a": [`30023:${BOB}:x`] }), [`address:30023:${BOB}:x`]);
  assert.deepEqual(aboutOf({ "#e": [ID] }), [`id:${ID}`]);
  assert.deepEqual(aboutOf({ "#q": [ID], "#p": [BOB] }), [BOB]);
  assert.deepEqual(aboutOf({ authors: [ALICE], "#p": [BOB] }), [ALICE]);
  assert.deepEqual(aboutOf({ "#h": ["pizza"] }), ["group:pizza"]);
  assert.deepEqual(aboutOf({ "#h": ["pizza"], authors: [ALICE], ids: [ID] }), ["group:pizza"]);
  assert.deepEqual(aboutOf({ kinds: [1] }), []);
  assert.deepEqual(aboutOf({ ids: ["junk"], authors: ["junk"] }), []);
});

Deno.test("withHints() returns the same object, unchanged, and hintsOf() knows it and no copy of it", () => {
  fc.assert(fc.property(filter, urls, (before, urls) => {
    // Shrinking uses one object several times.
    const filter = structuredClone(before);
    assert.equal(withHints(filter, urls), filter);
    assert.deepEqual(filter, before);

    const people = (peopleScope(filter)?.subjects ?? []).filter(isPubkey);
    const { role, subjects = [] } = eventOrGroupScope(filter) ?? {};
    const threads = role === "thread" ? subjects.map(eventKey).filter(isSubjectKey) : [];
    const things = filter["#h"]
      ? filter["#h"].map((group) => `group:${group}`)
      : [...(filter.ids ?? []).map((id) => `id:${id}`), ...people, ...threads];
    const hints = things.flatMap((subject) =>
      urls.map((url): Hint => ({ subject, url, source: "hand" }))
    );
    assert.deepEqual(sorted(hintsOf([filter])), sorted(distinctHints(hints)));
    assert.deepEqual(hintsOf([{ ...filter }]), []);
  }));
});

Deno.test("withHints() takes hints about any subjects as they are, without malformed ones", () => {
  const good: Hint[] = [
    { subject: `id:${ID}`, url, source: "nip19", author: ALICE },
    { subject: ALICE, url, source: "nip05" },
  ];
  const bad = [null, 1, {}, { subject: "x", url }, { subject: ALICE, url: 1 }] as unknown as Hint[];
  const filter = withHints({ kinds: [1] }, [...bad, ...good, ...bad]);
  assert.deepEqual(hintsOf([filter]), good);
  assert.deepEqual(hintsOf([withHints(filter, [url])]), good);
});

Deno.test("hintsOf() returns the hints of all filters", () => {
  const one = withHints({ ids: [ID] }, [url]);
  const two = withHints({ authors: [ALICE] }, [url]);
  assert.deepEqual(hintsOf([one, {}, two]).map(({ subject }) => subject), [`id:${ID}`, ALICE]);
  assert.deepEqual(hintsOf([]), []);
});

Deno.test("withHints() called again adds to what is there, and keeps the last 8 relays", () => {
  const filter: NostrFilter = { ids: [ID] };
  const numbered = (i: number) => `${url}/${i}`;
  for (let i = 0; i < 100; i++) withHints(filter, [numbered(i)]);
  withHints(filter, []);
  assert.deepEqual(
    hintsOf([filter]).map(({ url }) => url),
    [99, 98, 97, 96, 95, 94, 93, 92].map(numbered),
  );
});

Deno.test("withHints() throws if it is not given an array", () => {
  for (const junk of [url, undefined, null, { url }]) {
    assert.throws(() => withHints({}, junk as unknown as string[]), {
      name: "TypeError",
      message: /^Cannot attach hints: "hints" must be an array of URLs or hints, got \w+$/,
    });
  }
});
