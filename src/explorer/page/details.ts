/**
 * What is selected, in full: a relay, a person, or the people who are reached in one way.
 *
 * @module
 */
import type { ExplorerState } from "./explorer_state.ts";
import { fill, h } from "./dom.ts";
import { ago, count, host, many, minute, npub, personName } from "./format.ts";
import { peopleList } from "./people_list.ts";
import { REACH_NAMES, REACH_TEXTS } from "./reaches.ts";
import { MISSING_LIST_TEXTS, PROOF_TEXTS, relayReason } from "./reasons.ts";
import { relayFacts } from "./relay_facts.ts";
import { healthStrip, spanStrip } from "./strips.ts";

/** The panel beside the map. */
export function details(state: ExplorerState): HTMLElement {
  const body = h("div", { class: "details-body" });
  const status = h("p", { class: "unseen", role: "status" });
  const panel = h(
    "aside",
    { class: "details", id: "details", "aria-label": "Details" },
    status,
    body,
  );
  const show = () => {
    const { selection } = state;
    const isNothing = selection === undefined;
    if (isNothing) fill(body, ...introduction(state));
    else if ("relay" in selection) fill(body, ...relayDetails(state, selection.relay));
    else if ("person" in selection) fill(body, ...personDetails(state, selection.person));
    else {
      const people = state.plan.people.flatMap(({ reach }, i) =>
        reach === selection.reach ? [i] : []
      );
      fill(
        body,
        heading(state, REACH_NAMES[selection.reach]),
        h("p", {}, `${many(people.length, "person", "people")} ${REACH_TEXTS[selection.reach]}.`),
        peopleList(state, people),
      );
    }
  };
  state.on("selection", () => {
    show();
    body.scrollTop = 0;
    status.textContent = state.selection ? body.querySelector("h3")?.textContent ?? "" : "";
  });
  state.on("rest", show);
  state.on("data", show);
  show();
  return panel;
}

function introduction({ data, plan }: ExplorerState): Node[] {
  const [most] = [...plan.relays].sort((a, b) => b.people.length - a.people.length);
  const alone = plan.relays.reduce((sum, { alone }) => sum + alone, 0);
  return [
    h("h3", {}, "How to read the map"),
    h(
      "p",
      {},
      "Each disc is a relay that is asked, and each dot in it a person who is asked for there. " +
        "Whoever hangs on one relay alone lies in the middle of it. Discs that share people lie " +
        "near each other.",
    ),
    h(
      "p",
      {},
      "Choose a disc, a dot or a figure above to see who it is. With the keyboard: Tab to the map, " +
        "arrows from disc to disc, Tab again and arrows from dot to dot, Enter to choose, Escape to " +
        "let go, / to search.",
    ),
    h(
      "dl",
      { class: "facts" },
      ...fact("Relays asked", count(plan.relays.length)),
      ...fact("Relays known", count(data.relays.length)),
      ...fact("On one relay alone", many(alone, "person", "people")),
      ...(most && most.people.length > 0
        ? fact(
          "Busiest relay",
          `${host(data.relays[most.relay].url)}, ${many(most.people.length, "person", "people")}`,
        )
        : []),
    ),
  ];
}

function relayDetails(state: ExplorerState, url: string): Node[] {
  const { data, plan } = state;
  const index = data.relays.findIndex((relay) => relay.url === url);
  const relay = data.relays[index];
  if (relay === undefined) {
    return [heading(state, host(url)), h("p", {}, "This relay is not known any more.")];
  }
  const asked = plan.relays.find(({ relay }) => relay === index);
  const listers = data.people.flatMap(({ write }, i) => write?.includes(index) ? [i] : []);
  const people = asked?.people ?? listers;
  return [
    heading(state, host(url)),
    h(
      "p",
      {},
      asked
        ? `Asked for ${many(people.length, "person", "people")}, of whom ${count(asked.alone)} ` +
          `hang on it alone. ${many(listers.length, "person lists", "people list")} it.`
        : `Not asked. ${many(listers.length, "person lists", "people list")} it.`,
    ),
    h("dl", { class: "facts" }, ...relayFacts(relay, data.madeAt).flatMap((it) => fact(...it))),
    ...relay.health?.days
      ? [
        healthStrip(relay.health.days, data.madeAt),
        h("small", { class: "caption" }, "Connections in the last 30 days"),
      ]
      : [],
    h("h4", {}, asked ? "People" : "People who list it"),
    peopleList(state, people),
  ];
}

function personDetails(state: ExplorerState, pubkey: string): Node[] {
  const { data, plan } = state;
  const index = data.people.findIndex((person) => person.pubkey === pubkey);
  const person = data.people[index];
  if (person === undefined) {
    return [heading(state, pubkey), h("p", {}, "This person is not among the people any more.")];
  }
  const { relays, reach, reason } = plan.people[index];
  const skipped = state.planner.skipped(index, state.cap);
  const { feed, missing, write } = person;
  const why = missing ? ` (${MISSING_LIST_TEXTS[missing]})` : "";
  const listed = write === undefined
    ? `No relay list is known${why}.`
    : `Lists ${many(write.length, "relay")} to write to${why}.`;
  const left = reason === "cap" ? " None of them is among the chosen relays." : "";
  const spansOf = new Map(feed?.relays.map(([relay, , spans]) => [relay, spans]));
  return [
    heading(state, personName(person)),
    h("p", { class: "key" }, npub(pubkey)),
    h(
      "p",
      {},
      h("span", { class: `swatch fill-${reach}` }),
      ` ${REACH_NAMES[reach]}. ${listed}${left}`,
    ),
    h("h4", {}, relays.length === 0 ? "No relay is asked" : "Asked at"),
    h(
      "ul",
      { class: "plain" },
      ...relays.map((relay) => {
        const spans = spansOf.get(relay);
        return h(
          "li",
          {},
          relayButton(state, data.relays[relay].url),
          spans && spanStrip(spans, data.madeAt),
        );
      }),
    ),
    ...feed ? feedFacts(feed.complete, data.madeAt) : [],
    ...skipped.length === 0 ? [] : [
      h("h4", {}, "Listed, but not asked"),
      h(
        "ul",
        { class: "plain" },
        ...skipped.map(({ url, reason }) =>
          h("li", {}, relayButton(state, url), h("small", {}, relayReason(reason)))
        ),
      ),
    ],
  ];
}

function feedFacts(complete: readonly [number, number, string] | undefined, now: number): Node[] {
  const text = complete === undefined
    ? "Nothing is known to be complete."
    : `Complete from ${minute(complete[0])} to ${minute(complete[1])} (${
      ago(complete[1], now)
    }). ` +
      `The proof: ${PROOF_TEXTS[complete[2]]}.`;
  return [h("p", {}, text)];
}

function relayButton(state: ExplorerState, url: string): HTMLElement {
  const isKnown = state.data.relays.some((relay) => relay.url === url);
  if (!isKnown) return h("span", { class: "cut", title: url }, host(url).slice(0, 80));
  return h(
    "button",
    { type: "button", class: "link cut", title: url, onclick: () => state.select({ relay: url }) },
    host(url),
  );
}

function heading(state: ExplorerState, text: string): HTMLElement {
  return h(
    "div",
    { class: "details-head" },
    h("h3", { dir: "auto" }, text),
    h(
      "button",
      {
        type: "button",
        class: "close",
        "aria-label": "Close",
        onclick: () => state.select(undefined),
      },
      "×",
    ),
  );
}

function fact(name: string, text: string): Node[] {
  return [h("dt", {}, name), h("dd", {}, text)];
}
