import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import { normalizeRelayUrl } from "../../src/nostr/relay_url.ts";
import type { EventPlan } from "../../src/plan/event_plan.ts";
import { planEvent } from "../../src/plan/plan_event.ts";
import {
  clean,
  freeTags,
  INDEXED_KINDS,
  POST_KINDS,
  type Publication,
  publicationOf,
  publications,
  USERS,
} from "../support/event_arbitraries.ts";
import { frozen } from "../support/requests.ts";

const posts = publicationOf(POST_KINDS);

const plan = ({ event, knowledge, options }: Publication) => planEvent(event, knowledge, options);

/** The author's write relays as a plan must have them. */
function outbox({ event, knowledge, options }: Publication): string[] {
  return clean(knowledge.get(event.pubkey)?.write, options);
}

/** The relays that are used instead of a user's list. */
function replacements({ knowledge, options }: Publication, user: string): string[] {
  const value = (url: string) => {
    const named = knowledge.get(user)!.hints!.filter((hint) =>
      clean([hint.url], options)[0] === url
    );
    return Math.max(...named.map(({ weight }) => weight)) * options.weight!(url);
  };
  const best = clean(knowledge.get(user)?.hints?.map(({ url }) => url), options)
    .filter((url) => value(url) > 0)
    .sort((a, b) => value(b) - value(a) || (a < b ? -1 : 1))
    .slice(0, 3);
  return clean([...best, ...options.fallbackRelays!], options);
}

/** The relays that a post goes to because of its author. */
function authorRelays(publication: Publication): string[] {
  const own = outbox(publication);
  return own.length > 0 ? own : replacements(publication, publication.event.pubkey);
}

/** The relays through which each tagged user may be reached, as plainly as possible. */
function inboxesOf(publication: Publication): Map<string, string[]> {
  const { event, knowledge, options } = publication;
  const named = event.tags.flat().flatMap((value) => [value, value.split(":")[1]]);
  const tagged = USERS.filter((user) => user !== event.pubkey && named.includes(user));
  return new Map(tagged.map((user) => {
    const own = clean(knowledge.get(user)?.read, options).filter((url) => options.weight!(url) > 0);
    const instead = replacements(publication, user).filter((url) => options.weight!(url) > 0);
    return [user, own.length > 0 ? own : instead];
  }));
}

/** The plan as a value that does not depend on order. */
function unordered({ relays, reasons, inboxes, unrouted, refusal }: EventPlan) {
  return {
    relays: [...relays].sort(),
    reasons: [...reasons].sort(),
    inboxes: [...inboxes].map(([user, urls]) => [user, [...urls].sort()]).sort(),
    unrouted: unrouted.map((one) => JSON.stringify(one)).sort(),
    refusal,
  };
}

Deno.test("E1: planEvent() names all write relays of the author first", () => {
  fc.assert(
    fc.property(
      publicationOf([...POST_KINDS, ...INDEXED_KINDS, 5, 10013, 10050]),
      (publication) => {
        const own = outbox(publication);
        const { relays, reasons } = plan(publication);
        assert.deepEqual(relays.slice(0, own.length), own);
        for (const url of own) assert.equal(reasons.get(url), "outbox");
      },
    ),
  );
});

Deno.test("E2: planEvent() gives each tagged user an inbox before any gets a second", () => {
  fc.assert(fc.property(posts, (publication) => {
    const inboxes = [...inboxesOf(publication).values()];
    const { relays } = plan(publication);
    const first = authorRelays(publication).length;
    relays.slice(first).forEach((url, i) => {
      const before = relays.slice(0, first + i);
      const waiting = inboxes
        .filter((urls) => urls.length > 0 && !urls.some((other) => before.includes(other)));
      const isFirst = waiting.some((urls) => urls.includes(url));
      assert.ok(isFirst || waiting.length === 0, `${url} is a second, and some user has none`);
    });
  }));
});

