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

/** Most tags that are read of one list. */
const MAX_TAGS = 5_000;

/** Most characters of content that are read; a map of 500 relays has half as many. */
const MAX_CONTENT_LENGTH = 65_536;

/**
 * Reads kind 3. The relay map that older clients put into the content is about the author;
 * relays with `write: false` are left out. The third element of a `p` tag is about the
 * followed person. Other kinds hold no such hints.
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
  if (content.length > MAX_CONTENT_LENGTH || !content.startsWith("{")) return [];
  // Content with another meaning, or cut short, is no map.
  return Object.entries<{ write?: unknown } | null>(Object(parseJson(content)))
    .filter(([, use]) => use?.write !== false)
    .map(([url]) => url);
}
