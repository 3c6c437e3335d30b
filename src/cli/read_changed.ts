/**
 * Reads a database again only where it has changed.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { type Clock, systemClock } from "../base/clock.ts";

/** How old what was read may get, in milliseconds: relays come back without anybody's writing. */
const MAX_AGE_MS = 60_000;

/** What {@link readChanged} needs. */
export interface ReadChangedOptions<T> {
  /** Reads everything. */
  readonly read: () => Promise<T>;
  /** Tells what is there apart from what was there; `undefined`: nobody knows. */
  readonly version: () => Promise<string | undefined>;
  readonly clock?: Clock;
}

/**
 * A function that reads everything when it is called first, where the version is another one, and
 * at least once a minute; otherwise it resolves with the same value as before.
 */
export function readChanged<T>(
  { read, version, clock = systemClock }: ReadChangedOptions<T>,
): () => Promise<T> {
  let last: { readonly value: T; readonly version: string; readonly at: number } | undefined;
  return async () => {
    // Before reading: what is written meanwhile is read the next time.
    const now = await version();
    if (last && last.version === now && clock.now() - last.at < MAX_AGE_MS) return last.value;
    const at = clock.now();
    const value = await read();
    last = now === undefined ? undefined : { value, version: now, at };
    return value;
  };
}

/**
 * A text that changes whenever anybody writes to a SQLite database: when its file, and that of what
 * is not yet in it, were changed, and how long they are. `undefined` for a database in memory.
 */
export async function fileVersion(db: string | undefined): Promise<string | undefined> {
  if (db === undefined || db === ":memory:") return undefined;
  const versions = await Promise.all([db, `${db}-wal`, `${db}-journal`].map(async (path) => {
    try {
      const { mtimeNs, size, ino } = await stat(path, { bigint: true });
      return `${mtimeNs} ${size} ${ino}`;
    } catch (error) {
      if ((error as { code?: unknown }).code === "ENOENT") return "";
      throw error;
    }
  }));
  return versions.join("\n");
}
