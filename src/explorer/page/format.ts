/**
 * Numbers, times and keys as people read them. Pure.
 *
 * @module
 */

import { npubEncode } from "nostr-tools/nip19";
import { isPubkey } from "../../nostr/pubkeys.ts";
import type { ExplorerPerson } from "../explorer_data.ts";

const NUMBER = new Intl.NumberFormat("en");
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const TIME = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** A whole number with separators. */
export function count(value: number): string {
  return NUMBER.format(value);
}

/** A number and its noun: `1 person`, `2 people`. */
export function many(value: number, one: string, more = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : more}`;
}

/** A share in whole per cent; what is not all or nothing never reads so. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return "–";
  const share = 100 * part / whole;
  if (share > 0 && share < 1) return "< 1 %";
  if (share > 99 && share < 100) return "> 99 %";
  return `${Math.round(share)} %`;
}

/** A duration in milliseconds. */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** A day, of a time in Unix seconds. */
export function day(time: number): string {
  return time <= 0 ? "the beginning" : DATE.format(time * 1000);
}

/** A minute, of a time in Unix seconds. */
export function minute(time: number): string {
  return time <= 0 ? "the beginning" : TIME.format(time * 1000);
}

const HOUR = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const SHORT_DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const MONTH = new Intl.DateTimeFormat("en-GB", { month: "short", year: "2-digit" });

/** A tick of a time axis that is `seconds` long. */
export function tick(date: Date, seconds: number): string {
  return (seconds <= 172_800 ? HOUR : seconds <= 8_640_000 ? SHORT_DAY : MONTH).format(date);
}

/** How long ago a time is, both in Unix seconds. */
export function ago(time: number, now: number): string {
  const seconds = now - time;
  return seconds < 60 ? "just now" : `${span(seconds)} ago`;
}

/** A span of seconds, roughly. */
export function span(seconds: number): string {
  const units = [[86_400, "day"], [3_600, "hour"], [60, "minute"]] as const;
  for (const [length, unit] of units) {
    if (seconds >= length) return many(Math.floor(seconds / length), unit);
  }
  return many(Math.max(0, Math.round(seconds)), "second");
}

/** A relay's URL without what all of them have. */
export function host(url: string): string {
  return url.replace(/^wss:\/\//, "").replace(/\/$/, "");
}

/** A pubkey as an `npub`; what is no pubkey as it is. */
export function npub(pubkey: string): string {
  return isPubkey(pubkey) ? npubEncode(pubkey) : pubkey;
}

/** A person's name, or the two ends of the key. */
export function personName({ pubkey, name }: Pick<ExplorerPerson, "pubkey" | "name">): string {
  if (name !== undefined) return name;
  const key = npub(pubkey);
  return key.length > 24 ? `${key.slice(0, 9)}…${key.slice(-4)}` : key;
}
