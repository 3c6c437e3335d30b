/**
 * How much authors post, and which relays hold their posts.
 *
 * @module
 */

import { below, exponential, normal, type Random, weighted } from "../random.ts";
import type { WorldRelay } from "./relays.ts";

const DAY_S = 86_400;
/** Mean days that a relay has been in its author's list. */
const MEAN_TENURE_DAYS = 500;
/** Share of writes to an ordinary relay that are refused or lost. */
const LOST_SHARE = 0.15;

/** Most posts in a week: one every half an hour, day and night. */
const MAX_POSTS_PER_WEEK = 350;

const clamp = (value: number, least: number, most: number) =>
  Math.min(most, Math.max(least, value));

/** How active the authors are; fitted to the published counts. */
export interface Activity {
  /** Share who post at all in a year. */
  readonly year: number;
  /** Share who post in a week, among those who do in a year. */
  readonly week: number;
}

/** Authors with a list, and those without: most of the latter have left. */
export const LISTED: Activity = { year: 0.67, week: 0.79 };
export const UNLISTED: Activity = { year: 0.20, week: 0.35 };

/** Draws when one author posted, newest first, in Unix seconds. */
export function drawTimes(
  random: Random,
  { year, week }: Activity,
  now: number,
  days: number,
): number[] {
  if (random() >= year) return [];
  const z = normal(random);
  const total = Math.round(62 * Math.exp(1.8 * z));
  // The busy are more likely to have posted this week.
  const odds = Math.exp(1.1 * z) * week / (1 - week) * 1.12;
  const thisWeek = random() < odds / (1 + odds);
  const mixed = 0.8 * (z - 0.18) + 0.6 * normal(random);
  const recent = thisWeek
    ? Math.round(clamp(11 * Math.exp(1.45 * mixed), 1, MAX_POSTS_PER_WEEK))
    : 0;
  const older = Math.max(thisWeek ? 0 : 1, total - recent);
  const ages: number[] = [];
  for (let i = 0; i < recent; i++) ages.push(random() * 7);
  // Those who fell silent did so at some point of the year.
  const from = thisWeek ? 7 : 7 + 250 * random();
  for (let i = 0; i < older; i++) ages.push(from + (365 - from) * random());
  return ages.filter((age) => age < days)
    .map((age) => Math.floor(now - age * DAY_S))
    .sort((a, b) => b - a);
}

/** A stretch of time in which an author wrote to a relay, in Unix seconds. */
export interface Stretch {
  readonly relay: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Draws an author's past: each relay of the list once took the place of another
 * one, which holds what was written before.
 */
export function drawStretches(
  random: Random,
  relays: readonly number[],
  former: () => number,
  now: number,
  days: number,
): Stretch[] {
  const out: Stretch[] = [];
  for (const current of relays) {
    let relay = current, to = now + 1, from = now;
    do {
      from = to - exponential(random, MEAN_TENURE_DAYS * DAY_S);
      out.push({ relay, from, to });
      relay = former();
      to = from;
    } while (from > now - days * DAY_S);
  }
  return out;
}

/** Draws past relays by popularity. */
export function formerRelays(
  random: Random,
  relays: readonly WorldRelay[],
): () => number {
  return weighted(random, relays.map((relay) => relay.authors));
}

/** The posts that each relay holds, of an author who posted at these times; `first` is the first post's index. */
export function drawHoldings(
  random: Random,
  times: readonly number[],
  first: number,
  stretches: readonly Stretch[],
  relays: readonly WorldRelay[],
): Map<number, Uint32Array> {
  const held = new Map<number, Set<number>>();
  for (const { relay, from, to } of stretches) {
    if (relays[relay].dead) continue;
    let posts = held.get(relay);
    if (!posts) held.set(relay, posts = new Set());
    for (let i = 0; i < times.length; i++) {
      if (times[i] >= to) continue;
      if (times[i] < from) break;
      if (relays[relay].hub || random() >= LOST_SHARE) posts.add(first + i);
    }
  }
  const out = new Map<number, Uint32Array>();
  for (const [relay, posts] of held) {
    if (posts.size > 0) out.set(relay, Uint32Array.from(posts).sort());
  }
  return out;
}

/** Where an author without a list is found: a few relays by popularity. */
export function drawUnlistedRelays(
  random: Random,
  former: () => number,
): number[] {
  const relays = new Set<number>();
  const size = 2 + below(random, 4);
  for (let tries = 0; relays.size < size && tries < 40; tries++) {
    relays.add(former());
  }
  return [...relays];
}
