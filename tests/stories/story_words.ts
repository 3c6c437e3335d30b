/**
 * The words of stories: how they name kinds, keys of filters, people and relays.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";

/** What filters ask for, and its kind. */
export const NOUNS: Readonly<Record<string, number | undefined>> = {
  profiles: 0,
  posts: 1,
  messages: 9,
  "gift wraps": 1059,
  drafts: 31234,
  events: undefined,
};

/** What is published, and its kind. */
export const PUBLISHED: Readonly<Record<string, number>> = {
  profile: 0,
  post: 1,
  message: 9,
  "gift wrap": 1059,
  "relay list": 10002,
  draft: 31234,
};

/** The conditions of filters and the tags of events; `r` is for relay lists alone. */
export const CLAUSES: Readonly<Record<string, string>> = {
  of: "authors",
  for: "#p",
  mentioning: "#p",
  "in group": "#h",
  "with id": "ids",
  "replying to": "#e",
  quoting: "#q",
  tagged: "#t",
  containing: "search",
  naming: "r",
};

/** Keys whose values are names of people or events. */
const ID_KEYS = ["authors", "#p", "ids", "#e", "#q"];

/** The pubkey or event id of a name; ids sort as their names do. */
export function idOf(name: string): string {
  return [...name].map((letter) => letter.charCodeAt(0).toString(16)).join("").padEnd(64, "0");
}

/** The name of a pubkey or event id. */
export function nameOf(id: string): string {
  return (id.match(/../g) ?? []).map((byte) => String.fromCharCode(parseInt(byte, 16))).join("")
    .replaceAll("\0", "");
}

/** The value of a key that a word stands for. */
export function valueOf(key: string, word: string): string {
  return ID_KEYS.includes(key) ? idOf(word) : word;
}

/** A relay as stories write it: without the slash at the end of a host. */
export function relayText(url: string): string {
  return url.replace(/^(wss?:\/\/[^/]+)\/$/, "$1");
}

/** A filter as stories write it. */
export function filterText(filter: NostrFilter): string {
  const { kinds, ...conditions } = filter;
  const [noun] = Object.entries(NOUNS).find(([, kind]) => kind === kinds?.[0])!;
  const clauses = Object.entries(conditions).map(([key, value]) => {
    const clause = key === "#p" && noun !== "gift wraps"
      ? "mentioning"
      : Object.keys(CLAUSES).find((clause) => CLAUSES[clause] === key)!;
    const words = [value as string | string[]].flat()
      .map((word) => ID_KEYS.includes(key) ? nameOf(word) : word);
    return ` ${clause} ${words.join(", ")}`;
  });
  return noun + clauses.join("");
}
