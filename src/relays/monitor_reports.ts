/**
 * What relay monitors report (NIP-66), and how far that is believed.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { MONITOR_KIND, RELAY_REPORT_KIND } from "../nostr/kinds.ts";
import { rememberedCheck } from "../nostr/relay_url.ts";
import type { RelayUrlPolicy } from "../nostr/types.ts";
import { isNewer } from "../nostr/versions.ts";

/** What the monitors report. */
export interface MonitorReports {
  /** The monitors whose silence on a relay means something, in the order they were named. */
  readonly witnesses: readonly string[];
  /** The relays that some monitor has lately seen, in normal form. */
  readonly seen: ReadonlySet<string>;
}

/** Whose reports are read, and when. */
export interface ReadMonitorReportsOptions {
  /** Pubkeys of the monitors that the app trusts; events of others are ignored. */
  readonly monitors: readonly string[];
  /** The time, in Unix seconds. */
  readonly now: number;
}

const DAY = 86_400;
/** How far a monitor's clock may be ahead, in seconds. */
const AHEAD = 900;
/** Fewest relays that a monitor sees whose silence means something. */
const FEWEST = 100;

/** Relays that a monitor somewhere on the public network can reach. */
const PUBLIC: RelayUrlPolicy = {};

/**
 * Reads the reports of monitors.
 *
 * A relay is seen if one of them reported it within the last day, or within three
 * of the periods it announces, a week at most. A monitor says nothing of relays that
 * it found dead, so its silence counts, but only if it looks at the whole network
 * and its reports have all come: it and some other monitor must each have seen 100
 * relays, and each at least half of what the other has. One alone is no witness, nor
 * is one that is broken, watches few relays, or whose reports were cut off on the
 * way (ask for them page by page: a monitor has hundreds).
 *
 * @param events Kinds 30166 and 10166, verified, in any order; others are ignored.
 */
export function readMonitorReports(
  events: readonly NostrEvent[],
  { monitors, now }: ReadMonitorReportsOptions,
): MonitorReports {
  const seenBy = new Map(monitors.map((monitor) => [monitor, new Set<string>()]));
  const windows = windowsOf(events);
  const check = rememberedCheck(PUBLIC);
  for (const { kind, pubkey, created_at, tags } of events) {
    const since = now - (windows.get(pubkey) ?? DAY);
    if (kind !== RELAY_REPORT_KIND || !(created_at >= since && created_at <= now + AHEAD)) continue;
    const { url } = check(valueOf(tags, "d") ?? "");
    if (url !== undefined) seenBy.get(pubkey)?.add(url);
  }

  const seen = new Set<string>();
  for (const urls of seenBy.values()) for (const url of urls) seen.add(url);
  const all = [...seenBy];
  const witnesses = all
    .filter(([, a]) => all.some(([, b]) => a !== b && agree(a, b)))
    .map(([monitor]) => monitor);
  return { witnesses, seen };
}

/** For how many seconds each monitor's reports hold, where that is not a day. */
function windowsOf(events: readonly NostrEvent[]): Map<string, number> {
  const newest = new Map<string, NostrEvent>();
  for (const event of events) {
    const known = newest.get(event.pubkey);
    if (event.kind === MONITOR_KIND && (!known || isNewer(event, known))) {
      newest.set(event.pubkey, event);
    }
  }
  const windows = new Map<string, number>();
  for (const [monitor, { tags }] of newest) {
    const window = 3 * Number(valueOf(tags, "frequency"));
    if (window > DAY) windows.set(monitor, Math.min(window, 7 * DAY));
  }
  return windows;
}

function valueOf(tags: readonly string[][], name: string): string | undefined {
  return tags.find(([tag]) => tag === name)?.[1];
}

function agree(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (Math.min(a.size, b.size) < FEWEST) return false;
  let both = 0;
  for (const url of a) if (b.has(url)) both++;
  return both >= Math.max(a.size, b.size) / 2;
}

/** How far the monitors are believed. */
export interface MonitorFactorOptions {
  /**
   * What is left of the weight of a relay that they hold for dead: above 0, since 5
   * to 10 % of those answer, and at most 1.
   * @default 0.3
   */
  readonly factor?: number;
  /**
   * Largest share of people (see `relays`) whose relays they may lower, from 0 to 1.
   * On the real network dead relays are half to two thirds of all, but a fifth to a
   * third of what people list. If it would be more, it is the monitors that are
   * wrong, and nothing is lowered.
   * @default 0.5
   */
  readonly maxShare?: number;
}

/**
 * What to multiply a relay's weight with, for each relay that can be told of: 1 if
 * a monitor has seen it, less if none has and there are two witnesses. Relays that
 * monitors of the public network cannot reach (onion, local, cleartext) are left
 * out, and so are all if there are no witnesses or `maxShare` is passed.
 *
 * @throws {RangeError} If an option is out of its range.
 *
 * @param liveness What the monitors report.
 * @param relays Relays in normal form, and how many people each is listed by.
 */
export function monitorFactors(
  { witnesses, seen }: MonitorReports,
  relays: Iterable<readonly [url: string, people: number]>,
  { factor = 0.3, maxShare = 0.5 }: MonitorFactorOptions = {},
): Map<string, number> {
  if (!(factor > 0 && factor <= 1)) {
    throw new RangeError(
      `Cannot use option "factor": it must be above 0 and at most 1, got ${factor}`,
    );
  }
  if (!(maxShare >= 0 && maxShare <= 1)) {
    throw new RangeError(`Cannot use option "maxShare": it must be from 0 to 1, got ${maxShare}`);
  }
  const check = rememberedCheck(PUBLIC);
  const factors = new Map<string, number>();
  if (witnesses.length < 2) return factors;
  let all = 0;
  let lost = 0;
  for (const [url, people] of relays) {
    if (check(url).url === undefined) continue;
    all += people;
    if (!seen.has(url)) lost += people;
    factors.set(url, seen.has(url) ? 1 : factor);
  }
  return lost > maxShare * all ? new Map() : factors;
}
