import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import type { RelayHint, RelayKnowledge, RelayList } from "../../src/nostr/relay_knowledge.ts";
import { parseRelayList } from "../../src/nostr/relay_list.ts";
import { subjectKey } from "../../src/nostr/subject_key.ts";
import type { PlanOptions } from "../../src/plan/plan_options.ts";
import { planReq } from "../../src/plan/plan_req.ts";
import { draft, postsOf, relayList } from "../../testing/memory_source.ts";

const [ALICE, BOB, CAROL] = ["aa", "bb", "cc"].map((byte) => byte.repeat(32));
const ID = "ee".repeat(32);
const [A_OUT, A_IN] = ["wss://alice-out.example/", "wss://alice-in.example/"];
const [B_OUT, B_IN] = ["wss://bob-out.example/", "wss://bob-in.example/"];
const [HUB, INDEXER] = ["wss://hub.example/", "wss://indexer.example/"];
const options = { fallbackRelays: [HUB], indexerRelays: [INDEXER] };
const lists: ReadonlyMap<string, RelayList> = new Map([
  [ALICE, relayList(ALICE, { write: [A_OUT], read: [A_IN] })],
  [BOB, relayList(BOB, { write: [B_OUT], read: [B_IN] })],
]);

/** A filter for events with one of these values in a tag. */
function tagged(key: `#${string}`, ...values: string[]): NostrFilter {
  return Object.assign({ kinds: [1, 1111] }, { [key]: values });
}

/** The filters that each relay is sent, for one filter. */
function asked(
  filter: NostrFilter,
  known: Readonly<Record<string, RelayKnowledge>> = {},
  more: PlanOptions = {},
): Record<string, NostrFilter[]> {
  return Object.fromEntries(plan(filter, known, more).routes);
}

/** The plan for one filter, with more knowledge than the lists. */
function plan(
  filter: NostrFilter,
  known: Readonly<Record<string, RelayKnowledge>>,
  more: PlanOptions = {},
) {
  const all = new Map<string, RelayKnowledge>([...lists, ...Object.entries(known)]);
  return planReq([filter], all, { ...options, ...more });
}

/** Hints that name these relays, best first. */
function hints(...urls: string[]): { hints: RelayHint[] } {
  return { hints: urls.map((url, i) => ({ url, weight: 1 / (i + 1), source: "nip19" })) };
}

Deno.test("NIP-65: a filter with authors goes to the write relays of each, narrowed", () => {
  assert.deepEqual(asked({ kinds: [1], authors: [ALICE, BOB], since: 7 }), {
    [A_OUT]: [{ kinds: [1], authors: [ALICE], since: 7 }],
    [B_OUT]: [{ kinds: [1], authors: [BOB], since: 7 }],
  });
});

Deno.test("NIP-65: a filter with #p and no authors goes to the read relays of each user, narrowed", () => {
  for (const key of ["#p", "#P"] as const) {
    assert.deepEqual(asked(tagged(key, ALICE, BOB)), {
      [A_IN]: [tagged(key, ALICE)],
      [B_IN]: [tagged(key, BOB)],
    });
  }
});

Deno.test("NIP-65: a filter with both goes to the authors' write relays", () => {
  const filter = { authors: [ALICE], "#p": [BOB, CAROL] };
  assert.deepEqual(asked(filter), { [A_OUT]: [filter] });
});

Deno.test("NIP-65: an entry without a marker, or with an empty one, is read and written", () => {
  const url = "wss://both.example/";
  for (const tag of [["r", url], ["r", url, ""], ["r", url, "read", "write"]]) {
    const list = parseRelayList(draft({ kind: 10002, pubkey: CAROL, tags: [tag] }));
    const known = new Map([[CAROL, list]]);
    assert.deepEqual([...planReq([postsOf(CAROL)], known).routes.keys()], [url]);
    assert.deepEqual([...planReq([{ "#p": [CAROL] }], known).routes.keys()], [url]);
  }
});

Deno.test("NIP-65: profiles, follows and lists are requested from write relays and from indexers", () => {
  for (const kind of [0, 3, 10_002, 10_050, 10_006]) {
    const filter = { kinds: [kind], authors: [ALICE] };
    assert.deepEqual(asked(filter), { [A_OUT]: [filter], [INDEXER]: [filter] });
  }
  const mixed = { kinds: [1, 0, 30_000], authors: [ALICE, BOB], limit: 5 };
  assert.deepEqual(asked(mixed), {
    [A_OUT]: [{ ...mixed, authors: [ALICE] }],
    [B_OUT]: [{ ...mixed, authors: [BOB] }],
    [INDEXER]: [{ ...mixed, kinds: [0] }],
  });
  for (const filter of [{ kinds: [1, 30_000], authors: [ALICE] }, { authors: [ALICE] }]) {
    assert.deepEqual(asked(filter), { [A_OUT]: [filter] });
  }
});

