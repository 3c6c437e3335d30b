/**
 * Hints in a follow list (kind 3, NIP-02).
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { parseJson } from "../base/parse_json.ts";
import { FOLLOW_LIST_KIND } from "../nostr/kinds.ts";
import type { HintReader } from "./hint.ts";
import { HintList } from "./hint_list.ts";

/** Most tags that are looked at; a list of more is cut. */
const MAX_TAGS = 5_000;

/** Longest content that is read, in characters; a map of 500 relays has half of that. */
const MAX_CONTENT = 65_536;

/**
 * Reads kind 3: the relay map that older clients put into the content is about the
 * author, less those with `write: false`; the third element of a `p` tag is about the
 * one who is followed. Other kinds hold none.
 */
export const followListHints: HintReader<NostrEvent> = {
  source: "follows",
  read({ kind, pubkey, content, tags }) {
    if (kind !== FOLLOW_LIST_KIND) return [];
    const hints = new HintList("follows");
    for (const url of writtenTo(content)) hints.addPerson(pubkey, url);
    for (let i = 0; i < tags.length && i < MAX_TAGS; i++) {
      const tag: readonly unknown[] = tags[i];
      if (Array.isArray(tag) && tag[0] === "p") hints.addPerson(tag[1], tag[2]);
    }
    return hints.all();
  },
};

function writtenTo(content: string): string[] {
  if (content.length > MAX_CONTENT || !content.startsWith("{")) return [];
  // It is no map where the content has another meaning, or was cut.
  return Object.entries<{ write?: unknown } | null>(Object(parseJson(content)))
    .filter(([, use]) => use?.write !== false)
    .map(([url]) => url);
}
