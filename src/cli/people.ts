/**
 * Whom somebody follows, and what people call themselves.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { npubEncode } from "nostr-tools/nip19";
import { isPubkey } from "../nostr/pubkeys.ts";
import { printableLine } from "./printable.ts";
import type { Session } from "./session.ts";

/** What to call people, by pubkey; those without a name are absent. */
export type Names = ReadonlyMap<string, string>;

const PROFILE_KIND = 0;
const FOLLOW_LIST_KIND = 3;
/** Most characters of a name. */
const MAX_NAME_LENGTH = 24;

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

/** What these people call themselves. Whom no relay has a profile of is absent. */
export async function findNames(
  { pool }: Pick<Session, "pool">,
  pubkeys: readonly string[],
  signal: AbortSignal,
): Promise<Names> {
  if (pubkeys.length === 0) return new Map();
  const profiles = await pool.query([{ kinds: [PROFILE_KIND], authors: [...pubkeys] }], { signal });
  signal.throwIfAborted();
  return new Map(profiles.flatMap((profile) => {
    const name = nameIn(profile);
    return name === "" ? [] : [[profile.pubkey, name]];
  }));
}

/** The name in a profile; empty if it has none. */
function nameIn({ content }: NostrEvent): string {
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
