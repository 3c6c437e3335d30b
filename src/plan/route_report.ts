/**
 * What a plan reports about each subject: the relays it is requested from, and why the
 * others are skipped.
 *
 * @module
 */

import type { RelayKnowledge, Role } from "../nostr/relay_knowledge.ts";
import type { RefusalReason } from "../nostr/relay_policy.ts";
import { eventKey, subjectKey } from "../nostr/subject_key.ts";
import { ABSENT, type CandidateRows, HINTED, INVALID, NO_LIST, NOWHERE } from "./candidate_rows.ts";
import type { Choice } from "./choose_relays.ts";
import { groupHost, hintedRelays } from "./hinted_relays.ts";
import type { PlanSettings } from "./plan_options.ts";
import { threadRelays } from "./thread_relays.ts";

/** A relay that is named for a subject, but is not asked for it. */
export interface SkippedRelay {
  /** The relay in normal form; as it was named if it is refused. */
  readonly url: string;
  /**
   * Why it is skipped.
   * - `cap`: it is not among the `maxRelays` chosen relays.
   * - `enough`: it is chosen, but the subject is requested from `relaysPerAuthor` others.
   * - `host`: another URL of the same host counts instead.
   * - `weight`: its weight is 0.
   *
   * The other reasons say why it is no relay to connect to.
   */
  readonly reason: "cap" | "enough" | "host" | "weight" | RefusalReason;
}

/** Which relays one subject is requested from, in one role. */
export interface SubjectRoute {
  /**
   * A pubkey; in the role `id` an event id, in the role `thread` an event id or a coordinate
   * (`kind:pubkey:d`), in the role `group` a group id, in the role `given` any of these but a group
   * id.
   */
  readonly subject: string;
  /** The role in which it is looked for. It has one route for each of its roles. */
  readonly role: Role;
  /**
   * The relays that are asked for it, best first. Relays that take an event's whole filter,
   * as fallback relays do, are not among them.
   */
  readonly relays: readonly string[];
  /**
   * Where the relays come from, or why there are none.
   * - `list`: the user's own list; in the role `thread` that of the event's author, and hints.
   * - `hint`: hints. For a user without a usable list, fallback relays are asked, too.
   * - `indexer`: the option `indexerRelays`.
   * - `no-list`: no usable list and no hint is known; the fallback relays are asked, if any.
   * - `cap`: none of its relays is among the chosen ones; fallback relays are asked for
   *   authors and tagged users, if any.
   * - `no-dm-list`: no usable kind 10050 list is known, so no relay is asked (NIP-17).
   * - `no-group-host`: the group's host may not be asked, so no relay is (NIP-29).
   * - `invalid-pubkey`: no event can match, so no relay is asked.
   */
  readonly reason:
    | "list"
    | "hint"
    | "indexer"
    | "no-list"
    | "cap"
    | "no-dm-list"
    | "no-group-host"
    | "invalid-pubkey";
  /** The other relays of the list or the option; for an event or a group, of the best hints. */
  readonly skipped: readonly SkippedRelay[];
}

/** What a report is made of. */
export interface RouteSource {
  readonly rows: CandidateRows;
  readonly choice: Choice;
  readonly knowledge: ReadonlyMap<string, RelayKnowledge>;
  readonly settings: PlanSettings;
}

/** One route for each subject and role, role after role; authors come first. */
export function subjectRoutes(source: RouteSource): SubjectRoute[] {
  const { rows, choice } = source;
  const routes: SubjectRoute[] = [];
  for (const { role, first, end } of rows.roles) {
    const verdicts = new RelayVerdicts(role, source);
    for (let row = first; row < end; row++) {
      if (rows.origins[row] === ABSENT) continue;
      const relays = relaysOfRow(row, source);
      const isLeftOut = choice.leftOut[row] === 1 || relays.length === 0;
      routes.push({
        subject: rows.subjects[row],
        role,
        relays,
        reason: reasonOf(rows.origins[row], role, isLeftOut),
        skipped: skippedRelays(row, role, relays, verdicts, source),
      });
    }
  }
  return routes;
}

