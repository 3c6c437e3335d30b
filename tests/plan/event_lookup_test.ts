import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import type { Lookup } from "../../src/nostr/types.ts";
import { eventLookup } from "../../src/plan/event_lookup.ts";
import { planEvent } from "../../src/plan/plan_event.ts";
import { taggedUsers } from "../../src/plan/tagged_users.ts";
import { draft } from "../../testing/memory_source.ts";
import { eventOf, POST_KINDS, publications, USERS } from "../support/event_arbitraries.ts";

const [ALICE, BOB, CAROL] = USERS;

function wishes(event: Partial<NostrEvent>, ...tags: string[][]): Lookup {
  return eventLookup(draft({ pubkey: ALICE, tags, ...event }));
}

const wanted = (some: Partial<Lookup>): Lookup => ({
  people: [],
  dm: [],
  private: [],
  eventsAndGroups: [],
  ...some,
});

Deno.test("eventLookup() wants to know of everything that a plan turns on, and of nothing else", () => {
  fc.assert(fc.property(publications, ({ event, known, options }) => {
    const { people, dm, private: drafts, eventsAndGroups } = eventLookup(event);
    const looked = [...known].map(([key, { write, read, hints, ...strict }]) => {
      const isWanted = people.includes(key) || eventsAndGroups.includes(key);
      return [key, {
        ...(isWanted ? { write, read, hints } : {}),
        ...(dm.includes(key) ? { dm: strict.dm } : {}),
        ...(drafts.includes(key) ? { private: strict.private } : {}),
      }] as const;
    });
    assert.deepEqual(planEvent(event, new Map(looked), options), planEvent(event, known, options));
  }));
});

Deno.test("eventLookup() names the author first, then whom a post tags", () => {
  fc.assert(fc.property(eventOf(POST_KINDS), (event) => {
    const people = [event.pubkey, ...taggedUsers(event)];
    assert.deepEqual(eventLookup(event), wanted({ people }));
  }));
});

Deno.test("eventLookup() wants of a gift wrap nothing but its recipients' kind 10050 lists", () => {
  for (const kind of [1059, 21059]) {
    const found = wishes({ kind }, ["p", BOB], ["P", ALICE], ["p", CAROL], ["h", "group"]);
    assert.deepEqual(found, wanted({ dm: [BOB, CAROL] }));
  }
});

Deno.test("eventLookup() wants the lists that an event is bound by, and no others", () => {
  const tag = ["p", BOB];
  assert.deepEqual(wishes({ kind: 31234 }, tag), wanted({ private: [ALICE] }));
  assert.deepEqual(wishes({}, tag, ["-"]), wanted({ people: [ALICE] }));
  assert.deepEqual(wishes({ kind: 9 }, tag, ["h", "x"]), wanted({ eventsAndGroups: ["group:x"] }));
  assert.deepEqual(wishes({ kind: 9 }, tag, ["h", "x", "wss://x.example"]), wanted({}));
  assert.deepEqual(wishes({ kind: 22242 }, tag), wanted({}));
});

Deno.test("eventLookup() wants the kind 10050 list that another one, or a deletion, replaces", () => {
  const people = [ALICE];
  assert.deepEqual(wishes({ kind: 10050 }), wanted({ people, dm: people }));
  assert.deepEqual(wishes({ kind: 5 }, ["k", "10050"]), wanted({ people, dm: people }));
  assert.deepEqual(wishes({ kind: 10002 }), wanted({ people }));
});

Deno.test("eventLookup() wants all lists of whoever vanishes everywhere, and none for named relays", () => {
  const all = { people: [ALICE, BOB], dm: [ALICE], private: [ALICE] };
  const tags = [["relay", "ALL_RELAYS"], ["p", BOB]];
  assert.deepEqual(wishes({ kind: 62 }, ...tags), wanted(all));
  assert.deepEqual(wishes({ kind: 62 }, ["relay", "wss://x.example"]), wanted({}));
});
