import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import type { Lookup } from "../../src/nostr/relay_knowledge.ts";
import { eventLookup } from "../../src/plan/event_lookup.ts";
import { planEvent } from "../../src/plan/plan_event.ts";
import { taggedUsers } from "../../src/plan/tagged_users.ts";
import { draft } from "../../testing/memory_source.ts";
import { eventOf, POST_KINDS, publications, USERS } from "../support/event_arbitraries.ts";

const [ALICE, BOB, CAROL] = USERS;

function lookupOf(event: Partial<NostrEvent>, ...tags: string[][]): Lookup {
  return eventLookup(draft({ pubkey: ALICE, tags, ...event }));
}

const lookup = (some: Partial<Lookup>): Lookup => ({
  people: [],
  dm: [],
  private: [],
  eventsAndGroups: [],
  ...some,
});

Deno.test("eventLookup() names everything that a plan depends on", () => {
  fc.assert(fc.property(publications, ({ event, knowledge, options }) => {
    const { people, dm, private: drafts, eventsAndGroups } = eventLookup(event);
    const found = [...knowledge].map(([key, { write, read, hints, ...strict }]) => {
      const isWanted = people.includes(key) || eventsAndGroups.includes(key);
      return [key, {
        ...(isWanted ? { write, read, hints } : {}),
        ...(dm.includes(key) ? { dm: strict.dm } : {}),
        ...(drafts.includes(key) ? { private: strict.private } : {}),
      }] as const;
    });
    assert.deepEqual(
      planEvent(event, new Map(found), options),
      planEvent(event, knowledge, options),
    );
  }));
});

Deno.test("eventLookup() names the author of a post first, then the users it tags", () => {
  fc.assert(fc.property(eventOf(POST_KINDS), (event) => {
    const people = [event.pubkey, ...taggedUsers(event)];
    assert.deepEqual(eventLookup(event), lookup({ people }));
  }));
});

Deno.test("eventLookup() of a gift wrap names nothing but its recipients' kind 10050 lists", () => {
  for (const kind of [1059, 21059]) {
    const found = lookupOf({ kind }, ["p", BOB], ["P", ALICE], ["p", CAROL], ["h", "group"]);
    assert.deepEqual(found, lookup({ dm: [BOB, CAROL] }));
  }
});

Deno.test("eventLookup() names the lists that an event is bound by, and no others", () => {
  const tag = ["p", BOB];
  assert.deepEqual(lookupOf({ kind: 31234 }, tag), lookup({ private: [ALICE] }));
  assert.deepEqual(lookupOf({}, tag, ["-"]), lookup({ people: [ALICE] }));
  assert.deepEqual(
    lookupOf({ kind: 9 }, tag, ["h", "x"]),
    lookup({ eventsAndGroups: ["group:x"] }),
  );
  assert.deepEqual(lookupOf({ kind: 9 }, tag, ["h", "x", "wss://x.example"]), lookup({}));
  assert.deepEqual(lookupOf({ kind: 22242 }, tag), lookup({}));
});

Deno.test("eventLookup() names the kind 10050 list that a newer one replaces, or a deletion deletes", () => {
  const people = [ALICE];
  assert.deepEqual(lookupOf({ kind: 10050 }), lookup({ people, dm: people }));
  assert.deepEqual(lookupOf({ kind: 5 }, ["k", "10050"]), lookup({ people, dm: people }));
  assert.deepEqual(lookupOf({ kind: 10002 }), lookup({ people }));
});

Deno.test("eventLookup() of a request to vanish names all lists of its author, or none if it names relays", () => {
  const all = { people: [ALICE, BOB], dm: [ALICE], private: [ALICE] };
  const tags = [["relay", "ALL_RELAYS"], ["p", BOB]];
  assert.deepEqual(lookupOf({ kind: 62 }, ...tags), lookup(all));
  assert.deepEqual(lookupOf({ kind: 62 }, ["relay", "wss://x.example"]), lookup({}));
});
