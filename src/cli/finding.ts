/**
 * What a look at relays found, and what to do about it. Pure.
 *
 * @module
 */

import type { Drawing } from "./streams.ts";

/** One thing that was found. */
export interface Finding {
  /** `wrong` should be changed, `unsure` could not be found out, or is a matter of taste. */
  readonly level: "good" | "unsure" | "wrong";
  /** What it is about, for programs: stays the same however the text changes. */
  readonly code: string;
  /** What was found: a sentence. */
  readonly text: string;
  /** What to do: a sentence; absent if there is nothing to do. */
  readonly advice?: string;
}

/** That a relay list was looked for, and could not be: it says nothing of whoever should have it. */
export function unansweredList(whose: string): Finding {
  return {
    level: "unsure",
    code: "no-list",
    text:
      `Whether there is ${whose} relay list (kind 10002) is not known: too few relays answered.`,
    advice: "Try again later, or name relays that collect lists: --indexer wss://….",
  };
}

/** One line for each finding, and one for what to do. */
export function findingsText(findings: readonly Finding[], { colors }: Drawing): string {
  const marks = { good: colors.green("✓"), unsure: colors.yellow("?"), wrong: colors.red("✗") };
  return findings.map(({ level, text, advice }) =>
    `${marks[level]} ${text}${advice === undefined ? "" : `\n  ${colors.dim(`→ ${advice}`)}`}`
  ).join("\n");
}
