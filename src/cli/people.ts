/**
 * Whom somebody follows, and what people call themselves.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { npubEncode } from "nostr-tools/nip19";
import { systemClock } from "../base/clock.ts";
import { within } from "../base/within.ts";
import { FOLLOW_LIST_KIND } from "../nostr/kinds.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import { isNewer } from "../nostr/versions.ts";
import { INDEXERS } from "../plan/default_indexers.ts";
import { printableLine } from "./printable.ts";
import type { Session } from "./session.ts";

/** What to call people, by pubkey; those without a name are absent. */
export type Names = ReadonlyMap<string, string>;

/** The kind of profiles (NIP-01). */
export const PROFILE_KIND = 0;
/** Most characters of a name. */
const MAX_NAME_LENGTH = 24;
/** Most authors in a filter: relays answer one with a few hundred events. */
const MAX_AUTHORS = 100;
/** How long to wait for names, which are no more than a help, in milliseconds. */
const NAMES_TIMEOUT_MS = 3_000;

/**
 * Whom a person follows, each once, in the order of the list.
 *
 * @throws {Error} If nobody has the person's follow list, or it names nobody.
 */
export async function findFollows(
  { pool, failures }: Session,
  pubkey: string,
  signal: AbortSignal,
): Promise<string[]> {
  const filters = [{ kinds: [FOLLOW_LIST_KIND], authors: [pubkey], limit: 1 }];
  const [list] = await pool.query(filters, { signal });
  signal.throwIfAborted();
  const follows = (list?.tags ?? []).flatMap(([name, value]) =>
    name === "p" && isPubkey(value) ? [value] : []
  );
  if (follows.length > 0) return [...new Set(follows)];
  const who = npubEncode(pubkey);
  if (list) throw new Error(`Cannot plan for ${who}: their follow list (kind 3) names nobody`);
  throw new Error(
    `Cannot find whom ${who} follows: no relay has their follow list (kind 3)${
      failuresText(failures.values())
    }`,
  );
}

/** A clause that names the relays that failed; empty if none did. */
export function failuresText(
  failures: Iterable<{ readonly relay: string; readonly reason: string }>,
): string {
  const all = [...failures];
  if (all.length === 0) return "";
  const named = all.slice(0, 3).map(({ relay, reason }) => `${relay} (${reason})`).join(", ");
  const more = all.length > 3 ? ` and ${all.length - 3} more` : "";
  return `; relays that failed: ${named}${more}`;
}

/**
 * What these people call themselves, as indexers and fallback relays say. Whom they do not know is
 * absent; a relay that is slow is not waited for.
 */
export async function findNames(
  { prober, settings }: Pick<Session, "prober" | "settings">,
  pubkeys: readonly string[],
  signal: AbortSignal,
): Promise<Names> {
  if (pubkeys.length === 0) return new Map();
  const { indexerRelays = INDEXERS, fallbackRelays = [] } = settings;
  const filters = Array.from(
    { length: Math.ceil(pubkeys.length / MAX_AUTHORS) },
    (_, i) => ({
      kinds: [PROFILE_KIND],
      authors: pubkeys.slice(i * MAX_AUTHORS, (i + 1) * MAX_AUTHORS),
    }),
  ) as [NostrFilter, ...NostrFilter[]];
  const newest = new Map<string, NostrEvent>();
  await Promise.all(
    [...new Set([...indexerRelays, ...fallbackRelays])].map(async (url) => {
      const asking = prober.ask(url, filters, signal);
      const answer = await within(asking, systemClock, NAMES_TIMEOUT_MS, signal);
      for (const profile of answer?.events ?? []) {
        const other = newest.get(profile.pubkey);
        if (!other || isNewer(profile, other)) newest.set(profile.pubkey, profile);
      }
    }),
  );
  signal.throwIfAborted();
  return new Map([...newest.values()].flatMap((profile) => {
    const name = nameIn(profile);
    return name === "" ? [] : [[profile.pubkey, name]];
  }));
}

/** The name in a profile; empty if it has none. */
export function nameIn({ content }: NostrEvent): string {
  try {
    const { display_name, name } = Object(JSON.parse(content));
    return printableLine(String(display_name || name || ""), MAX_NAME_LENGTH);
  } catch {
    return ""; // Not JSON: the start of the npub stands in.
  }
}

/** What to call somebody: their name, or the start of their npub. */
export function nameOf(pubkey: string, names: Names): string {
  return names.get(pubkey) ?? (isPubkey(pubkey) ? `${npubEncode(pubkey).slice(0, 12)}…` : pubkey);
}
