/**
 * Collects the versions of somebody's lists, relay by relay.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { DM_LIST_KIND, FOLLOW_LIST_KIND, RELAY_LIST_KIND } from "../nostr/kinds.ts";
import type { RelayUrlPolicy } from "../nostr/relay_policy.ts";
import { ANY_RELAY, parseRelayList } from "../nostr/relay_list.ts";
import { checkRelayUrl } from "../nostr/relay_url.ts";
import { isNewer } from "../nostr/versions.ts";
import type { ProbeAnswer, RelayProber } from "./relay_prober.ts";

/** What others need of a person: profile, follow list, relay list, relays for messages. */
export const CHECKED_KINDS: readonly number[] = [
  0,
  FOLLOW_LIST_KIND,
  RELAY_LIST_KIND,
  DM_LIST_KIND,
];

/** What relays have of somebody's lists. */
export interface ListVersions {
  /** The newest version of each kind that any relay has. */
  readonly newest: ReadonlyMap<number, NostrEvent>;
  /** What each relay answered, in the order in which they were asked. */
  readonly answers: ReadonlyMap<string, ProbeAnswer>;
}

/** Most relays that are asked: a list may name very many. */
const MAX_RELAYS = 60;

/** Asks relays for somebody's lists, and the relays that these lists name. */
export async function collectLists(
  prober: Pick<RelayProber, "ask">,
  pubkey: string,
  first: readonly string[],
  policy: RelayUrlPolicy | undefined,
  signal: AbortSignal,
): Promise<ListVersions> {
  const answers = new Map<string, ProbeAnswer>();
  let next = [...new Set(first)];
  let newest = new Map<number, NostrEvent>();
  while (next.length > 0) {
    const filter = { kinds: [...CHECKED_KINDS], authors: [pubkey] };
    const round = await Promise.all(next.map((url) => prober.ask(url, [filter], signal)));
    signal.throwIfAborted();
    for (const answer of round) answers.set(answer.url, answer);
    newest = newestOf([...answers.values()]);
    const named = [...newest.values()].flatMap(relaysOf)
      .flatMap((value) => checkRelayUrl(value, policy).url ?? []);
    next = [...new Set(named)].filter((url) => !answers.has(url))
      .slice(0, MAX_RELAYS - answers.size);
  }
  return { newest, answers };
}

/** The newest version of each kind. */
function newestOf(answers: readonly ProbeAnswer[]): Map<number, NostrEvent> {
  const newest = new Map<number, NostrEvent>();
  for (const event of answers.flatMap(({ events }) => events)) {
    const other = newest.get(event.kind);
    if (!other || isNewer(event, other)) newest.set(event.kind, event);
  }
  return newest;
}

/** The relays that a list names. */
function relaysOf(event: NostrEvent): readonly string[] {
  if (event.kind !== RELAY_LIST_KIND && event.kind !== DM_LIST_KIND) return [];
  const { write, read } = parseRelayList(event, { policy: ANY_RELAY });
  return [...write, ...read];
}
