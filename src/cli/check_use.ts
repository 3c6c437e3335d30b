/**
 * What others' apps do with somebody's lists. Pure.
 *
 * @module
 */

import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import { planEvent } from "../plan/plan_event.ts";
import type { PlanOptions } from "../plan/plan_options.ts";
import { planReq } from "../plan/plan_req.ts";
import type { Finding } from "./finding.ts";

/** Somebody who is nobody: a stranger who writes to the person. */
const STRANGER = "f".repeat(64);

/** Where others read the person's posts, send replies, and private messages. */
export function useFindings(
  pubkey: string,
  knowledge: RelayKnowledge,
  options: PlanOptions,
): Finding[] {
  const known = new Map([[pubkey, knowledge]]);
  const readers = [...planReq([{ kinds: [1], authors: [pubkey] }], known, options).routes.keys()];
  const replies = planEvent(eventFor(1, pubkey), known, options).inboxes.get(pubkey) ?? [];
  const messages = planEvent(eventFor(1059, pubkey), known, options).inboxes.get(pubkey) ?? [];
  return [
    use("posts", "Others look for the posts at", readers),
    use("replies", "Replies and mentions go to", replies),
    ...messages.length > 0 ? [use("messages", "Private messages go to", messages)] : [],
  ];
}

function use(code: string, text: string, urls: readonly string[]): Finding {
  if (urls.length > 0) return { level: "good", code, text: `${text} ${urls.join(", ")}.` };
  return { level: "wrong", code, text: `${text} nobody's relay: the list names none to use.` };
}

/** An event of a stranger that tags the person; nobody signs or sends it. */
function eventFor(kind: number, pubkey: string) {
  const tags = [["p", pubkey]];
  return { kind, pubkey: STRANGER, tags, content: "", created_at: 0, id: "", sig: "" };
}
