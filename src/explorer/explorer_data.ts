/**
 * What the explorer shows, as plain JSON. Pure.
 *
 * The room `explorer` shows a plan and what is known of people and relays, as a page: the data
 * that the page needs, the page itself, and a server for it on this machine alone. The folder
 * `page` has what runs in the browser, and is bundled into `page_bundle.ts`.
 *
 * @module
 */

import type { PersonCoverage } from "../coverage_report.ts";
import type { Explanation } from "../explain.ts";
import { RELAY_URL_FLAGS, type RelayUrlFlags } from "./relay_url_flags.ts";
import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import { type PlanOptions, planSettings } from "../plan/plan_options.ts";
import type { RelayRecord } from "../relays/relay_record.ts";
import { deliveryFactor, relayWeight } from "../relays/relay_weight.ts";
import { type ExplorerHealth, explorerHealth } from "./explorer_health.ts";
import { shownName } from "./shown_name.ts";

/** Why a person has no usable relay list. */
export type MissingListReason = Explanation["missingLists"][number]["reason"];

/** What {@link explorerData} makes data of. */
export interface ExplorerSource {
  /** The people of the plan: pubkeys, in any order. */
  readonly people: Iterable<string>;
  /** What is known about them, by pubkey, as `planReq` takes it. A map of relay lists will do. */
  readonly knowledge: ReadonlyMap<string, RelayKnowledge>;
  /** When it is, in milliseconds since 1970. */
  readonly now: number;
  /** Whose follows the people are. @default nobody's */
  readonly user?: string;
  /** Names of people, by pubkey. @default none: people are shown by their keys */
  readonly names?: ReadonlyMap<string, string>;
  /** What is known of relays, by URL in normal form. @default nothing */
  readonly records?: ReadonlyMap<string, RelayRecord>;
  /** What is known to be complete, as `outbox.coverage()` reports it. @default nothing */
  readonly coverage?: readonly PersonCoverage[];
  /** Why people have no list, by pubkey. @default unknown */
  readonly missing?: ReadonlyMap<string, MissingListReason>;
  /** How the app plans. @default `weight`: what the records say */
  readonly options?: PlanOptions;
  /** The kinds that are asked for. @default [1] */
  readonly kinds?: readonly number[];
}

/** What the explorer shows. Relays are named by their index in `relays`, except where noted. */
export interface ExplorerData {
  /** The version of this format. */
  readonly format: 1;
  /** When it was made, in Unix seconds. */
  readonly madeAt: number;
  /** Whose follows the people are; absent if they are nobody's. */
  readonly user?: { readonly pubkey: string; readonly name?: string };
  /** How the app plans. */
  readonly plan: {
    readonly kinds: readonly number[];
    readonly maxRelays: number;
    readonly relaysPerAuthor: number;
    readonly popularRelays: number;
    /** URLs in normal form. */
    readonly fallbackRelays: readonly string[];
    readonly policy: RelayUrlFlags;
  };
  /** Each relay that somebody names or that is known, sorted by URL. */
  readonly relays: readonly ExplorerRelay[];
  /** Each person once, sorted by pubkey. */
  readonly people: readonly ExplorerPerson[];
}

/** A relay. */
export interface ExplorerRelay {
  /** In normal form. */
  readonly url: string;
  /** How much it counts when relays are chosen; absent: 1. */
  readonly weight?: number;
  /** Whether the app's own rule refuses it, as it does relays that the user blocks. */
  readonly isRefused?: true;
  /** What it did; absent if it was never tried. */
  readonly health?: ExplorerHealth;
}

/** A person. */
export interface ExplorerPerson {
  readonly pubkey: string;
  /** Without control characters, and cut to a length that fits a line; absent if unknown. */
  readonly name?: string;
  /** The write relays of their list, best first; absent without a list. */
  readonly write?: readonly number[];
  /** Hints, best first: the relay, the weight in (0, 1], and the source. */
  readonly hints?: readonly (readonly [relay: number, weight: number, source: string])[];
  /** Entries of the list that name no usable relay, and why. */
  readonly refused?: readonly (readonly [url: string, reason: string])[];
  /** Why there is no usable list, if somebody looked. */
  readonly missing?: MissingListReason;
  /** What is known to be complete of them; absent if nothing was reported. */
  readonly feed?: ExplorerFeed;
}

/** What is known to be complete of one person. Times are in Unix seconds. */
export interface ExplorerFeed {
  /** From when to when every relay that can answer has answered completely; absent: never. */
  readonly complete?: readonly [since: number, until: number, proof: string];
  /** Each relay that is asked: why it cannot answer (empty if it can), and its spans. */
  readonly relays: readonly (readonly [
    relay: number,
    reason: string,
    spans: readonly (readonly [since: number, until: number, proof: string])[],
  ])[];
}

