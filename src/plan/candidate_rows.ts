/**
 * The subjects of a request as rows of a graph, each with its candidate relays.
 *
 * @module
 */

import { isPubkey } from "../nostr/pubkeys.ts";
import type { RelayKnowledge, Role } from "../nostr/relay_knowledge.ts";
import { eventKey, subjectKey } from "../nostr/subject_key.ts";
import type { RoleRows } from "./assignment.ts";
import { groupHost, weighedHints } from "./hinted_relays.ts";
import type { PlanSettings } from "./plan_options.ts";
import { type RelayGraph, RelayGraphBuilder } from "./relay_graph.ts";
import { type ScopedPart, subjectsIn } from "./req_parts.ts";
import { threadRelays } from "./thread_relays.ts";

/** The origin of a row's relays: a list, a hint or an option names them for this role. */
export const OWN_LIST = 0;
/** The user has no usable list: the row has the fallback relays instead. */
export const NO_LIST = 1;
/** The subject should be a pubkey and is none. */
export const INVALID = 2;
/** The user has no usable list: the row has hinted relays and fallback relays instead. */
export const HINTED = 3;
/** No usable relay is known, and no other relay may be asked. */
export const NOWHERE = 4;
/** Nothing is to be asked in this role. */
export const ABSENT = 5;

/** The roles in the order of their rows: first those that fallback relays can serve. */
const ROLES: readonly Role[] = [
  "write",
  "read",
  "dm",
  "group",
  "given",
  "private",
  "index",
  "id",
  "thread",
];

/** Roles whose subjects are requested from all relays of their own, within the cap, or from none. */
const STRICT_ROLES: ReadonlySet<Role> = new Set(["dm", "group", "given"]);

/** The subjects of a request as rows of a graph, role after role. */
export interface CandidateRows {
  readonly graph: RelayGraph;
  /** The pubkey, event id, coordinate or group id of each row. */
  readonly subjects: readonly string[];
  /** Which rows have which role; together they are all rows, in order. */
  readonly roles: readonly RoleRows[];
  /** Rows before this one are authors and tagged users, whom fallback relays may serve. */
  readonly fallbackEnd: number;
  /** Rows from `fallbackEnd` up to this one can be served by no relays but their own. */
  readonly strictEnd: number;
  /** The rows, role after role, sorted by subject. */
  readonly order: () => Iterable<number>;
  /** `OWN_LIST`, … or `ABSENT` for each row. */
  readonly origins: Uint8Array;
  /**
   * For each row whose subject indexers serve in all kinds that it is asked for, and which has
   * relays of its own, the row of the same subject in the other role (`write` or `index`). None
   * unless a further indexer can be asked where these two differ.
   */
  readonly pairs: ReadonlyMap<number, number>;
  /** The ids of the fallback relays, in their order. */
  readonly fallbacks: readonly number[];
  /** The ids of the search relays, in their order. */
  readonly searchers: readonly number[];
}

/** Looks up the candidate relays of every subject of these parts. */
export function candidateRows(
  parts: readonly ScopedPart[],
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  settings: PlanSettings,
): CandidateRows {
  const { check, weight } = settings;
  const builder = new RelayGraphBuilder((url) => check(url).url, weight, { perHost: true });
  const scoped = ROLES.map((role) => ({ role, ...subjectsIn(role, parts) }))
    .filter((one) => one.subjects.length > 0);
  const subjects = ([] as string[]).concat(...scoped.map((one) => one.subjects));
  const origins = new Uint8Array(subjects.length);
  const roles: RoleRows[] = [];

  let row = 0;
  for (const { role, subjects } of scoped) {
    const addRelays = relayAdder(role, builder, knowledge, settings);
    roles.push({ role, first: row, end: row + subjects.length });
    for (const subject of subjects) {
      origins[row++] = addRelays(subject);
      builder.endRow();
    }
  }
  const ids = (urls: readonly string[]) =>
    urls.map((url) => builder.idOf(url)).filter((id) => id !== undefined);
  const fallbacks = ids(settings.fallbackRelays);
  const searchers = ids(settings.searchRelays);
  const endOf = (isMeant: (role: Role) => boolean) =>
    roles.reduce((last, { role, end }) => isMeant(role) ? end : last, 0);
  const fallbackEnd = endOf((role) => role === "write" || role === "read");
  return {
    graph: builder.build(),
    subjects,
    roles,
    fallbackEnd,
    strictEnd: Math.max(fallbackEnd, endOf((role) => STRICT_ROLES.has(role))),
    order: () => {
      if (scoped.length === 1) return scoped[0].order();
      return scoped.flatMap(({ order }, i) => Array.from(order(), (at) => roles[i].first + at));
    },
    origins,
    pairs: settings.asksAgain && hasIndexers(settings)
      ? indexedPairs(parts, subjects, roles, origins)
      : new Map(),
    fallbacks,
    searchers: searchers.length > 0 ? searchers : fallbacks,
  };
}

/** Whether several indexers may be asked. */
function hasIndexers({ indexerRelays, check, weight }: PlanSettings): boolean {
  const usable = indexerRelays.flatMap((url) => check(url).url ?? []);
  return usable.filter((url) => weight(url) > 0).length > 1;
}

