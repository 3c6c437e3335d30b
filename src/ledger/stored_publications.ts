/**
 * What a store of records has of publications. Pure.
 *
 * @module
 */

import type { PublicationRecord } from "./publication.ts";
import { parsePublication } from "./publication_text.ts";

/** The longest pause that is believed after the clock was set back. */
const MAX_PAUSE_MS = 3_600_000;

/** What was read. */
export interface StoredPublications {
  /** The first published first, with times that the clock of now allows. */
  readonly read: readonly PublicationRecord[];
  /** The keys of what cannot be read. */
  readonly unread: readonly string[];
}

/**
 * Reads publications.
 *
 * @param texts By the id of the event.
 * @param now In milliseconds since 1970.
 * @param maxMs Longest that an event is tried from now on, in milliseconds.
 */
export function storedPublications(
  texts: ReadonlyMap<string, string>,
  now: number,
  maxMs: number,
): StoredPublications {
  const read: PublicationRecord[] = [];
  const unread: string[] = [];
  for (const [id, text] of texts) {
    const record = parsePublication(text);
    if (record?.event.id === id) read.push(believed(record, now, maxMs));
    else if (text !== "") unread.push(String(id).slice(0, 100));
  }
  return { read: read.sort((a, b) => a.at - b.at), unread };
}

/** A record that was read, with times that the clock of now allows. */
function believed(record: PublicationRecord, now: number, maxMs: number): PublicationRecord {
  const { at, targets, until } = record;
  const latest = now + MAX_PAUSE_MS;
  return {
    ...record,
    at: Math.min(at, now),
    until: Math.min(until, now + maxMs),
    targets: targets.map((target) =>
      target.nextAt !== undefined && target.nextAt > latest ? { ...target, nextAt: latest } : target
    ),
  };
}