Deno.test("NIP-65: users without a list are requested from hinted relays and from fallback relays", () => {
  const rumours = [1, 2, 3, 4].map((i) => `wss://rumour${i}.example/`);
  const known = { [CAROL]: hints(...rumours), [BOB]: { ...lists.get(BOB), ...hints(...rumours) } };
  const filter = postsOf(CAROL);
  assert.deepEqual(asked(filter, known, { relaysPerAuthor: 4 }), {
    ...Object.fromEntries(rumours.slice(0, 3).map((url) => [url, [filter]])),
    [HUB]: [filter],
  });
  assert.deepEqual(asked(filter, known, { relaysPerAuthor: 1 }), { [rumours[0]]: [filter] });
  assert.deepEqual(asked(postsOf(BOB), known), { [B_OUT]: [postsOf(BOB)] });
});

Deno.test("NIP-37: private drafts are requested from their author's private relays as well", () => {
  const filter = { kinds: [1, 31_234], authors: [ALICE, BOB] };
  const known = { [ALICE]: { ...lists.get(ALICE), private: ["wss://drafts.example/"] } };
  assert.deepEqual(asked(filter, known), {
    [A_OUT]: [{ ...filter, authors: [ALICE] }],
    [B_OUT]: [{ ...filter, authors: [BOB] }],
    "wss://drafts.example/": [{ kinds: [31_234], authors: [ALICE] }],
  });
  assert.deepEqual(asked(postsOf(ALICE), known), { [A_OUT]: [postsOf(ALICE)] });
});

Deno.test("NIP-22: a filter with #a or #A and no authors goes to the named user's read relays, and to fallback relays", () => {
  const [article, other] = [`30023:${ALICE}:x:y`, `30023:${BOB}:`];
  for (const key of ["#a", "#A"] as const) {
    assert.deepEqual(asked(tagged(key, article, other)), {
      [A_IN]: [tagged(key, article)],
      [B_IN]: [tagged(key, other)],
      [HUB]: [tagged(key, article, other)],
    });
  }
});

Deno.test("NIP-10, NIP-18, NIP-22: a filter with #e, #E or #q goes to the inboxes of who wrote these events, to where they were seen, and to fallback relays", () => {
  const [post, other, unknown] = ["e1", "e2", "e3"].map((byte) => byte.repeat(32));
  const seen = "wss://seen.example/";
  const known = {
    [`id:${post}`]: { author: ALICE, ...hints(seen) },
    [`id:${other}`]: { author: BOB },
  };
  for (const key of ["#e", "#E", "#q"] as const) {
    const filter = tagged(key, post, other, unknown);
    assert.deepEqual(asked(filter, known), {
      [A_IN]: [tagged(key, post)],
      [B_IN]: [tagged(key, other)],
      [seen]: [tagged(key, post)],
      [HUB]: [filter],
    });
  }
});

Deno.test("NIP-65: a filter with #e beside authors or #p keeps to the relays of these people", () => {
  const post = "e1".repeat(32);
  const known = { [`id:${post}`]: { author: CAROL, ...hints("wss://seen.example/") } };
  const own = { authors: [ALICE], "#e": [post] };
  assert.deepEqual(asked(own, known), { [A_OUT]: [own] });
  const mine = { "#p": [ALICE], "#e": [post] };
  assert.deepEqual(asked(mine, known), { [A_IN]: [mine] });
});

Deno.test("NIP-17: gift wraps are requested from no relay while no kind 10050 list is known", () => {
  for (const kind of [1059, 21059]) {
    const { routes, unrouted } = planReq([{ kinds: [kind], "#p": [ALICE] }], lists, options);
    assert.equal(routes.size, 0);
    assert.deepEqual(unrouted, [{ reason: "no-dm-list", pubkey: ALICE, filter: 0 }]);
    assert.deepEqual(asked({ kinds: [1, kind], "#p": [ALICE] }), {
      [A_IN]: [{ kinds: [1], "#p": [ALICE] }],
    });
  }
});

Deno.test("NIP-17: no other relay learns whose gift wraps are requested, whatever else the filter has", () => {
  for (const also of [{ search: "cats" }, { "#h": ["cats"] }, { authors: [BOB] }]) {
    assert.deepEqual(asked({ kinds: [1059], "#p": [ALICE], ...also }), {});
  }
});

