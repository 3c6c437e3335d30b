/**
 * Waits for published events to reach their relays, and shows how far they are.
 *
 * @module
 */

import { sleep, systemClock } from "../base/clock.ts";
import { isOpenTarget } from "../ledger/publication.ts";
import type { Publication } from "../ledger/publication_handle.ts";
import type { Terminal } from "./terminal.ts";

/** Resolves once no relay is tried any longer, after some seconds, or at an interruption. */
export async function awaitPublications(
  publications: readonly Publication[],
  seconds: number,
  terminal: Pick<Terminal, "progress">,
  signal: AbortSignal,
): Promise<void> {
  const all = () => publications.flatMap(({ targets }) => targets);
  const bar = terminal.progress("Relays", all().length);
  const show = () => bar.update(all().filter((target) => !isOpenTarget(target)).length);
  const ending = new AbortController();
  const end = AbortSignal.any([ending.signal, signal]);
  const watching = Promise.all(publications.map(async (publication) => {
    for await (const _ of publication.changes({ signal: end })) show();
  }));
  try {
    await Promise.race([watching, sleep(systemClock, seconds * 1000, end)]);
  } finally {
    ending.abort();
    await watching;
    bar.close();
  }
}
