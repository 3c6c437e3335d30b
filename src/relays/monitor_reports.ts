/**
 * What relay monitors report (NIP-66), and how far that is believed. Pure.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { MONITOR_KIND, RELAY_REPORT_KIND } from "../nostr/kinds.ts";
import type { RelayUrlPolicy } from "../nostr/relay_policy.ts";
import { rememberedCheck } from "../nostr/relay_url.ts";
import { isNewer } from "../nostr/versions.ts";

/** What the monitors report. */
export interface MonitorReports {
  /** The monitors whose silence about a relay means something, in the order of the option. */
  readonly witnesses: readonly string[];
  /** The relays that a monitor has lately seen, in normal form. */
  readonly seen: ReadonlySet<string>;
}

/** Options of {@link readMonitorReports}. */
export interface ReadMonitorReportsOptions {
  /** Pubkeys of the monitors that the app trusts; events of others are ignored. */
  readonly monitors: readonly string[];
  /** The time, in Unix seconds. */
  readonly now: number;
}

const DAY_S = 86_400;
/** How far a monitor's clock may be ahead. */
const MAX_CLOCK_SKEW_S = 900;
/** Fewest relays that a monitor must have seen for its silence to mean something. */
const MIN_RELAYS_SEEN = 100;

/** The relays that a monitor on the public network can reach. */
const PUBLIC_POLICY: RelayUrlPolicy = {};

/**
 * Reads the reports of monitors.
 *
 * A relay is seen if a monitor reported it within the last day, or within three of the periods that
 * the monitor announces, at most a week. A monitor does not report relays that it found dead, so
 * its silence counts, but only if it probes the whole network and all of its reports have come: it
 * and another monitor must each have seen 100 relays, and each at least half of what the other has.
 * A single monitor is no witness, nor is one that is broken, probes few relays, or whose reports
 * were cut off on the way (request them page by page: a monitor has hundreds).
 *
 * @param events Kinds 30166 and 10166, verified, in any order; others are ignored.
 */
export function readMonitorReports(
  events: readonly NostrEvent[],
  { monitors, now }: ReadMonitorReportsOptions,
): MonitorReports {
  const seenBy = new Map(monitors.map((monitor) => [monitor, new Set<string>()]));
  const windows = windowsOf(events);
  const check = rememberedCheck(PUBLIC_POLICY);
  for (const { kind, pubkey, created_at, tags } of events) {
    const since = now - (windows.get(pubkey) ?? DAY_S);
    if (
      kind !== RELAY_REPORT_KIND || !(created_at >= since && created_at <= now + MAX_CLOCK_SKEW_S)
    ) continue;
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

/** How long each monitor's reports hold, in seconds, where that is not a day. */
function windowsOf(events: readonly NostrEvent[]): Map<string, number> {
  const newest = new Map<string, NostrEvent>();
  for (const event of events) {
    const other = newest.get(event.pubkey);
    if (event.kind === MONITOR_KIND && (!other || isNewer(event, other))) {
      newest.set(event.pubkey, event);
    }
  }
  const windows = new Map<string, number>();
  for (const [monitor, { tags }] of newest) {
    const window = 3 * Number(valueOf(tags, "frequency"));
    if (window > DAY_S) windows.set(monitor, Math.min(window, 7 * DAY_S));
  }
  return windows;
}

function valueOf(tags: readonly string[][], name: string): string | undefined {
  return tags.find(([tag]) => tag === name)?.[1];
}

function agree(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (Math.min(a.size, b.size) < MIN_RELAYS_SEEN) return false;
  let both = 0;
  for (const url of a) if (b.has(url)) both++;
  return both >= Math.max(a.size, b.size) / 2;
}

/** How far the monitors are believed. */
export interface MonitorFactorOptions {
  /**
   * The factor for the weight of a relay that seems dead to the monitors: above 0, since 5 to 10 %
   * of those answer, and at most 1.
   * @default 0.3
   */
  readonly factor?: number;
  /**
   * The largest share of users (see `relays`) whose relays the monitors may lower, from 0 to 1. On
   * the real network dead relays are half to two thirds of all, but a fifth to a third of the
   * entries in lists. If it would be more, the monitors are wrong, and nothing is lowered.
   * @default 0.5
   */
  readonly maxShare?: number;
}

/**
 * Returns the factor for each relay's weight: 1 if a monitor has seen the relay, less if none has
 * and there are two witnesses. Relays that monitors of the public network cannot reach (onion,
 * local, cleartext) are left out. All are left out if there are fewer than two witnesses or
 * `maxShare` is exceeded.
 *
 * @throws {RangeError} If an option is out of its range.
 *
 * @param reports What the monitors report.
 * @param relays Relays in normal form, and how many users list each.
 */
export function monitorFactors(
  { witnesses, seen }: MonitorReports,
  relays: Iterable<readonly [url: string, users: number]>,
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
  const check = rememberedCheck(PUBLIC_POLICY);
  const factors = new Map<string, number>();
  if (witnesses.length < 2) return factors;
  let all = 0;
  let lowered = 0;
  for (const [url, users] of relays) {
    if (check(url).url === undefined) continue;
    all += users;
    if (!seen.has(url)) lowered += users;
    factors.set(url, seen.has(url) ? 1 : factor);
  }
  return lowered > maxShare * all ? new Map() : factors;
}