/** See {@link CandidateRows.pairs}. */
function indexedPairs(
  parts: readonly ScopedPart[],
  subjects: readonly string[],
  roles: readonly RoleRows[],
  origins: Uint8Array,
): Map<number, number> {
  const pairs = new Map<number, number>();
  const rowsIn = (role: Role) => roles.find((rows) => rows.role === role);
  const [writes, indexed] = [rowsIn("write"), rowsIn("index")];
  if (!writes || !indexed) return pairs;
  const partsIn = (role: Role) => parts.filter(({ scope }) => scope.role === role);
  const indexParts = partsIn("index");
  const others = new Set(
    partsIn("write").filter(({ filter }) => indexParts.every((part) => part.filter !== filter))
      .flatMap(({ scope }) => scope.subjects),
  );
  const writeRowOf = new Map<string, number>();
  for (let row = writes.first; row < writes.end; row++) writeRowOf.set(subjects[row], row);
  for (let row = indexed.first; row < indexed.end; row++) {
    const other = writeRowOf.get(subjects[row])!;
    if (origins[row] !== OWN_LIST || origins[other] !== OWN_LIST) continue;
    if (others.has(subjects[row])) continue;
    pairs.set(row, other).set(other, row);
  }
  return pairs;
}

/** A function that adds the relays of one subject to the current row, and gives their origin. */
function relayAdder(
  role: Role,
  builder: RelayGraphBuilder,
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  settings: PlanSettings,
): (subject: string) => number {
  const { fallbackRelays, indexerRelays, relaysPerAuthor } = settings;
  const besidesHints = fallbackRelays.slice(0, relaysPerAuthor - 1);
  const originOf = (relays: number, otherwise: number) => relays > 0 ? OWN_LIST : otherwise;
  switch (role) {
    case "write":
    case "read":
      return (pubkey) => {
        const own = knowledge.get(pubkey);
        const list = role === "write" ? own?.write : own?.read;
        if (list !== undefined && builder.add(list) > 0) return OWN_LIST;
        if (!isPubkey(pubkey)) return INVALID;
        const hints = own?.hints === undefined ? [] : weighedHints(own, settings);
        // First, so that a fallback relay that a hint names, too, counts as a fallback relay.
        builder.add(hints.length > 0 ? besidesHints : fallbackRelays);
        if (hints.length === 0) return NO_LIST;
        builder.addWeighed(hints);
        return HINTED;
      };
    case "dm":
      return (pubkey) =>
        originOf(
          // Each URL may be another relay: senders choose one of them, whatever its host.
          builder.add(knowledge.get(pubkey)?.dm ?? [], false),
          isPubkey(pubkey) ? NOWHERE : INVALID,
        );
    case "private":
      return (pubkey) => originOf(builder.add(knowledge.get(pubkey)?.private ?? []), ABSENT);
    case "index":
      return (pubkey) => isPubkey(pubkey) ? originOf(builder.add(indexerRelays), ABSENT) : ABSENT;
    case "id":
      return (id) => {
        const hints = weighedHints(knowledge.get(subjectKey(role, id)), settings);
        return originOf(builder.addWeighed(hints), ABSENT);
      };
    case "thread":
      return (subject) => {
        const { inboxes, seen } = threadRelays(subject, knowledge, settings);
        const listed = builder.add(inboxes);
        const all = seen.length > 0 ? builder.addWeighed(seen) : listed;
        return listed > 0 ? OWN_LIST : all > 0 ? HINTED : ABSENT;
      };
    case "given":
      return (subject) => {
        const { given = [] } = knowledge.get(subject) ?? knowledge.get(eventKey(subject)) ?? {};
        const usable = [...new Set(given.flatMap((url) => settings.check(url).url ?? []))]
          .map((url) => ({ url, weight: settings.weight(url) }))
          .sort((a, b) => b.weight - a.weight || (a.url < b.url ? -1 : 1));
        const best = usable.slice(0, settings.relaysPerAuthor).map(({ url }) => url);
        return originOf(builder.add(best), ABSENT);
      };
    case "group":
      return (id) => {
        const host = groupHost(knowledge.get(subjectKey(role, id)), settings);
        return host === undefined ? ABSENT : originOf(builder.addGiven(host), NOWHERE);
      };
  }
}

/** Finds the row of a subject. */
export class RowFinder {
  readonly #parts: readonly ScopedPart[];
  readonly #rows: CandidateRows;
  readonly #rowOf = new Map<Role, Map<string, number>>();

  constructor(parts: readonly ScopedPart[], rows: CandidateRows) {
    this.#parts = parts;
    this.#rows = rows;
  }

  /** A function from the index of a subject in a part's `subjects` to its row. */
  rowsOf({ scope: { role, subjects } }: ScopedPart): (index: number) => number {
    if (this.#parts.filter(({ scope }) => scope.role === role).length === 1) {
      const { first } = this.#rows.roles.find((rows) => rows.role === role)!;
      return (index) => first + index;
    }
    const rowOf = this.#index(role);
    return (index) => rowOf.get(subjects[index])!;
  }

  /** The row of a subject in a role; `undefined` if it has none. */
  rowOf(role: Role, subject: string): number | undefined {
    return this.#index(role).get(subject);
  }

  #index(role: Role): ReadonlyMap<string, number> {
    let rowOf = this.#rowOf.get(role);
    if (rowOf === undefined) {
      this.#rowOf.set(role, rowOf = new Map());
      const { subjects, roles } = this.#rows;
      const { first = 0, end = 0 } = roles.find((rows) => rows.role === role) ?? {};
      for (let row = first; row < end; row++) rowOf.set(subjects[row], row);
    }
    return rowOf;
  }
}
