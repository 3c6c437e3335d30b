/**
 * Asks relays for somebody's newest posts.
 *
 * @module
 */

import { checkRelayUrl } from "../nostr/relay_url.ts";
import { refusedRelays } from "./refused_relays.ts";
import type { Session } from "./session.ts";
import type { Terminal } from "./terminal.ts";
import type { PersonPlace, WhyPersonSource } from "./why_person_report.ts";
import { MAX_POSTS } from "./why_person_report.ts";

/** What counts as a post: notes, reposts, comments, pictures, videos, articles. */
const POST_KINDS = [1, 6, 16, 20, 21, 22, 1111, 30023];

/** Asks the relays where somebody's posts should be, and some where they may be. */
export async function findPosts(
  { outbox, prober, settings }: Session,
  pubkey: string,
  terminal: Pick<Terminal, "progress">,
  signal: AbortSignal,
): Promise<WhyPersonSource> {
  await outbox.discover([pubkey], { signal });
  const list = (await outbox.store.get([pubkey], { signal })).get(pubkey);
  const { plan, missingLists } = await outbox.explain([{ kinds: POST_KINDS, authors: [pubkey] }]);
  const places = new Map<string, PersonPlace[]>();
  const add = (value: string, place: PersonPlace) => {
    const { url } = checkRelayUrl(value, settings.policy);
    if (url !== undefined) places.set(url, [...places.get(url) ?? [], place]);
  };
  for (const url of list?.write ?? []) add(url, "write");
  for (const url of plan.routes.keys()) add(url, "reader");
  for (const url of settings.fallbackRelays ?? []) add(url, "fallback");
  const filter = { kinds: POST_KINDS, authors: [pubkey], limit: MAX_POSTS };
  const bar = terminal.progress("Relays", places.size);
  let answered = 0;
  try {
    const answers = await Promise.all([...places.keys()].map(async (url) => {
      const answer = await prober.ask(url, [filter], signal);
      bar.update(++answered);
      return answer;
    }));
    signal.throwIfAborted();
    const refused = refusedRelays(list, settings.policy);
    const isUnanswered = missingLists.some(({ reason }) => reason === "not-answered");
    return { pubkey, hasList: list !== undefined, isUnanswered, refused, places, answers };
  } finally {
    bar.close();
  }
}
