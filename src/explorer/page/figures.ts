/**
 * The figures of the plan, which are also the legend of every picture.
 *
 * @module
 */
import { fill, h } from "./dom.ts";
import type { ExplorerState } from "./explorer_state.ts";
import { count, percent } from "./format.ts";
import { REACH_NAMES, REACH_TEXTS, REACHES } from "./reaches.ts";

/** One button for each way in which people are reached; it selects these people. */
export function figures(state: ExplorerState): HTMLElement {
  const cap = h("output", { class: "cap", id: "cap" });
  const numbers = REACHES.map((reach) => ({
    reach,
    number: h("b", { class: "number", "data-count": reach }),
    share: h("span", { class: "share" }),
  }));
  const buttons = numbers.map(({ reach, number, share }) =>
    h(
      "button",
      {
        type: "button",
        class: "figure",
        "data-reach": reach,
        title: REACH_TEXTS[reach],
        "aria-pressed": "false",
        onclick: () => {
          const isSelected = isReach(state, reach);
          state.select(isSelected ? undefined : { reach });
        },
      },
      h("span", { class: `swatch fill-${reach}` }),
      h("span", { class: "name" }, REACH_NAMES[reach]),
      number,
      share,
    )
  );
  const sentence = h("p", { class: "lead" });
  const show = () => {
    const { counts, people, relays } = state.plan;
    cap.value = `${state.cap}`;
    const own = counts.several + counts.one;
    fill(
      sentence,
      h("strong", {}, percent(own, people.length)),
      ` of ${count(people.length)} people are asked at relays of their own, with at most `,
      cap,
      state.cap === 1 ? " relay" : " relays",
      relays.length < state.cap ? ` (${count(relays.length)} are enough).` : ".",
    );
    for (const { reach, number, share } of numbers) {
      number.textContent = count(counts[reach]);
      share.textContent = percent(counts[reach], people.length);
    }
  };
  const mark = () => {
    for (const [i, { reach }] of numbers.entries()) {
      buttons[i].setAttribute("aria-pressed", `${isReach(state, reach)}`);
    }
  };
  state.on("plan", show);
  state.on("data", show);
  state.on("selection", mark);
  show();
  return h("div", { class: "figures" }, sentence, h("div", { class: "legend" }, ...buttons));
}

function isReach({ selection }: ExplorerState, reach: string): boolean {
  return selection !== undefined && "reach" in selection && selection.reach === reach;
}
