/**
 * Puts posts into text. Pure.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { nameOf, type Names } from "./people.ts";
import { printable } from "./printable.ts";
import type { Drawing } from "./streams.ts";
import { dateTime } from "./text.ts";

/** Most characters of a post that are printed. */
const MAX_CONTENT = 5_000;

/** A post: when, who, and what, indented by some characters. */
export function postText(
  { pubkey, created_at, content, kind }: NostrEvent,
  names: Names,
  { colors }: Pick<Drawing, "colors">,
  indent = "",
): string {
  const what = kind === 1 ? "" : colors.dim(`  kind ${kind}`);
  const title = `${colors.dim(dateTime(created_at))}  ${colors.bold(nameOf(pubkey, names))}`;
  const lines = printable(content.slice(0, MAX_CONTENT)).trimEnd().replace(/^/gm, `${indent}    `);
  return `${indent}${title}${what}\n${lines}\n`;
}

/** An event as JSON in one line, its keys in the order of NIP-01, wherever it comes from. */
export function eventLine(
  { id, pubkey, created_at, kind, tags, content, sig }: NostrEvent,
): string {
  return JSON.stringify({ id, pubkey, created_at, kind, tags, content, sig });
}