Deno.test("E2: planEvent() adds as many inboxes as there are, but never more than maxInboxes", () => {
  fc.assert(fc.property(posts, (publication) => {
    const { maxInboxes } = publication.options;
    const first = authorRelays(publication);
    const all = new Set([...inboxesOf(publication).values()].flat());
    const others = [...all].filter((url) => !first.includes(url));
    const added = plan(publication).relays.slice(first.length);
    assert.equal(added.length, Math.min(maxInboxes!, others.length));
    assert.ok(added.every((url) => others.includes(url)));
  }));
});

Deno.test("E2: planEvent() reports which inboxes of each tagged user get the event, or why none does", () => {
  fc.assert(fc.property(posts, (publication) => {
    const { relays, inboxes, skipped, unrouted, refusal } = plan(publication);
    if (refusal !== undefined) return;
    const all = inboxesOf(publication);
    assert.ok([...inboxes.keys()].every((user) => all.has(user)));
    const isMissed = unrouted.some(({ pubkey }) => pubkey === publication.event.pubkey);
    assert.equal(isMissed, authorRelays(publication).length === 0);
    for (const [user, urls] of all) {
      const reached = urls.filter((url) => relays.includes(url));
      const why = unrouted.find(({ pubkey }) => pubkey === user)?.reason;
      assert.deepEqual(inboxes.get(user) ?? [], reached);
      assert.deepEqual([...reached, ...skipped.get(user) ?? []].sort(), urls.toSorted());
      assert.equal(why, reached.length > 0 ? undefined : urls.length > 0 ? "cap" : "no-list");
    }
  }));
});

Deno.test("E4: planEvent() spreads a relay list to its own relays, the former list's, and indexers", () => {
  fc.assert(fc.property(publicationOf([10002]), (publication) => {
    const { event, knowledge, options } = publication;
    const entries = event.tags.filter(([name, url]) => name === "r" && url !== undefined);
    const own = entries.filter(([, , marker]) => marker !== "read").map(([, url]) => url);
    const old = knowledge.get(event.pubkey);
    const others = [entries.map(([, url]) => url), old?.write ?? [], old?.read ?? []].flat();
    const { indexerRelays = [], fallbackRelays = [] } = options;

    const { relays } = plan(publication);
    const first = clean(entries.map(([, url]) => url), options)
      .filter((url) => clean(own, options).includes(url));
    assert.deepEqual(relays.slice(0, first.length), first);
    const isUnlisted = clean([...own, ...old?.write ?? []], options).length === 0;
    const hints = isUnlisted ? replacements(publication, event.pubkey) : [];
    const all = clean([...others, ...hints, ...indexerRelays, ...fallbackRelays], options);
    assert.deepEqual([...relays].sort(), all.sort());
  }));
});

Deno.test("E4: planEvent() spreads a list of DM relays to its own, the former list's, and the author's relays", () => {
  fc.assert(fc.property(publicationOf([10050]), (publication) => {
    const { event, knowledge, options } = publication;
    const { write = [], read = [], dm = [] } = knowledge.get(event.pubkey) ?? {};
    const own = event.tags.filter(([name]) => name === "relay").map(([, url]) => url);
    const { indexerRelays = [], fallbackRelays = [] } = options;
    const lists = [...authorRelays(publication), ...write, ...read, ...dm, ...own];
    const all = clean([...lists, ...indexerRelays, ...fallbackRelays], options);
    assert.deepEqual([...plan(publication).relays].sort(), all.sort());
  }));
});

Deno.test("E4: planEvent() sends what describes its author to indexers, and to nobody's inbox", () => {
  fc.assert(fc.property(publicationOf(INDEXED_KINDS), (publication) => {
    const { options } = publication;
    const { relays, inboxes } = plan(publication);
    const all = clean([...authorRelays(publication), ...options.indexerRelays!], options);
    assert.deepEqual([...relays].sort(), all.sort());
    assert.equal(inboxes.size, 0);
  }));
});

Deno.test("E5: planEvent() sends a protected event to its author's write relays only", () => {
  const kinds = [...POST_KINDS, ...INDEXED_KINDS, 5, 62, 10050];
  const tags = freeTags.map((free) => [...free, ["-"]]);
  fc.assert(fc.property(publicationOf(kinds, tags), (publication) => {
    const own = outbox(publication);
    const { relays, inboxes, refusal } = plan(publication);
    assert.deepEqual([relays, inboxes.size], [own, 0]);
    assert.equal(refusal === undefined, own.length > 0);
  }));
});