/**
 * Puts together what the explorer shows. What strangers wrote, such as names, is cleaned, but not
 * escaped: the page writes it as text alone.
 *
 * @throws {RangeError} If an option is out of its range.
 * @throws {TypeError} If there is no option of a name, or one has the wrong type.
 */
export function explorerData(source: ExplorerSource): ExplorerData {
  const { knowledge, now, names, user, missing, options = {}, kinds = [1] } = source;
  const settings = planSettings(options);
  const pubkeys = [...new Set(source.people)].sort();
  const coverage = new Map(source.coverage?.map((person) => [person.pubkey, person]));
  const relays = relayIndex(source, pubkeys, settings.fallbackRelays);
  const indexOf = (url: string) => relays.get(url)!;
  const named = (pubkey: string) => {
    const name = shownName(names?.get(pubkey));
    return { pubkey, ...name === undefined ? {} : { name } };
  };
  return {
    format: 1,
    madeAt: Math.floor(now / 1000),
    ...user === undefined ? {} : { user: named(user) },
    plan: {
      kinds: [...kinds],
      maxRelays: settings.maxRelays,
      relaysPerAuthor: settings.relaysPerAuthor,
      popularRelays: settings.popularRelays,
      fallbackRelays: settings.fallbackRelays,
      policy: Object.fromEntries(
        RELAY_URL_FLAGS.filter((flag) => options.policy?.[flag]).map((flag) => [flag, true]),
      ),
    },
    relays: [...relays.keys()].map((url) => explorerRelay(url, source)),
    people: pubkeys.map((pubkey) => ({
      ...named(pubkey),
      ...explorerPerson(knowledge.get(pubkey) ?? {}, indexOf),
      ...missing?.has(pubkey) ? { missing: missing.get(pubkey) } : {},
      ...explorerFeed(coverage.get(pubkey), indexOf),
    })),
  };
}

/** The index of each relay that somebody names, that is known, or that the plan may ask. */
function relayIndex(
  { knowledge, records, coverage }: ExplorerSource,
  pubkeys: readonly string[],
  fallbacks: readonly string[],
): ReadonlyMap<string, number> {
  const urls = new Set(fallbacks);
  for (const pubkey of pubkeys) {
    const { write = [], hints = [] } = knowledge.get(pubkey) ?? {};
    for (const url of write) urls.add(url);
    for (const { url } of hints) urls.add(url);
  }
  for (const { relays } of coverage ?? []) for (const { url } of relays) urls.add(url);
  for (const url of records?.keys() ?? []) urls.add(url);
  return new Map([...urls].sort().map((url, index) => [url, index]));
}

function explorerRelay(url: string, { records, options = {}, now }: ExplorerSource): ExplorerRelay {
  const record = records?.get(url);
  const weight = options.weight?.(url) ?? recordedWeight(record, now);
  return {
    url,
    ...weight === 1 ? {} : { weight },
    ...options.policy?.allow?.(url) === false ? { isRefused: true } : {},
    ...record && record.attempts > 0 ? { health: explorerHealth(record, now) } : {},
  };
}

function recordedWeight(record: RelayRecord | undefined, now: number): number {
  if (record === undefined) return 1;
  const delivery = deliveryFactor(record, now);
  // Weights change with the time; a page need not be drawn anew for that.
  return Number(relayWeight({ record, now, isOpen: false, delivery }).toPrecision(2));
}

function explorerPerson(
  { write, hints = [], refused = [] }: RelayKnowledge,
  indexOf: (url: string) => number,
): Partial<ExplorerPerson> {
  return {
    ...write === undefined ? {} : { write: write.map(indexOf) },
    ...hints.length === 0 ? {} : {
      hints: hints.map(({ url, weight, source }) => [indexOf(url), weight, source] as const),
    },
    ...refused.length === 0 ? {} : {
      refused: refused.map(({ url, reason }) => [url, reason] as const),
    },
  };
}

function explorerFeed(
  person: PersonCoverage | undefined,
  indexOf: (url: string) => number,
): { feed?: ExplorerFeed } {
  if (person === undefined) return {};
  const { since, until, proof = "" } = person;
  const relays = person.relays.map(({ url, reason = "", spans }) => {
    const times = spans.map((span) => [span.since, span.until, span.proof] as const);
    return [indexOf(url), reason, times] as const;
  });
  const isComplete = since !== undefined && until !== undefined;
  return { feed: { ...isComplete ? { complete: [since, until, proof] as const } : {}, relays } };
}
