/**
 * Connections to relays that a request will ask soon: they are opened while relay lists are still
 * gathered.
 *
 * @module
 */

import type { RelayConnector } from "../connections/relay_connector.ts";
import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import type { PlanSettings } from "../plan/plan_options.ts";

/** How the relays are chosen. */
export interface MostNamedOptions extends Pick<PlanSettings, "check" | "weight"> {
  /** The roles in which lists name relays that count. */
  readonly roles: ReadonlySet<"write" | "read">;
  /** Most relays. */
  readonly max: number;
}

/**
 * The relays that most lists name, by their weight, the best first; of equal ones the smaller URL. A
 * plan that is made of more such lists will hardly do without them.
 */
export function mostNamed(
  lists: Iterable<RelayKnowledge>,
  { check, weight, roles, max }: MostNamedOptions,
): string[] {
  const counts = new Map<string, number>();
  for (const list of lists) {
    const named = new Set(
      [...roles].flatMap((role) => list[role] ?? []).map((it) => check(it).url),
    );
    for (const url of named) if (url) counts.set(url, (counts.get(url) ?? 0) + 1);
  }
  return [...counts].map(([url, count]) => ({ url, value: count * weight(url) }))
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value || (a.url < b.url ? -1 : 1))
    .slice(0, max)
    .map(({ url }) => url);
}

/**
 * Connects to relays.
 *
 * @returns Lets go of them: connections that nobody else uses are closed as idle, and attempts that
 * wait their turn are given up.
 */
export function connectEarly(connectors: readonly RelayConnector[]): () => void {
  const connecting = new AbortController();
  const uses = connectors.map((connector, rank) => {
    const use = connector.use();
    const counted = connector.connection(rank, connecting.signal)
      .then((connection) => connection.users--);
    // Whoever asks the relay hears why it cannot be connected to.
    void Promise.allSettled([counted]);
    return use;
  });
  return () => {
    for (const use of uses) use.release();
    connecting.abort();
  };
}