Deno.test("planEvent() is pure: it changes no input, and changing its plan changes none", () => {
  fc.assert(fc.property(publications, (publication) => {
    const text = JSON.stringify([publication.event, [...publication.knowledge]]);
    const before = unordered(plan(frozen(publication)));
    const made = plan(publication);
    made.relays.length = 0;
    (made.reasons as Map<string, string>).clear();
    (made.unrouted as unknown[]).length = 0;
    for (const urls of made.inboxes.values()) (urls as string[]).length = 0;
    assert.deepEqual(unordered(plan(publication)), before);
    assert.equal(JSON.stringify([publication.event, [...publication.knowledge]]), text);
  }));
});

Deno.test("planEvent() is deterministic: the order of tags and lists changes only that of its output", () => {
  const shuffles = publications.chain((publication) =>
    fc.record({
      publication: fc.constant(publication),
      tags: fc.shuffledSubarray(publication.event.tags, {
        minLength: publication.event.tags.length,
      }),
    })
  );
  fc.assert(fc.property(shuffles, ({ publication, tags }) => {
    const { event, knowledge, options } = publication;
    const back = ({ hints, author, ...lists }: RelayKnowledge): RelayKnowledge => ({
      ...Object.fromEntries(Object.entries(lists).map(([name, urls]) => [name, urls.toReversed()])),
      hints,
      author,
    });
    const reversed = [...knowledge].reverse().map(([key, one]) => [key, back(one)] as const);
    const other = planEvent({ ...event, tags }, new Map(reversed), options);
    assert.deepEqual(unordered(other), unordered(plan(publication)));
  }));
});

Deno.test("planEvent() names no relay twice, each in normal form and allowed, with its reason", () => {
  fc.assert(fc.property(publications, (publication) => {
    const { event, knowledge, options } = publication;
    const { relays, reasons, refusal, unrouted } = plan(publication);
    assert.deepEqual(relays, [...reasons.keys()]);
    for (const url of relays) assert.equal(normalizeRelayUrl(url, options.policy), url);
    assert.equal(relays.length === 0, refusal !== undefined);
    if (refusal !== undefined) assert.ok(unrouted.length > 0);

    const names = clean(event.tags.flat(), options);
    const of = (list: "write" | "read" | "dm" | "private", users: Iterable<string>) =>
      clean([...users].flatMap((user) => knowledge.get(user)?.[list] ?? []), options);
    const hintsOf = (keys: Iterable<string>) =>
      clean(
        [...keys].flatMap((key) => knowledge.get(key)?.hints ?? []).map(({ url }) => url),
        options,
      );
    const author = [event.pubkey];
    const tagged = [...inboxesOf(publication).keys()];
    const own = (["write", "read", "dm", "private"] as const).flatMap((list) => of(list, author));
    const sources = {
      outbox: [...of("write", author), ...event.kind === 10002 ? names : []],
      inbox: of("read", tagged),
      spread: [...own, ...names],
      dm: of("dm", USERS),
      private: of("private", author),
      group: [...names, ...hintsOf(["group:group"])],
      indexer: options.indexerRelays!,
      fallback: options.fallbackRelays!,
      named: names,
      hint: hintsOf([...author, ...tagged]),
    };
    for (const [url, reason] of reasons) assert.ok(sources[reason].includes(url), reason);
  }));
});

Deno.test("planEvent() ignores hints for a user whose list names a usable relay", () => {
  fc.assert(fc.property(publications, (publication) => {
    const { event, knowledge, options } = publication;
    const isKnown = (user: string, { write, read }: RelayKnowledge) =>
      user === event.pubkey
        ? clean(write, options).length > 0
        : clean(read, options).some((url) => options.weight!(url) > 0);
    const fewer = [...knowledge].map(([user, one]) =>
      [user, isKnown(user, one) ? { ...one, hints: [] } : one] as const
    );
    assert.deepEqual(planEvent(event, new Map(fewer), options), plan(publication));
  }));
});
