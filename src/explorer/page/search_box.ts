/**
 * The search for a person or a relay: a combobox.
 *
 * @module
 */
import { fill, h } from "./dom.ts";
import type { ExplorerState, Selection } from "./explorer_state.ts";
import { type Match, MatchFinder } from "./find_matches.ts";
import { host, npub, personName } from "./format.ts";

const MAX_MATCHES = 8;

/** The search box. `/` focuses it. */
export function searchBox(state: ExplorerState): HTMLElement {
  const list = h("ul", { id: "matches", role: "listbox", "aria-label": "Matches", hidden: true });
  const input = h("input", {
    type: "search",
    id: "search",
    placeholder: "Find a person or relay",
    "aria-label": "Find a person or relay",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    dir: "auto",
    maxlength: 2000,
    "aria-controls": "matches",
    "aria-expanded": "false",
    "aria-autocomplete": "list",
  });
  let finder: MatchFinder | undefined;
  let matches: readonly Match[] = [];
  let active = 0;

  const show = () => {
    state.setSearch(input.value);
    finder ??= new MatchFinder(state.data);
    matches = finder.find(input.value, MAX_MATCHES);
    active = 0;
    draw();
  };
  const draw = () => {
    const isOpen = input.value.trim() !== "";
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", `${isOpen}`);
    if (matches.length > 0) input.setAttribute("aria-activedescendant", `match-${active}`);
    else input.removeAttribute("aria-activedescendant");
    const none = h("li", { class: "nobody" }, "Nobody of this name or key");
    const items = matches.map((match, i) =>
      h(
        "li",
        {
          id: `match-${i}`,
          role: "option",
          "aria-selected": `${i === active}`,
          // Before the input loses the focus.
          onpointerdown: (event: Event) => event.preventDefault(),
          onclick: () => choose(match),
        },
        ...matchText(state, match),
      )
    );
    fill(list, ...(items.length > 0 ? items : [none]));
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const clear = () => {
    input.value = "";
    matches = [];
    close();
    state.setSearch("");
  };
  const choose = (match: Match) => {
    clear();
    state.select(selectionOf(state, match));
    document.getElementById("details")?.scrollIntoView({ block: "nearest" });
  };
  input.addEventListener("input", show);
  input.addEventListener("focus", show);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      // The page would let go of what is selected.
      if (input.value !== "") event.stopPropagation();
      clear();
    } else if (event.key === "Enter" && matches[active]) choose(matches[active]);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (matches.length > 0) active = (active + step + matches.length) % matches.length;
      draw();
    }
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement;
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
  });
  state.on("data", () => finder = undefined);
  state.on("search", () => {
    if (input.value === state.search) return;
    input.value = state.search;
    if (state.search === "") close();
    else show();
  });
  return h("div", { class: "search" }, input, list);
}

function matchText({ data, plan }: ExplorerState, match: Match): Node[] {
  if ("relay" in match) {
    return [
      h("span", { class: "cut" }, host(data.relays[match.relay].url)),
      h("small", {}, "relay"),
    ];
  }
  const person = data.people[match.person];
  return [
    h("span", { class: `swatch fill-${plan.people[match.person].reach}` }),
    h("span", { class: "cut", dir: "auto" }, personName(person)),
    h("small", {}, person.name === undefined ? "" : `${npub(person.pubkey).slice(0, 12)}…`),
  ];
}

function selectionOf({ data }: ExplorerState, match: Match): Selection {
  return "relay" in match
    ? { relay: data.relays[match.relay].url }
    : { person: data.people[match.person].pubkey };
}
