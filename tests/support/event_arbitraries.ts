/**
 * Events to publish, with what is known about everyone's relays: few people and relays, so
 * that inboxes, outboxes, indexers and fallback relays often coincide.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import type { HintSource, RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import { normalizeRelayUrl } from "../../src/nostr/relay_url.ts";
import { subjectKey } from "../../src/nostr/subject_key.ts";
import type { PlanOptions } from "../../src/plan/plan_options.ts";
import { listedUrl, PEOPLE, RELAYS } from "./arbitraries.ts";

/** An event to publish, what is known about people and groups, and options. */
export interface Publication {
  readonly event: NostrEvent;
  readonly knowledge: ReadonlyMap<string, RelayKnowledge>;
  readonly options: PlanOptions;
}

/** The users who write and are written to. */
export const USERS: readonly string[] = PEOPLE.slice(0, 6);

/** A relay that lists name and that the options of a {@link Publication} may forbid. */
export const FORBIDDEN: string = RELAYS[2];

/** Kinds that go to outbox and inboxes. */
export const POST_KINDS: readonly number[] = [1, 6, 7, 1111, 9735, 30023];

/** Kinds that describe their author, for indexers to keep (NIP-01, NIP-51). */
export const INDEXED_KINDS: readonly number[] = [0, 3, 10000, 10006, 10007, 19999];

/** The group that events are posted to. */
export const GROUP = "group";

/** Stored and ephemeral gift wraps. */
export const GIFT_WRAPS: readonly number[] = [1059, 21059];

const BOUND = [5, 62, 10002, 10013, 10050, 31234, 9734, ...GIFT_WRAPS];
const KINDS = [...POST_KINDS, ...INDEXED_KINDS, ...BOUND];
const ID = "ee".repeat(32);
const user = fc.constantFrom(...USERS);

/** A tag that names this user, in one of the ways of NIP-10, NIP-18 and NIP-22. */
export function namingTags(pubkey: string): string[][] {
  return [
    ["p", pubkey],
    ["p", pubkey, "wss://hint.example", "name"],
    ["P", pubkey],
    ["q", ID, "", pubkey],
    ["e", ID, "", "reply", pubkey],
    ["e", ID, "", pubkey],
    ["E", ID, "", pubkey],
    ["a", `30023:${pubkey}:x`],
    ["A", `30023:${pubkey}:x:y`, ""],
  ];
}

const namingTag = user.chain((pubkey) => fc.constantFrom(...namingTags(pubkey)));
const listed = listedUrl.chain((url) =>
  fc.constantFrom<string[]>(["r", url], ["r", url, "write"], ["r", url, "read"], ["relay", url])
);
const odd = fc.constantFrom<string[]>(["p"], ["p", "junk"], ["e", ID], ["a", "30023"], [], [
  "t",
  "x",
]);

/** Tags, none of which binds an event to certain relays. */
export const freeTags: fc.Arbitrary<string[][]> = fc.array(
  fc.oneof({ arbitrary: namingTag, weight: 6 }, { arbitrary: listed, weight: 3 }, odd),
  { maxLength: 8 },
);

const binding: fc.Arbitrary<string[][]> = fc.constantFrom<string[][]>(
  ...[[], [], []],
  [["-"]],
  [["h", GROUP]],
  [["h", GROUP, "wss://host.example"]],
  [["relay", "ALL_RELAYS"]],
);

/** An event of one of these kinds, unsigned: planners do not look. */
export function eventOf(kinds: readonly number[], tags = freeTags): fc.Arbitrary<NostrEvent> {
  return fc.record({
    id: fc.constant("ff".repeat(32)),
    pubkey: user,
    created_at: fc.constant(1_700_000_000),
    kind: fc.constantFrom(...kinds),
    tags,
    content: fc.constant(""),
    sig: fc.constant("0".repeat(128)),
  });
}

const urls = fc.uniqueArray(listedUrl, { maxLength: 5 });
const hints = fc.uniqueArray(
  fc.record({
    url: listedUrl,
    weight: fc.constantFrom(0.2, 0.5, 1),
    source: fc.constantFrom<HintSource>("hand", "tag", "delivered"),
  }),
  { maxLength: 6, selector: ({ url }) => url },
);

/** What is known about one user: each list may be there, empty, junk, or unknown. */
const userKnowledge: fc.Arbitrary<RelayKnowledge> = fc.record(
  { write: urls, read: urls, dm: urls, private: urls, hints },
  { requiredKeys: [], noNullPrototype: true },
);

const knowledge: fc.Arbitrary<ReadonlyMap<string, RelayKnowledge>> = fc.tuple(
  fc.uniqueArray(fc.tuple(user, userKnowledge), { maxLength: 6, selector: ([pubkey]) => pubkey }),
  fc.option(hints),
).map(([people, hosts]) =>
  new Map(hosts ? [...people, [subjectKey("group", GROUP), { hints: hosts }]] : people)
);

const options: fc.Arbitrary<PlanOptions> = fc.record({
  fallbackRelays: fc.subarray(["wss://fallback.example/", RELAYS[0]]),
  indexerRelays: fc.subarray(["wss://indexer.example/", RELAYS[1]]),
  maxInboxes: fc.constantFrom(0, 1, 2, 3, 6, 50),
  policy: fc.constantFrom(
    {},
    { allow: (url: string) => url !== FORBIDDEN },
    { allowLocal: true, allowInsecure: true, allowOnion: true },
  ),
  weight: fc.constantFrom(
    () => 1,
    (url: string) => url.charCodeAt(6) % 3,
    (url: string) => 1 / url.charCodeAt(6),
  ),
});

/** An event of one of these kinds to publish. */
export function publicationOf(
  kinds: readonly number[],
  tags = freeTags,
): fc.Arbitrary<Publication> {
  return fc.record({ event: eventOf(kinds, tags), knowledge, options });
}

/** Any event to publish. */
export const publications: fc.Arbitrary<Publication> = publicationOf(
  KINDS,
  fc.tuple(freeTags, binding).map(([free, bound]) => [...free, ...bound]),
);

/** These relays as a plan names them: allowed, in normal form, each once. */
export function clean(urls: readonly string[] = [], { policy }: PlanOptions): string[] {
  const normal = urls.map((url) => normalizeRelayUrl(url, policy));
  return [...new Set(normal.filter((url) => url !== undefined))];
}