function relaysOfRow(row: number, { rows, choice: { relays, assigned } }: RouteSource): string[] {
  const { relayIndexes, relaysPerSubject } = assigned;
  const urls: string[] = [];
  for (let at = row * relaysPerSubject; at < (row + 1) * relaysPerSubject; at++) {
    if (relayIndexes[at] >= 0) urls.push(rows.graph.urls[relays[relayIndexes[at]]]);
  }
  return urls;
}

function reasonOf(origin: number, role: Role, isLeftOut: boolean): SubjectRoute["reason"] {
  if (origin === INVALID) return "invalid-pubkey";
  if (origin === NOWHERE) return role === "group" ? "no-group-host" : "no-dm-list";
  if (origin === NO_LIST) return "no-list";
  if (isLeftOut) return "cap";
  if (origin === HINTED || role === "id" || role === "group" || role === "given") return "hint";
  return role === "index" ? "indexer" : "list";
}

function skippedRelays(
  row: number,
  role: Role,
  asked: readonly string[],
  verdicts: RelayVerdicts,
  { rows: { graph, subjects }, knowledge, settings }: RouteSource,
): readonly SkippedRelay[] {
  const { starts, relaysOf } = graph;
  const skipped: SkippedRelay[] = [];
  for (const value of namedRelays(subjects[row], role, knowledge, settings)) {
    const { id, other, host } = verdicts.of(value);
    if (asked.includes(other.url)) continue;
    let at = starts[row];
    while (at < starts[row + 1] && relaysOf[at] !== id) at++;
    skipped.push(at < starts[row + 1] || id === undefined ? other : host);
  }
  const hasRefused = role === "write" || role === "read";
  const refused = hasRefused ? knowledge.get(subjects[row])?.refused ?? [] : [];
  return refused.length === 0 ? skipped : [...skipped, ...refused];
}

/** Why a relay is skipped, if it is. Subjects share the objects: there are few relays. */
interface RelayVerdict {
  /** The relay in the graph; absent if no subject may have it. */
  readonly id?: number;
  /** Where the graph has the relay for the subject, or no subject may have it. */
  readonly other: SkippedRelay;
  /** Where the graph does not have it for the subject. */
  readonly host: SkippedRelay;
}

/** What is said of each relay that lists name in one role, found out once. */
class RelayVerdicts {
  readonly #known = new Map<string, RelayVerdict>();
  readonly #use: "group" | undefined;
  readonly #settings: PlanSettings;
  readonly #idOf: ReadonlyMap<string, number>;
  readonly #chosen: ReadonlySet<number>;

  constructor(role: Role, { rows, choice, settings }: RouteSource) {
    this.#use = role === "group" ? "group" : undefined;
    this.#settings = settings;
    this.#idOf = new Map(rows.graph.urls.map((url, id) => [url, id]));
    this.#chosen = new Set(choice.relays);
  }

  of(value: string): RelayVerdict {
    let verdict = this.#known.get(value);
    if (verdict === undefined) this.#known.set(value, verdict = this.#find(value));
    return verdict;
  }

  #find(value: string): RelayVerdict {
    const { url, reason } = this.#settings.check(value, this.#use);
    if (url === undefined) return verdictOf({ url: value, reason });
    if (this.#settings.weight(url) === 0) return verdictOf({ url, reason: "weight" });
    const host: SkippedRelay = { url, reason: "host" };
    const id = this.#idOf.get(url);
    if (id === undefined) return verdictOf(host);
    return { id, other: { url, reason: this.#chosen.has(id) ? "enough" : "cap" }, host };
  }
}

function verdictOf(skipped: SkippedRelay): RelayVerdict {
  return { other: skipped, host: skipped };
}

/** The relays that a list, an option or the best hints name for a subject in a role. */
function namedRelays(
  subject: string,
  role: Role,
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  settings: PlanSettings,
): readonly string[] {
  if (role === "index") return settings.indexerRelays;
  if (role === "id") return hintedRelays(knowledge.get(subjectKey(role, subject)), settings);
  if (role === "group") {
    const host = groupHost(knowledge.get(subjectKey(role, subject)), settings);
    return host === undefined ? [] : [host];
  }
  if (role === "thread") {
    const { inboxes, seen } = threadRelays(subject, knowledge, settings);
    return [...new Set([...inboxes, ...seen.map(([url]) => url)])];
  }
  const own = knowledge.get(subject) ?? knowledge.get(eventKey(subject));
  return own?.[role] ?? [];
}
