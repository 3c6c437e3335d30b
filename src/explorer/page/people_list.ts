/**
 * A list of people, each a button that selects them; long lists grow on demand.
 *
 * @module
 */
import { h } from "./dom.ts";
import type { ExplorerState } from "./explorer_state.ts";
import { count, personName } from "./format.ts";

/** How many people are listed at first, and how many more each time. */
const PAGE = 40;

/** The people of these indexes. */
export function peopleList(state: ExplorerState, people: readonly number[]): HTMLElement {
  const list = h("ul", { class: "people" });
  const more = h("button", { type: "button", class: "more" });
  let shown = 0;
  const grow = () => {
    for (const index of people.slice(shown, shown + PAGE)) list.append(item(state, index));
    shown = Math.min(people.length, shown + PAGE);
    more.hidden = shown === people.length;
    more.textContent = `Show ${count(Math.min(PAGE, people.length - shown))} more of ` +
      `${count(people.length - shown)}`;
  };
  more.addEventListener("click", grow);
  grow();
  return h("div", {}, list, more);
}

function item(state: ExplorerState, index: number): HTMLElement {
  const { data, plan } = state;
  const person = data.people[index];
  return h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        class: "person",
        onclick: () => state.select({ person: person.pubkey }),
      },
      h("span", { class: `swatch fill-${plan.people[index].reach}` }),
      h("span", { class: "cut", dir: "auto" }, personName(person)),
    ),
  );
}
