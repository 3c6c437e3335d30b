/**
 * Says where somebody's newest posts are, and where they should be. Pure.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { AnswerProof } from "../nostr/answer_proof.ts";
import type { RefusedRelay } from "../nostr/relay_policy.ts";
import { isNewer } from "../nostr/versions.ts";
import { type Finding, unansweredList } from "./finding.ts";
import type { ProbeAnswer, ProbeFailure } from "./relay_prober.ts";
import { many } from "./text.ts";

/** Why a relay was asked. */
export type PersonPlace = "write" | "reader" | "fallback";

/** A relay, and how many of the newest posts it has. */
export interface PersonRelay {
  readonly url: string;
  readonly places: readonly PersonPlace[];
  /** How many of the newest posts it has. */
  readonly held: number;
  /** When its newest post was written, in Unix seconds; absent if it has none. */
  readonly newest?: number;
  /** How far its answer can be believed. */
  readonly proof: AnswerProof;
  readonly failure?: ProbeFailure;
}

/** What a report is made of. */
export interface WhyPersonSource {
  readonly pubkey: string;
  /** Whether they have a relay list that anybody found. */
  readonly hasList: boolean;
  /** Whether too few relays answered the search for it. */
  readonly isUnanswered: boolean;
  /** Relays of their list that are not connected to. */
  readonly refused: readonly RefusedRelay[];
  readonly places: ReadonlyMap<string, readonly PersonPlace[]>;
  readonly answers: readonly ProbeAnswer[];
}

/** Where somebody's posts are. */
export interface WhyPersonReport {
  readonly pubkey: string;
  /** The newest posts that any relay has, at most {@link MAX_POSTS}. */
  readonly posts: readonly NostrEvent[];
  readonly relays: readonly PersonRelay[];
  /** Relays of their list that are not connected to. */
  readonly refused: readonly RefusedRelay[];
  readonly findings: readonly Finding[];
}

/** The most posts that are compared. */
export const MAX_POSTS = 20;

/** Makes a report. */
export function whyPersonReport(source: WhyPersonSource): WhyPersonReport {
  const { pubkey, refused, places, answers } = source;
  const all = new Map(answers.flatMap(({ events }) => events.map((event) => [event.id, event])));
  const posts = [...all.values()].sort((a, b) => isNewer(a, b) ? -1 : 1).slice(0, MAX_POSTS);
  const ids = new Set(posts.map(({ id }) => id));
  const relays = answers.map(({ url, events, proof, failure }): PersonRelay => ({
    url,
    places: places.get(url) ?? [],
    held: events.filter(({ id }) => ids.has(id)).length,
    ...events.length > 0 ? { newest: Math.max(...events.map(({ created_at }) => created_at)) } : {},
    proof,
    ...failure ? { failure } : {},
  })).sort((a, b) => b.held - a.held || (a.url < b.url ? -1 : 1));
  const report = { pubkey, posts, relays, refused };
  return { ...report, findings: findings(report, source) };
}

function findings(
  { posts, relays, refused }: Omit<WhyPersonReport, "findings">,
  { hasList, isUnanswered, answers }: WhyPersonSource,
): Finding[] {
  const found: Finding[] = [];
  if (!hasList && isUnanswered) found.push(unansweredList("their"));
  else if (!hasList) {
    found.push({
      level: "wrong",
      code: "no-list",
      text: "They have no relay list (kind 10002) that anybody found: apps guess where to look.",
      advice: "They should publish one, with 2 to 4 relays.",
    });
  }
  const own = relays.filter(({ places }) => places.includes("write"));
  const failed = own.filter(({ failure }) => failure);
  for (const { url, failure } of failed) {
    found.push({
      level: "wrong",
      code: "unreachable",
      text: `${url} of their list does not answer: ${failure!.reason}, ${failure!.text}.`,
    });
  }
  for (const { url, reason } of refused) {
    const text = `${url} of their list is no relay that apps connect to (${reason}).`;
    found.push({ level: "wrong", code: "refused", text });
  }
  const behind = own.filter(({ failure, held }) => !failure && held < posts.length);
  for (const { url, held } of behind) {
    const lacking = posts.length - held;
    found.push({
      level: "unsure",
      code: "behind",
      text: `${url} of their list lacks ${lacking} of their newest ${
        many(posts.length, "post", "posts")
      }.`,
    });
  }
  found.push(...readerFinding(posts, relays, answers));
  return found;
}

/** What an app finds that asks where the lists say. */
function readerFinding(
  posts: readonly NostrEvent[],
  relays: readonly PersonRelay[],
  answers: readonly ProbeAnswer[],
): Finding[] {
  if (posts.length === 0) {
    return [{
      level: relays.every(({ failure }) => failure) ? "unsure" : "wrong",
      code: "no-posts",
      text: "No relay that answered has a post of theirs.",
    }];
  }
  const asked = new Set(
    relays.filter(({ places }) => places.includes("reader")).map(({ url }) => url),
  );
  const held = new Set(
    answers.filter(({ url }) => asked.has(url)).flatMap(({ events }) => events.map(({ id }) => id)),
  );
  const seen = posts.filter(({ id }) => held.has(id)).length;
  const text =
    `An app that follows the lists asks ${[...asked].join(" and ")}, and finds ${seen} ` +
    `of their newest ${many(posts.length, "post", "posts")}.`;
  if (seen === posts.length) return [{ level: "good", code: "reader", text }];
  return [{
    level: "wrong",
    code: "reader",
    text,
    advice: "Posts that are missing there are seen by few. Their author can publish them again.",
  }];
}