Deno.test("NIP-17: gift wraps are requested from the relays of a kind 10050 list alone", () => {
  const known = {
    [ALICE]: { ...lists.get(ALICE), dm: ["wss://mail.example/"] },
    [CAROL]: hints(B_IN),
  };
  for (const kind of [1059, 21_059]) {
    const filter = { kinds: [1, kind], "#p": [ALICE, BOB, CAROL] };
    const { routes, unrouted } = plan(filter, known, { relaysPerAuthor: 1 });
    assert.deepEqual(Object.fromEntries(routes), {
      "wss://mail.example/": [{ kinds: [kind], "#p": [ALICE] }],
      [A_IN]: [{ kinds: [1], "#p": [ALICE] }],
      [B_IN]: [{ kinds: [1], "#p": [BOB, CAROL] }],
    });
    assert.deepEqual(
      unrouted,
      [BOB, CAROL].map((pubkey) => {
        return { reason: "no-dm-list", pubkey, filter: 0 };
      }),
    );
  }
});

Deno.test("NIP-01, NIP-17: a filter with #p and without kinds asks for gift wraps, too, where they are", () => {
  const [MAIL, POST] = ["wss://mail.example/", "wss://post.example/"];
  const known = { [ALICE]: { ...lists.get(ALICE), dm: [MAIL, POST, A_IN] } };
  const filter = { "#p": [ALICE, BOB], since: 7 };
  const wraps = { kinds: [1059, 21_059], "#p": [ALICE], since: 7 };
  const { routes, unrouted, subjects } = plan(filter, known);
  assert.deepEqual(Object.fromEntries(routes), {
    [A_IN]: [wraps, { "#p": [ALICE], since: 7 }],
    [B_IN]: [{ "#p": [BOB], since: 7 }],
    [MAIL]: [wraps],
    [POST]: [wraps],
  });
  assert.deepEqual(unrouted, [], "nobody named these kinds, so nothing is missing");
  const bob = subjects.find(({ role, subject }) => role === "dm" && subject === BOB);
  assert.equal(bob?.reason, "no-dm-list");
  for (
    const also of [
      { authors: [ALICE] },
      { search: "cats" },
      { "#h": ["cats"] },
      { kinds: [1, 4] },
      { kinds: [] },
    ]
  ) {
    const asked = [...plan({ "#p": [ALICE], ...also }, known).routes.values()].flat();
    assert.ok(!asked.some(({ kinds }) => kinds?.includes(1059)), JSON.stringify(also));
  }
});

Deno.test("NIP-17: gift wraps are requested from each URL of a kind 10050 list, also from two of one host", () => {
  const dm = ["wss://relays.example/", "wss://relays.example/chat"];
  const { routes } = plan({ kinds: [1059], "#p": [ALICE] }, { [ALICE]: { dm, write: dm } });
  assert.deepEqual([...routes.keys()], dm);
  assert.deepEqual([...plan(postsOf(ALICE), { [ALICE]: { write: dm } }).routes.keys()], [dm[0]]);
});

Deno.test("NIP-17: what the cap leaves out of a filter without kinds is reported, gift wraps included", () => {
  const known = { [ALICE]: { read: [A_IN], dm: ["wss://mail.example/"] } };
  const { unrouted } = plan({ "#p": [ALICE] }, known, { maxRelays: 1, fallbackRelays: [] });
  assert.deepEqual(unrouted, [{ reason: "cap", pubkey: ALICE, filter: 0 }]);
});

Deno.test("NIP-50, NIP-51: a search goes to the search relays, whichever people it names", () => {
  const searchRelays = ["wss://search.example/"];
  for (
    const filter of [
      { search: "cats" },
      { search: "cats", ids: [ID] },
      { search: "cats", authors: [ALICE], "#p": [BOB] },
    ]
  ) {
    const known = { [subjectKey("id", ID)]: hints(A_OUT) };
    assert.deepEqual(asked(filter, known), { [HUB]: [filter] });
    assert.deepEqual(asked(filter, known, { searchRelays }), { [searchRelays[0]]: [filter] });
  }
});

Deno.test("NIP-50: a filter with an empty search is none, and goes where it would go without", () => {
  const filter = { kinds: [1], authors: [ALICE] };
  const searchRelays = ["wss://search.example/"];
  assert.deepEqual(asked({ ...filter, search: "" }, {}, { searchRelays }), { [A_OUT]: [filter] });
});

