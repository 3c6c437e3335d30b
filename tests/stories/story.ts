/**
 * Reads a story: a short text about relay lists, options and a request or an event, and the
 * plan that is expected. `01_*.txt` shows the form.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import { subjectKey } from "../../src/nostr/subject_key.ts";
import type { PlanOptions } from "../../src/plan/plan_options.ts";
import { draft } from "../../testing/memory_source.ts";
import { CLAUSES, idOf, NOUNS, PUBLISHED, valueOf } from "./story_words.ts";

/** What a story tells. */
export interface Story {
  /** Everything up to and including the line `plan:`, as it was written. */
  readonly head: string;
  /** The first line, without its `#`. */
  readonly title: string;
  readonly knowledge: ReadonlyMap<string, RelayKnowledge>;
  readonly options: PlanOptions;
  /** The relays that the user has blocked. */
  readonly blocked: readonly string[];
  /** The filters of the request; none if the story publishes an event. */
  readonly filters: readonly NostrFilter[];
  /** The event to publish. */
  readonly event?: NostrEvent;
  /** The lines after `plan:`. */
  readonly expected: readonly string[];
}

const LISTS = {
  "writes to": "write",
  "reads from": "read",
  "gets gift wraps at": "dm",
  "keeps drafts at": "private",
} as const;

const RELAY_OPTIONS = {
  "fallback relays": "fallbackRelays",
  "indexers": "indexerRelays",
  "search relays": "searchRelays",
} as const;

const COUNT_OPTIONS = {
  "max relays": "maxRelays",
  "relays per author": "relaysPerAuthor",
  "popular relays": "popularRelays",
  "authors per filter": "authorsPerFilter",
  "filters per relay": "maxFiltersPerRelay",
  "max inboxes": "maxInboxes",
} as const;

const WORDS = String.raw`[^\s,]+(?:, [^\s,]+)*`;
const LIST_LINE = new RegExp(`^(\\w+) +(${Object.keys(LISTS).join("|")}) (.+)$`);
const HINT_LINE = /^(?:(event|group) )?(?!event |group )(\w+) +may be at (.+)$/;
const AUTHOR_LINE = /^event (\w+) +is by (\w+)$/;
const OPTION_LINE = /^([a-z ]+): (.+)$/;
const CLAUSE = ` (${Object.keys(CLAUSES).join("|")}) (${WORDS})`;
const FILTER = new RegExp(`^(${Object.keys(NOUNS).join("|")})((?:${CLAUSE})*)$`);
const PUBLICATION = new RegExp(
  `^(protected )?(${Object.keys(PUBLISHED).join("|")}) by (\\w+)((?:${CLAUSE})*)$`,
);

/**
 * Reads a story.
 *
 * @throws {SyntaxError} If a line cannot be understood; the message has the file and the line.
 */
export function parseStory(file: string, text: string): Story {
  const lines = text.split("\n");
  const end = lines.indexOf("plan:");
  if (end < 0) throw new SyntaxError(`${file}: Cannot read the story: it has no line "plan:"`);

  const knowledge = new Map<string, RelayKnowledge>();
  const options: Record<string, unknown> = { indexerRelays: [] };
  const blocked: string[] = [];
  const filters: NostrFilter[] = [];
  let event: NostrEvent | undefined;
  lines.slice(0, end).forEach((line, i) => {
    if (line === "" || line.startsWith("#")) return;
    const isRead = addLists(line) || addHints(line) || addAuthor(line) || addOption(line) ||
      addRequest(line);
    if (!isRead) throw new SyntaxError(`${file}:${i + 1}: Cannot understand the line "${line}"`);
  });
  const [first] = lines;
  return {
    head: lines.slice(0, end + 1).join("\n"),
    title: first.replace(/^# /, ""),
    knowledge,
    options,
    blocked,
    filters,
    event,
    expected: lines.slice(end + 1).filter((line) => line !== ""),
  };

  function learn(key: string, news: RelayKnowledge): true {
    knowledge.set(key, { ...knowledge.get(key), ...news });
    return true;
  }

  function addLists(line: string): boolean {
    const [, name, list, urls] = LIST_LINE.exec(line) ?? [];
    return list !== undefined && learn(idOf(name), { [LISTS[list as never]]: urls.split(" ") });
  }

  function addHints(line: string): boolean {
    const [, role, name, urls] = HINT_LINE.exec(line) ?? [];
    if (urls === undefined) return false;
    const key = role === "group"
      ? subjectKey(role, name)
      : role === "event"
      ? subjectKey("id", idOf(name))
      : idOf(name);
    const hints = urls.split(" ").map((url, i) =>
      ({ url, weight: 1 / (i + 1), source: "tag" }) as const
    );
    return learn(key, { hints });
  }

  function addAuthor(line: string): boolean {
    const [, name, author] = AUTHOR_LINE.exec(line) ?? [];
    return author !== undefined &&
      learn(subjectKey("id", idOf(name)), { author: idOf(author) });
  }

  function addOption(line: string): boolean {
    const [, name, value] = OPTION_LINE.exec(line) ?? [];
    if (name === "blocked relays") return blocked.push(...value.split(" ")) > 0;
    if (name in RELAY_OPTIONS) options[RELAY_OPTIONS[name as never]] = value.split(" ");
    else if (name in COUNT_OPTIONS && /^\d+$/.test(value)) {
      options[COUNT_OPTIONS[name as never]] = Number(value);
    } else return false;
    return true;
  }

  function addRequest(line: string): boolean {
    if (line.startsWith("ask: ")) {
      const filter = parseFilter(line.slice("ask: ".length));
      return filter !== undefined && filters.push(filter) > 0;
    }
    if (!line.startsWith("publish: ") || event !== undefined) return false;
    event = parsePublication(line.slice("publish: ".length));
    return event !== undefined;
  }
}

/** A filter, such as `posts of alice, bob`; `undefined` if it cannot be understood. */
function parseFilter(text: string): NostrFilter | undefined {
  const [, noun, clauses] = FILTER.exec(text) ?? [];
  if (noun === undefined) return undefined;
  const filter: NostrFilter = NOUNS[noun] === undefined ? {} : { kinds: [NOUNS[noun]] };
  for (const [key, values] of clausesIn(clauses)) {
    if (key === "search") filter.search = values.join(" ");
    else if (key !== "r") filter[key as "#p"] = values;
  }
  return filter;
}

/** An event, such as `post by alice mentioning bob`; `undefined` if it cannot be understood. */
function parsePublication(text: string): NostrEvent | undefined {
  const [, isProtected, noun, author, clauses] = PUBLICATION.exec(text) ?? [];
  if (noun === undefined) return undefined;
  const tags = clausesIn(clauses).flatMap(([key, values]) =>
    values.map((value) => [key.replace("#", ""), value])
  );
  if (isProtected) tags.push(["-"]);
  return draft({ kind: PUBLISHED[noun], pubkey: idOf(author), tags });
}

/** The keys and values of clauses. */
function clausesIn(text: string): [key: string, values: string[]][] {
  return [...text.matchAll(new RegExp(CLAUSE, "g"))].map(([, clause, values]) => {
    const key = CLAUSES[clause];
    return [key, values.split(", ").map((word) => valueOf(key, word))];
  });
}
