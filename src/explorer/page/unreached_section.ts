/**
 * The section about those who are not asked for at relays of their own.
 *
 * @module
 */
import { fill, h } from "./dom.ts";
import type { ExplorerState } from "./explorer_state.ts";
import { count, many, percent } from "./format.ts";
import { peopleList } from "./people_list.ts";
import { unreachedGroups } from "./unreached.ts";

/** One part for each reason, which opens to the people. */
export function unreachedSection(state: ExplorerState): HTMLElement {
  const body = h("div", { class: "reasons", id: "unreached" });
  let opened = new Set<string>();
  const show = () => {
    const { data, plan } = state;
    opened = new Set([...body.querySelectorAll("details[open]")].map((it) => it.id));
    const groups = unreachedGroups(data, plan);
    const sum = groups.reduce((sum, { people }) => sum + people.length, 0);
    fill(
      body,
      h(
        "p",
        {},
        sum === 0
          ? "Everybody is asked for at relays of their own."
          : `${many(sum, "person", "people")} (${
            percent(sum, data.people.length)
          }) may be missing ` +
            "from what the app shows.",
      ),
      ...groups.map(({ title, text, isNobody, people }, i) => {
        const id = `reason-${i}`;
        const list = h("div", {});
        const fillList = () => {
          if (list.childElementCount === 0) list.append(peopleList(state, people));
        };
        const isOpen = opened.has(id);
        if (isOpen) fillList();
        return h(
          "details",
          {
            id,
            open: isOpen,
            ontoggle: (event: Event) => {
              if ((event.currentTarget as HTMLDetailsElement).open) fillList();
            },
          },
          h(
            "summary",
            {},
            h("span", { class: `swatch fill-${isNobody ? "none" : "guess"}` }),
            h("span", { class: "reason-title" }, title),
            h("b", { class: "number" }, count(people.length)),
          ),
          h("p", {}, text),
          list,
        );
      }),
    );
  };
  state.on("rest", show);
  state.on("data", show);
  show();
  return body;
}
