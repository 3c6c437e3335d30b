/**
 * What it means where an event is, and what to do about it. Pure.
 *
 * @module
 */

import type { EventPlaces, WhyRelay } from "./event_places.ts";
import { type Finding, unansweredList } from "./finding.ts";
import { dateTime, many } from "./text.ts";

/** Where a stranger to the event would look for it. */
const READ_AT: readonly string[] = ["reader"];
/** Where it belongs by its author's own list. */
const OWN: readonly string[] = ["outbox", "spread", "private", "group", "named"];
/** Where it belongs by the lists of those whom it names. */
const INBOXES: readonly string[] = ["inbox", "dm"];

/** The findings, the most important first. */
export function eventFindings(report: EventPlaces): Finding[] {
  const { event, deletion, relays } = report;
  const unknown = relays.filter(({ answer }) => answer === "unknown");
  if (!event) return [notFound(relays, unknown), ...aboutAuthor(report)];
  return [
    ...deletion
      ? [
        wrong(
          "deleted",
          `Its author asked for its deletion on ${dateTime(deletion.created_at)} (NIP-09).`,
        ),
      ]
      : [],
    ...report.isExpired
      ? [wrong("expired", "It has expired (NIP-40): relays and apps drop it.")]
      : [],
    ...report.refusal === undefined
      ? []
      : [wrong("nowhere", `By the rules it goes nowhere: ${report.refusal}.`)],
    ...aboutAuthor(report),
    ...aboutPlace(relays, OWN, "own", "its author's relays", "Publish it again: outbox publish."),
    ...aboutPlace(
      relays,
      INBOXES,
      "inbox",
      "the inboxes of those whom it names",
      "They may not hear of it: publish it again.",
    ),
    ...aboutBlocks(relays),
    ...aboutReaders(relays),
  ];
}

/** Whether the user who reads has blocked a relay that has it. */
function aboutBlocks(relays: readonly WhyRelay[]): Finding[] {
  const blocked = relays.filter(({ places, answer }) =>
    answer === "has" && places.includes("blocked")
  );
  if (blocked.length === 0) return [];
  return [{
    level: "unsure",
    code: "blocked",
    text: `The user blocks ${urls(blocked)} (kind 10006), where it is.`,
    advice: "Their app does not ask there, unless they take the relay off that list.",
  }];
}

function notFound(relays: readonly WhyRelay[], unknown: readonly WhyRelay[]): Finding {
  const proved = relays.filter(({ answer, proof }) =>
    answer === "lacks" && (proof === "finish" || proof === "drained")
  );
  const lacking = relays.filter(({ answer }) => answer === "lacks");
  const text =
    `No relay that answered has it: ${many(lacking.length, "relay does", "relays do")} ` +
    `not, ${proved.length} of them by proof.`;
  if (unknown.length === 0) return wrong("nowhere-found", text);
  return {
    level: "unsure",
    code: "nowhere-found",
    text: `${text} ${many(unknown.length, "relay", "relays")} did not answer, and may have it.`,
    advice: "Try again later, or name a relay that may have it: --relay wss://….",
  };
}

function aboutAuthor(
  { author, hasList, isUnanswered }: Pick<EventPlaces, "author" | "hasList" | "isUnanswered">,
): Finding[] {
  if (author === undefined) {
    return [{
      level: "unsure",
      code: "no-author",
      text: "Nobody knows who wrote it, and so where it belongs.",
      advice: "Give a nevent code, which names the author, instead of a note code.",
    }];
  }
  if (hasList) return [];
  if (isUnanswered) return [unansweredList("its author's")];
  return [{
    level: "wrong",
    code: "no-list",
    text: "Its author has no relay list (kind 10002) that anybody found: apps guess where to look.",
    advice: "The author should publish one.",
  }];
}

/** Whether it is where it belongs. */
function aboutPlace(
  relays: readonly WhyRelay[],
  places: readonly string[],
  code: string,
  where: string,
  advice: string,
): Finding[] {
  const here = relays.filter((relay) =>
    relay.places.some((place) => places.includes(place)) && relay.answer !== "refused"
  );
  if (here.length === 0) return [];
  const having = here.filter(({ answer }) => answer === "has");
  const lacking = here.filter(({ answer }) => answer === "lacks" || answer === "older");
  const text = `It is at ${having.length} of ${here.length} of ${where}` +
    `${lacking.length > 0 ? `; not at ${urls(lacking)}` : ""}.`;
  if (having.length === here.length) return [{ level: "good", code, text }];
  if (having.length === 0 && lacking.length > 0) return [{ level: "wrong", code, text, advice }];
  return [{ level: "unsure", code, text, ...lacking.length > 0 ? { advice } : {} }];
}

/** Whether an app that follows the lists would find it. */
function aboutReaders(relays: readonly WhyRelay[]): Finding[] {
  const asked = relays.filter(({ places }) => places.some((place) => READ_AT.includes(place)));
  if (asked.length === 0) return [];
  const having = asked.filter(({ answer }) => answer === "has");
  const text = `An app that reads its author by the outbox model asks ${urls(asked)}`;
  if (having.length > 0) {
    return [{
      level: "good",
      code: "reader",
      text: `${text}: ${having.length === asked.length ? "each has" : `${urls(having)} has`} it.`,
      advice: "If an app does not show it, it asks elsewhere, or hides it (mutes, filters).",
    }];
  }
  const elsewhere = relays.filter(({ answer }) => answer === "has");
  return [{
    level: "wrong",
    code: "reader",
    text: `${text}: none of these has it, but ${urls(elsewhere)}.`,
    advice: "That is why it is not seen. Publish it again: outbox publish.",
  }];
}

/** Most relays that a sentence names. */
const MAX_NAMED = 3;

function urls(relays: readonly WhyRelay[]): string {
  const named = relays.slice(0, MAX_NAMED).map(({ url }) => url);
  const more = relays.length - named.length;
  return more > 0 ? `${named.join(", ")} and ${more} more` : named.join(" and ");
}

function wrong(code: string, text: string): Finding {
  return { level: "wrong", code, text };
}
