/**
 * The plan that the explorer shows, made by the planner itself, in the browser as elsewhere. Pure.
 *
 * @module
 */

import type { RelayHint, RelayKnowledge } from "../nostr/relay_knowledge.ts";
import type { RefusalReason } from "../nostr/relay_policy.ts";
import type { UnroutedReason } from "../nostr/unrouted.ts";
import { planReq, type ReqPlan, type SkippedRelay, type SubjectRoute } from "../plan.ts";
import type { ExplorerData } from "./explorer_data.ts";
import { countReaches, type Reach, reachOf } from "./reach.ts";

/** Where a plan asks for one person. */
export interface PersonPlan {
  /** Relays by their index in `data.relays`, best first; fallback relays included. */
  readonly relays: readonly number[];
  readonly reach: Reach;
  /** Why the plan has these relays. */
  readonly reason: SubjectRoute["reason"];
  /** Why nobody is asked; absent if somebody is. */
  readonly unrouted?: UnroutedReason;
}

/** One relay of a plan. */
export interface RelayPlan {
  /** Its index in `data.relays`. */
  readonly relay: number;
  /** Who is requested from it, by index in `data.people`, in groups: `one`, `guess`, `several`. */
  readonly people: readonly number[];
  /** How many of these are requested from no other relay. */
  readonly alone: number;
}

/** A plan for a number of relays, as the explorer shows it. */
export interface ExplorerPlan {
  readonly maxRelays: number;
  /** Best first. */
  readonly relays: readonly RelayPlan[];
  /** One for each of `data.people`. */
  readonly people: readonly PersonPlan[];
  /** How many people are reached in each way. */
  readonly counts: Readonly<Record<Reach, number>>;
}

/** Makes plans of one {@link ExplorerData}. */
export class ExplorerPlanner {
  readonly #data: ExplorerData;
  readonly #knowledge: ReadonlyMap<string, RelayKnowledge>;
  readonly #weights: ReadonlyMap<string, number>;
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #refused: ReadonlySet<string>;

  constructor(data: ExplorerData) {
    this.#data = data;
    this.#knowledge = knowledgeOf(data);
    this.#weights = new Map(data.relays.map(({ url, weight = 1 }) => [url, weight]));
    this.#indexes = new Map(data.relays.map(({ url }, index) => [url, index]));
    const refused = data.relays.filter(({ isRefused }) => isRefused);
    this.#refused = new Set(refused.map(({ url }) => url));
  }

  /** Plans with at most so many relays. */
  plan(maxRelays: number): ExplorerPlan {
    const authors = this.#data.people.map(({ pubkey }) => pubkey);
    const { subjects, unrouted, routes } = this.#request(maxRelays);
    const routeOf = new Map(
      subjects.filter(({ role }) => role === "write").map((route) => [route.subject, route]),
    );
    const reasonOf = new Map(unrouted.map(({ pubkey, reason }) => [pubkey, reason]));
    const plans = authors.map((author) =>
      this.#personPlan(routeOf.get(author), reasonOf.get(author))
    );
    return {
      maxRelays,
      relays: relayPlans([...routes.keys()].map((url) => this.#indexes.get(url)!), plans),
      people: plans,
      counts: countReaches(plans.map(({ reach }) => reach)),
    };
  }

  /** The relays that a person names and that a plan does not ask for them, and why. */
  skipped(person: number, maxRelays: number): readonly SkippedRelay[] {
    const { pubkey } = this.#data.people[person];
    const { subjects } = this.#request(maxRelays);
    const isTheirs = ({ subject, role }: SubjectRoute) => subject === pubkey && role === "write";
    return subjects.find(isTheirs)?.skipped ?? [];
  }

  #request(maxRelays: number): ReqPlan {
    const { people, plan: { kinds, relaysPerAuthor, popularRelays, fallbackRelays, policy } } =
      this.#data;
    const authors = people.map(({ pubkey }) => pubkey);
    return planReq([{ kinds: [...kinds], authors }], this.#knowledge, {
      maxRelays,
      relaysPerAuthor,
      popularRelays,
      fallbackRelays,
      indexerRelays: [],
      policy: { ...policy, allow: (url) => !this.#refused.has(url) },
      weight: (url) => this.#weights.get(url) ?? 1,
    });
  }

  #personPlan(route: SubjectRoute | undefined, unrouted: UnroutedReason | undefined): PersonPlan {
    const { relays: urls = [], reason = "invalid-pubkey" } = route ?? {};
    const relays = urls.map((url) => this.#indexes.get(url)!);
    const reach = reachOf({ relays: urls, reason }, unrouted !== undefined);
    return { relays, reach, reason, ...unrouted === undefined ? {} : { unrouted } };
  }
}

/** What is known, as `planReq` takes it. */
export function knowledgeOf({ people, relays }: ExplorerData): Map<string, RelayKnowledge> {
  const urlOf = (index: number) => relays[index].url;
  return new Map(people.map(({ pubkey, write, hints = [], refused = [] }) => [pubkey, {
    ...write === undefined ? {} : { write: write.map(urlOf) },
    hints: hints.map(([relay, weight, source]) => ({
      url: urlOf(relay),
      weight,
      source: source as RelayHint["source"],
    })),
    refused: refused.map(([url, reason]) => ({ url, reason: reason as RefusalReason })),
  }]));
}

/** The relays of a plan with their people, in the order of the plan. */
function relayPlans(relays: readonly number[], people: readonly PersonPlan[]): RelayPlan[] {
  const peopleOf = new Map<number, number[]>(relays.map((relay) => [relay, []]));
  const aloneOf = new Map<number, number>();
  for (const reach of ["one", "guess", "several"]) {
    for (const [person, plan] of people.entries()) {
      if (plan.reach !== reach) continue;
      for (const relay of plan.relays) {
        peopleOf.get(relay)?.push(person);
        if (plan.relays.length === 1) aloneOf.set(relay, (aloneOf.get(relay) ?? 0) + 1);
      }
    }
  }
  return relays.map((relay) => ({
    relay,
    people: peopleOf.get(relay)!,
    alone: aloneOf.get(relay) ?? 0,
  }));
}
