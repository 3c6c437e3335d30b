/**
 * What the page says of a relay. Pure.
 *
 * @module
 */

import type { ExplorerRelay } from "../explorer_data.ts";
import { ago, count, duration, many, percent, span } from "./format.ts";
import { failureText, PROOF_TEXTS } from "./reasons.ts";

/** What state a relay is in: `unknown` if it was never tried. */
export type RelayState = "works" | "fails" | "backing-off" | "unknown" | "refused";

/** The state of a relay, as far as it is known. */
export function relayState({ health, isRefused }: ExplorerRelay): RelayState {
  return isRefused ? "refused" : health?.state ?? "unknown";
}

/** A word for each state. */
export const STATE_NAMES: Readonly<Record<RelayState, string>> = {
  "works": "works",
  "fails": "fails",
  "backing-off": "backs off",
  "unknown": "not tried",
  "refused": "refused",
};

function rounded(weight: number): string {
  return `${Math.round(weight * 100) / 100}`;
}

/** What is known of a relay's health, one fact a line: a name, and a text. */
export function relayFacts(
  relay: ExplorerRelay,
  now: number,
): readonly (readonly [name: string, text: string])[] {
  const { health, weight = 1, isRefused } = relay;
  const facts: [string, string][] = [];
  if (isRefused) facts.push(["Refused", "by the app's own rule, or the user blocks it"]);
  if (!health) {
    return [...facts, ["Health", "never tried by this app"], ["Weight", rounded(weight)]];
  }
  const { state, attempts, successes, failures, connectMs, eoseMs, delivers, retryAt } = health;
  const { lastSuccess, lastFailure, downSince, learnedOf, events, proof, wantsSignIn } = health;
  const until = retryAt === undefined ? "" : `, tried again in ${span(retryAt - now)}`;
  const since = downSince === undefined ? "" : ` since ${span(now - downSince)}`;
  facts.push(["State", `${STATE_NAMES[state]}${since}${until}`]);
  facts.push(["Connects", `${count(successes)} of ${many(attempts, "attempt")}`]);
  if (connectMs !== undefined) facts.push(["Time to connect", duration(connectMs)]);
  if (eoseMs !== undefined) facts.push(["Time to answer", duration(eoseMs)]);
  if (delivers !== undefined) {
    const of = learnedOf === undefined ? "" : `, learned of ${many(learnedOf, "person", "people")}`;
    facts.push(["Delivers", `${percent(delivers, 1)} of what others have${of}`]);
  }
  if (events > 0) facts.push(["Sent", many(events, "event")]);
  if (lastSuccess !== undefined) facts.push(["Last worked", ago(lastSuccess, now)]);
  if (lastFailure !== undefined) facts.push(["Last failed", ago(lastFailure, now)]);
  const ways = Object.entries(failures).map(([way, times]) =>
    `${count(times)} × ${failureText(way)}`
  );
  if (ways.length > 0) facts.push(["Failures", ways.join(", ")]);
  if (proof !== undefined) facts.push(["Last answer", PROOF_TEXTS[proof]]);
  if (wantsSignIn) facts.push(["Sign-in", "it wants its users to sign in"]);
  return [...facts, ["Weight", rounded(weight)]];
}
