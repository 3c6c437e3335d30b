/**
 * A network as the explorer shows it: people with names and lists, relays with a past, and a feed
 * that was read last week.
 *
 * @module
 */

import type { PersonCoverage } from "../../src/coverage_report.ts";
import type { ExplorerSource } from "../../src/explorer/explorer_data.ts";
import { planReq } from "../../src/plan.ts";
import type { RelayDay } from "../../src/relays/relay_days.ts";
import { type RelayRecord, UNKNOWN_RELAY } from "../../src/relays/relay_record.ts";
import { below, createRandom, type Random } from "../../testing/random.ts";
import { createWorld, type WorldRelay } from "../../testing/world/world.ts";

const DAY_S = 86_400;
const NAMES =
  "Ada Bea Carl Dana Eli Finn Gus Hana Ines Jan Kofi Lina Mara Nils Olga Pia Quin Ravi " +
  "Sana Timo Uma Vera Wim Xenia Yuki Zoe";
const HOSTS =
  "nos relay damus primal snort coracle nostr wine satlantis bitcoiner offchain ditto " +
  "mostr purple oxtr haven citrine spatia nexus lantern harbor quay mesa tundra";

/** What {@link explorerWorld} is drawn from. */
export interface ExplorerWorldOptions {
  readonly follows: number;
  /** @default 1 */
  readonly seed?: number;
}

/** The source of an explorer, drawn at random: the same for the same options. */
export function explorerWorld({ follows, seed = 1 }: ExplorerWorldOptions): ExplorerSource {
  const random = createRandom(seed);
  const { now, ...world } = createWorld({ follows, seed, days: 1 });
  const hosts = new Map(world.relays.map((relay, i) => [relay.url, hostUrl(i)]));
  const renamed = (urls: readonly string[]) => urls.map((url) => hosts.get(url)!);
  const knowledge = new Map(
    [...world.lists].map(([pubkey, { write }]) => [pubkey, { write: renamed(write) }]),
  );
  const names = new Map(world.pubkeys.map((pubkey) => [pubkey, personName(random)]));
  for (const pubkey of world.pubkeys.filter((_, i) => i % 7 === 0)) names.delete(pubkey);
  const records = new Map(
    world.relays.filter(({ rank }) => rank < 90 || random() < 0.3)
      .map((relay) => [hosts.get(relay.url)!, recordOf(random, relay, now)]),
  );
  const fallbackRelays = renamed([world.relays[0].url, world.relays[1].url]);
  const options = { fallbackRelays, maxRelays: 20 };
  const filters = [{ kinds: [1], authors: [...world.pubkeys] }];
  const { subjects } = planReq(filters, knowledge, options);
  const coverage = subjects.map(({ subject, relays }): PersonCoverage =>
    coverageOf(random, subject, relays, records, now)
  );
  const missing = new Map(
    world.pubkeys.filter((pubkey) => !knowledge.has(pubkey))
      .map((pubkey, i) => [pubkey, i % 4 === 0 ? "not-answered" as const : "none" as const]),
  );
  const [user] = world.pubkeys;
  names.set(user, "Ada Lovelace");
  return {
    people: world.pubkeys,
    knowledge,
    now: now * 1000,
    user,
    names,
    records,
    coverage,
    missing,
    options,
  };
}

function hostUrl(index: number): string {
  const words = HOSTS.split(" ");
  const word = words[index % words.length];
  const round = Math.floor(index / words.length);
  return round === 0 ? `wss://${word}.example/` : `wss://${word}${round}.example/`;
}

function personName(random: Random): string {
  const names = NAMES.split(" ");
  const [first, second] = [names[below(random, names.length)], names[below(random, names.length)]];
  return random() < 0.5 ? `${first} ${second}son` : `${first.toLowerCase()}_${below(random, 999)}`;
}

function recordOf(random: Random, relay: WorldRelay, now: number): RelayRecord {
  const today = Math.floor(now / DAY_S);
  const delivers = relay.hub ? 0.98 : 0.6 + 0.4 * random();
  const uptime = relay.dead ? 0 : relay.hub ? 1 : random() < 0.2 ? 0.7 : 0.98;
  const days = Array.from({ length: 30 }, (_, i): RelayDay => {
    const attempts = 2 + below(random, 8);
    const successes = Array.from({ length: attempts }, random).filter((it) => it < uptime).length;
    const known = successes > 0 ? 5 + below(random, 30) : 0;
    const hits = Math.round(known * Math.min(1, delivers + 0.1 * (random() - 0.5)));
    return [today - 29 + i, attempts, successes, hits, known - hits];
  }).filter(() => random() < 0.85);
  const sum = (index: number) => days.reduce((sum, day) => sum + day[index], 0);
  const [attempts, successes] = [sum(1), sum(2)];
  const isDown = relay.dead || random() < 0.03;
  const ms = now * 1000;
  return {
    ...UNKNOWN_RELAY,
    attempts,
    successes,
    failures: attempts > successes ? { unreachable: attempts - successes } : {},
    ...isDown ? { inARow: 4, downSince: ms - 5e8, lastFailure: ms - 1e6, retryAt: ms + 4e6 } : {},
    ...successes > 0 ? { lastSuccess: ms - (isDown ? 6e8 : 3e5), events: 900 * successes } : {},
    ...successes > 0
      ? {
        connectMs: { mean: relay.connectMs, dev: 50 },
        eoseMs: { mean: relay.queryMs, dev: 90 },
        hits: 170 * delivers,
        misses: 170 * (1 - delivers),
        learnedAt: ms - 6e6,
        lastProof: "drained",
      }
      : {},
    days,
  };
}

function coverageOf(
  random: Random,
  pubkey: string,
  urls: readonly string[],
  records: ReadonlyMap<string, RelayRecord>,
  now: number,
): PersonCoverage {
  const until = now - (random() < 0.9 ? 600 : below(random, 6 * DAY_S));
  const since = until - Math.round((3 + 24 * random()) * DAY_S);
  const proof = random() < 0.8 ? "drained" as const : "inferred" as const;
  const relays = urls.map((url) => {
    if ((records.get(url)?.inARow ?? 0) > 0) {
      return { url, spans: [], reason: "backing-off" as const };
    }
    if (random() < 0.03) return { url, spans: [] };
    return { url, spans: [{ since, until, proof, seenAt: now - DAY_S }] };
  });
  const able = relays.filter(({ reason }) => reason === undefined);
  const isComplete = able.length > 0 && able.every(({ spans }) => spans.length > 0);
  return { pubkey, ...isComplete ? { since, until, proof } : {}, relays, missing: [] };
}
