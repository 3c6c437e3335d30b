/**
 * What a plan says of each person, event and group: where it is asked for, and why not
 * elsewhere.
 *
 * @module
 */

import type { RefusalReason, RelayKnowledge, Role } from "../nostr/types.ts";
import { ABSENT, type CandidateRows, HINTED, INVALID, NO_LIST, NOWHERE } from "./candidate_rows.ts";
import type { Choice } from "./choose_relays.ts";
import type { PlanSettings } from "./plan_options.ts";

/** A relay of somebody's list that is not asked for them. */
export interface SkippedRelay {
  /** In normal form, or as the list has it where it is refused. */
  readonly url: string;
  /**
   * `cap`: not among the `maxRelays` chosen. `enough`: chosen, but the person is
   * asked for on `relaysPerAuthor` others. `host`: another URL of the same host counts.
   * `weight`: its weight is 0. Otherwise why it is no relay to connect to.
   */
  readonly reason: "cap" | "enough" | "host" | "weight" | RefusalReason;
}

/** Where one person is asked for. */
export interface PersonRoute {
  /** Who. */
  readonly pubkey: string;
  /**
   * As an author (`write`), as a tagged user (`read`), as the one whom gift wraps are for
   * (`dm`), as the author of private drafts (`private`), or as the author of a profile or
   * list on the indexers (`index`). The last two come besides `write`.
   */
  readonly role: Exclude<Role, "id" | "group">;
  /** The relays that are asked, best first; empty where the person is unrouted. */
  readonly relays: readonly string[];
  /**
   * `list`: relays of their own. `hint`: relays that hints name, and fallback relays, for
   * want of a usable list. `no-list`: fallback relays, for want of both. `cap`: fallback
   * relays, if any, since none of their own is among the chosen. `indexer`: indexers.
   * `no-dm-list`: no relay, for want of a usable kind 10050 list (NIP-17).
   * `invalid-pubkey`: nobody can be asked for.
   */
  readonly reason:
    | "list"
    | "hint"
    | "no-list"
    | "cap"
    | "indexer"
    | "no-dm-list"
    | "invalid-pubkey";
  /** The relays of their list, or the indexers, that are not asked. */
  readonly skipped: readonly SkippedRelay[];
}

/** Where one event or group is asked for that has relays of its own. */
export interface ThingRoute {
  /** The id of the event or of the group. */
  readonly key: string;
  /** An event (`id`) or a group (`group`). */
  readonly role: "id" | "group";
  /** The relays that are asked for it alone, best first; empty where none is. */
  readonly relays: readonly string[];
}

/** What a plan is made of, as far as it explains itself. */
export interface RouteSource {
  readonly rows: CandidateRows;
  readonly choice: Choice;
  readonly known: ReadonlyMap<string, RelayKnowledge>;
  readonly settings: PlanSettings;
}

/** One entry a row about a person: first all authors, then all tagged users, then the rest. */
export function personRoutes(source: RouteSource): PersonRoute[] {
  const { rows, choice } = source;
  const chosen = new Set(choice.relays.map((id) => rows.graph.urls[id]));
  return rows.roles.flatMap(({ role, first, end }) => {
    if (role === "id" || role === "group") return [];
    return rowsBetween(rows, first, end).map((row): PersonRoute => {
      const relays = relaysAt(row, source);
      const isElsewhere = choice.leftOut[row] === 1 || relays.length === 0;
      return {
        pubkey: rows.subjects[row],
        role: role,
        relays,
        reason: reasonOf(rows.kinds[row], role, isElsewhere),
        skipped: passedRelays(row, role, relays, chosen, source),
      };
    });
  });
}

/** One entry for each event and group that has relays of its own. */
export function thingRoutes(source: RouteSource): ThingRoute[] {
  const { rows } = source;
  return rows.roles.flatMap(({ role, first, end }) => {
    if (role !== "id" && role !== "group") return [];
    return rowsBetween(rows, first, end)
      .map((row) => ({ key: rows.subjects[row], role, relays: relaysAt(row, source) }));
  });
}

/** The rows of a lane on which something is to be asked for. */
function rowsBetween({ kinds }: CandidateRows, first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i)
    .filter((row) => kinds[row] !== ABSENT);
}

function relaysAt(row: number, { rows, choice: { relays, assigned } }: RouteSource): string[] {
  return [
    ...assigned.relayIndexes.subarray(
      row * assigned.relaysPerSubject,
      (row + 1) * assigned.relaysPerSubject,
    ),
  ]
    .filter((place) => place >= 0)
    .map((place) => rows.graph.urls[relays[place]]);
}

function reasonOf(kind: number, lane: Role, isElsewhere: boolean): PersonRoute["reason"] {
  if (kind === INVALID) return "invalid-pubkey";
  if (kind === NOWHERE) return "no-dm-list";
  if (kind === NO_LIST) return "no-list";
  if (isElsewhere) return "cap";
  if (kind === HINTED) return "hint";
  return lane === "index" ? "indexer" : "list";
}

function passedRelays(
  row: number,
  lane: PersonRoute["role"],
  asked: readonly string[],
  chosen: ReadonlySet<string>,
  { rows: { graph, subjects }, known, settings }: RouteSource,
): SkippedRelay[] {
  const { urls, starts, relaysOf } = graph;
  const list = known.get(subjects[row]);
  const own = (lane === "index" ? settings.indexerRelays : list?.[lane]) ?? [];
  const edges = new Set([...relaysOf.subarray(starts[row], starts[row + 1])].map((id) => urls[id]));
  const passed = own.map((value): SkippedRelay => {
    const { url, reason } = settings.check(value);
    if (url === undefined) return { url: value, reason };
    if (settings.weight(url) === 0) return { url, reason: "weight" };
    if (!edges.has(url)) return { url, reason: "host" };
    return { url, reason: chosen.has(url) ? "enough" : "cap" };
  });
  const refused = lane === "write" || lane === "read" ? list?.refused ?? [] : [];
  return [...passed.filter(({ url }) => !asked.includes(url)), ...refused];
}