Deno.test("NIP-29: a filter for a group goes to the fallback relays while no host is known", () => {
  for (const filter of [{ "#h": ["group"] }, { kinds: [9], "#h": ["group"], authors: [ALICE] }]) {
    assert.deepEqual(asked(filter), { [HUB]: [filter] });
    const bad = { [subjectKey("group", "group")]: hints("ws://127.0.0.1/") };
    assert.deepEqual(asked(filter, bad), { [HUB]: [filter] });
  }
});

Deno.test("NIP-29: a group is requested from its host alone, whatever else the filter has", () => {
  const host = "wss://groups.example/";
  const known = { [subjectKey("group", "cats")]: hints("junk", host, A_OUT) };
  for (const also of [{}, { kinds: [9], authors: [ALICE] }, { search: "food" }, { ids: [ID] }]) {
    const filter = { "#h": ["cats", "dogs"], ...also };
    assert.deepEqual(asked(filter, known), {
      [host]: [{ ...filter, "#h": ["cats"] }],
      [HUB]: [{ ...filter, "#h": ["dogs"] }],
    });
    assert.deepEqual(asked({ ...filter, "#h": ["cats"] }, known), {
      [host]: [{ ...filter, "#h": ["cats"] }],
    });
  }
});

Deno.test("NIP-10, NIP-19: an event is requested from hinted relays and from the fallback relays", () => {
  const other = "dd".repeat(32);
  const filter = { ids: [ID, other], limit: 2 };
  const known = { [subjectKey("id", ID)]: hints(A_OUT, B_OUT, B_IN) };
  assert.deepEqual(asked(filter, known), {
    [HUB]: [filter],
    [A_OUT]: [{ ids: [ID], limit: 2 }],
    [B_OUT]: [{ ids: [ID], limit: 2 }],
  });
  assert.deepEqual(asked({ ids: [ID] }, { [subjectKey("id", ID)]: hints(HUB) }), {
    [HUB]: [{ ids: [ID] }],
  });
});

Deno.test("NIP-19: an event with hints needs no fallback relays, another does", () => {
  const known = { [subjectKey("id", ID)]: hints(A_OUT) };
  const none = { fallbackRelays: [] };
  const found = plan({ ids: [ID] }, known, none);
  assert.deepEqual(Object.fromEntries(found.routes), { [A_OUT]: [{ ids: [ID] }] });
  assert.deepEqual(found.unrouted, []);
  const { routes, unrouted } = plan({ ids: [ID, "dd".repeat(32)] }, known, none);
  assert.deepEqual(Object.fromEntries(routes), { [A_OUT]: [{ ids: [ID] }] });
  assert.deepEqual(unrouted, [{ reason: "no-fallback", filter: 0 }]);
});

Deno.test("NIP-01: a filter that names no subject goes to the fallback relays", () => {
  for (const filter of [{ ids: [ID] }, { kinds: [1], limit: 20 }, { "#t": ["cats"] }, {}]) {
    assert.deepEqual(asked(filter), { [HUB]: [filter] });
  }
});

Deno.test("NIP-01: a filter with an empty list matches nothing and is left out", () => {
  for (const key of ["ids", "authors", "kinds", "#p", "#t"]) {
    const empty = { authors: [ALICE], ids: [ID], [key]: [] };
    const { routes, unrouted } = planReq([empty, postsOf(BOB)], lists, options);
    assert.deepEqual(Object.fromEntries(routes), { [B_OUT]: [postsOf(BOB)] });
    assert.deepEqual(unrouted, [{ reason: "matches-nothing", filter: 0 }]);
  }
});

Deno.test("NIP-01: a pubkey that is not 64 lowercase hex characters is requested from no relay", () => {
  const wrong = [ALICE.toUpperCase(), ALICE.slice(1), "npub1x", ""];
  const { routes, unrouted } = planReq([postsOf(ALICE, ...wrong)], lists, options);
  assert.deepEqual(Object.fromEntries(routes), { [A_OUT]: [postsOf(ALICE)] });
  assert.ok(unrouted.every(({ reason }) => reason === "invalid-pubkey"));
  assert.deepEqual(unrouted.map(({ pubkey }) => pubkey).sort(), wrong.sort());
});

Deno.test("NIP-01: a limit, even of 0, reaches each relay as it is", () => {
  for (const limit of [0, 1, 500]) {
    const filters = Object.values(asked({ authors: [ALICE, BOB], limit })).flat();
    assert.deepEqual(filters.map((filter) => filter.limit), [limit, limit]);
  }
});
