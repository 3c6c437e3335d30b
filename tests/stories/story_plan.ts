/**
 * Plans the request or the event of a story, and writes the plan as stories do.
 *
 * @module
 */

import { normalizeRelayUrl } from "../../src/nostr/relay_url.ts";
import type { Unrouted } from "../../src/nostr/unrouted.ts";
import type { EventPlan } from "../../src/plan/event_plan.ts";
import { placeEvent } from "../../src/plan/plan_event.ts";
import { type PlanSettings, planSettings } from "../../src/plan/plan_options.ts";
import { planParts, type ReqPlan } from "../../src/plan/plan_req.ts";
import { reqParts } from "../../src/plan/req_parts.ts";
import type { Story } from "./story.ts";
import { filterText, nameOf, relayText } from "./story_words.ts";

/** The lines of the plan of a story. */
export function planLines(story: Story): string[] {
  const settings = settingsOf(story);
  if (story.event) return eventLines(placeEvent(story.event, story.knowledge, settings));
  return reqLines(story, planParts(reqParts(story.filters), story.knowledge, settings).plan);
}

/** The options of a story as settings, which refuse what the user has blocked. */
function settingsOf({ options, blocked }: Story): PlanSettings {
  const settings = planSettings(options);
  const refused = blocked.map((url) => normalizeRelayUrl(url));
  return {
    ...settings,
    check: (value, use) => {
      const found = settings.check(value, use);
      return refused.includes(found.url) && use !== "group" ? { reason: "blocked" } : found;
    },
  };
}

function reqLines({ filters }: Story, { routes, subjects, unrouted }: ReqPlan): string[] {
  const asked = [...routes].flatMap(([url, filters]) =>
    filters.map((filter) => `=> ${relayText(url)}: ${filterText(filter)}`)
  );
  const reasons = subjects.map(({ subject, role, reason, skipped }) => {
    const others = skipped.map(({ url, reason }) => `${relayText(url)} (${reason})`);
    const rest = others.length > 0 ? `; skipped ${others.join(", ")}` : "";
    return `why: ${role === "group" ? subject : nameOf(subject)} (${role}): ${reason}${rest}`;
  });
  const missed = unrouted.map(({ pubkey, filter, reason }) =>
    `unrouted: ${pubkey ? nameOf(pubkey) : filterText(filters[filter!])} (${reason})`
  );
  return [...asked, ...reasons, ...missed];
}

function eventLines({ reasons, inboxes, skipped, unrouted, refusal }: EventPlan): string[] {
  const at = (urls: readonly string[]) => urls.map(relayText).join(" ");
  return [
    ...[...reasons].map(([url, reason]) => `=> ${relayText(url)} (${reason})`),
    ...[...inboxes].map(([user, urls]) => `reaches: ${nameOf(user)} at ${at(urls)}`),
    ...[...skipped].map(([user, urls]) => `skipped: ${at(urls)} of ${nameOf(user)}`),
    ...unrouted.map(({ pubkey, reason }: Unrouted) =>
      `unrouted: ${pubkey ? nameOf(pubkey) : "the event"} (${reason})`
    ),
    ...refusal === undefined ? [] : [`refused: ${refusal}`],
  ];
}
