/**
 * What a request asks for, and the relays that come into question for each.
 *
 * @module
 */

import { isPubkey } from "../nostr/pubkeys.ts";
import { subjectKey } from "../nostr/subject_key.ts";
import type { RelayKnowledge, Role } from "../nostr/types.ts";
import type { RoleRows } from "./assignment.ts";
import { groupHost, hintedRelays } from "./hinted_relays.ts";
import type { PlanSettings } from "./plan_options.ts";
import { type RelayGraph, RelayGraphBuilder } from "./relay_graph.ts";
import { type ScopedPart, subjectsIn } from "./req_parts.ts";

/** How a row comes to its relays: they are named for it by a list, a hint or an option. */
export const OWN_LIST = 0;
/** The person has no usable list: the fallback relays stand in. */
export const NO_LIST = 1;
/** What should be a pubkey is none. */
export const INVALID = 2;
/** The person has no usable list: hints stand in, and fallback relays. */
export const HINTED = 3;
/** No relay is known that may be asked, and none can stand in. */
export const NOWHERE = 4;
/** Nothing is to be asked for on this lane. */
export const ABSENT = 5;

/** The lanes, in the order of their rows: first those that fallback relays can serve. */
const LANES: readonly Role[] = ["write", "read", "dm", "group", "private", "index", "id"];

/** Lanes whose rows are asked for on relays of their own or nowhere. */
const STRICT: ReadonlySet<Role> = new Set(["dm", "group"]);

/** What is asked for, as rows of a graph, lane after lane. */
export interface CandidateRows {
  readonly graph: RelayGraph;
  /** The pubkey, event id or group id of each row. */
  readonly subjects: readonly string[];
  /** Which rows are of which lane; together all of them, in their order. */
  readonly roles: readonly RoleRows[];
  /** How many rows, from the top, fallback relays may serve: those of authors and tagged users. */
  readonly served: number;
  /** The rows after those, up to this one, that no other relay can serve. */
  readonly strict: number;
  /** The rows, lane after lane, in the order of their names. */
  readonly order: () => Iterable<number>;
  /** `OWN_LIST`, … or `ABSENT`, for each row. */
  readonly kinds: Uint8Array;
  /** The ids of the fallback relays, in their order. */
  readonly fallbacks: readonly number[];
  /** The ids of the relays for searches, in their order. */
  readonly searchers: readonly number[];
}

/** Looks up the relays of everyone and everything that the parts are about. */
export function candidateRows(
  parts: readonly ScopedPart[],
  known: ReadonlyMap<string, RelayKnowledge>,
  settings: PlanSettings,
): CandidateRows {
  const { check, weight } = settings;
  const builder = new RelayGraphBuilder((url) => check(url).url, weight, { perHost: true });
  const named = LANES.map((lane) => ({ lane, ...subjectsIn(lane, parts) }))
    .filter(({ names }) => names.length > 0);
  const subjects = ([] as string[]).concat(...named.map(({ names }) => names));
  const kinds = new Uint8Array(subjects.length);
  const roles: RoleRows[] = [];

  let row = 0;
  for (const { lane: role, names } of named) {
    const enter = entering(role, builder, known, settings);
    roles.push({ role, first: row, end: row + names.length });
    for (const name of names) {
      kinds[row++] = enter(name);
      builder.endRow();
    }
  }
  const ids = (urls: readonly string[]) =>
    urls.map((url) => builder.idOf(url)).filter((id) => id !== undefined);
  const fallbacks = ids(settings.fallbackRelays);
  const searchers = ids(settings.searchRelays);
  const endOf = (isMeant: (lane: Role) => boolean) =>
    roles.reduce((last, { role, end }) => isMeant(role) ? end : last, 0);
  const served = endOf((lane) => lane === "write" || lane === "read");
  return {
    graph: builder.build(),
    subjects,
    roles,
    served,
    strict: Math.max(served, endOf((lane) => STRICT.has(lane))),
    order: () => {
      if (named.length === 1) return named[0].order();
      return named.flatMap(({ order }, i) => Array.from(order(), (at) => roles[i].first + at));
    },
    kinds,
    fallbacks,
    searchers: searchers.length > 0 ? searchers : fallbacks,
  };
}

/** Adds the relays of one name to the open row, and says how it comes to them. */
function entering(
  lane: Role,
  builder: RelayGraphBuilder,
  known: ReadonlyMap<string, RelayKnowledge>,
  settings: PlanSettings,
): (name: string) => number {
  const { fallbackRelays, indexerRelays, relaysPerAuthor } = settings;
  const withHints = fallbackRelays.slice(0, relaysPerAuthor - 1);
  const has = (relays: number, otherwise: number) => relays > 0 ? OWN_LIST : otherwise;
  switch (lane) {
    case "write":
    case "read":
      return (name) => {
        const own = known.get(name);
        const list = lane === "write" ? own?.write : own?.read;
        if (list !== undefined && builder.add(list) > 0) return OWN_LIST;
        if (!isPubkey(name)) return INVALID;
        const isHinted = own?.hints !== undefined && builder.add(hintedRelays(own, settings)) > 0;
        builder.add(isHinted ? withHints : fallbackRelays);
        return isHinted ? HINTED : NO_LIST;
      };
    case "dm":
      return (name) =>
        has(builder.add(known.get(name)?.dm ?? []), isPubkey(name) ? NOWHERE : INVALID);
    case "private":
      return (name) => has(builder.add(known.get(name)?.private ?? []), ABSENT);
    case "index":
      return (name) => isPubkey(name) ? has(builder.add(indexerRelays), ABSENT) : ABSENT;
    case "id":
      return (id) =>
        has(builder.add(hintedRelays(known.get(subjectKey(lane, id)), settings)), ABSENT);
    case "group":
      return (id) => {
        const host = groupHost(known.get(subjectKey(lane, id)), settings);
        return host === undefined ? ABSENT : has(builder.addGiven(host), NOWHERE);
      };
  }
}

/** Finds rows by name. */
export class RowFinder {
  readonly #parts: readonly ScopedPart[];
  readonly #rows: CandidateRows;
  readonly #rowOf = new Map<Role, Map<string, number>>();

  constructor(parts: readonly ScopedPart[], rows: CandidateRows) {
    this.#parts = parts;
    this.#rows = rows;
  }

  /** The row of each name of a part: the answer is by place in its `names`. */
  rowsOf({ scope: { role, subjects } }: ScopedPart): (place: number) => number {
    if (this.#parts.filter(({ scope }) => scope.role === role).length === 1) {
      const { first } = this.#rows.roles.find((rows) => rows.role === role)!;
      return (place) => first + place;
    }
    const rowOf = this.#index(role);
    return (place) => rowOf.get(subjects[place])!;
  }

  /** The row of a name on a lane; `undefined` where it has none. */
  rowOf(lane: Role, name: string): number | undefined {
    return this.#index(lane).get(name);
  }

  #index(lane: Role): ReadonlyMap<string, number> {
    let rowOf = this.#rowOf.get(lane);
    if (rowOf === undefined) {
      this.#rowOf.set(lane, rowOf = new Map());
      const { subjects, roles } = this.#rows;
      const { first = 0, end = 0 } = roles.find((rows) => rows.role === lane) ?? {};
      for (let row = first; row < end; row++) rowOf.set(subjects[row], row);
    }
    return rowOf;
  }
}
