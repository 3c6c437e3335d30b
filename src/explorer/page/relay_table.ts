/**
 * The table of relays: who is asked for there, and what they did.
 *
 * @module
 */
import { fill, h } from "./dom.ts";
import type { ExplorerState } from "./explorer_state.ts";
import { count, duration, host, percent } from "./format.ts";
import { STATE_NAMES } from "./relay_facts.ts";
import { type RelayRow, relayRows, sortedRows, type SortKey } from "./relay_rows.ts";
import { healthStrip } from "./strips.ts";

/** How many rows are shown at first, and how many more each time. */
const PAGE = 25;

const COLUMNS: readonly (readonly [key: SortKey | undefined, name: string, style: string])[] = [
  ["url", "Relay", ""],
  ["people", "People asked for", "wide"],
  ["listed", "Listed by", "num opt"],
  ["state", "State", ""],
  ["connectMs", "Connects in", "num opt"],
  ["eoseMs", "Answers in", "num opt"],
  ["delivers", "Delivers", "num"],
  [undefined, "Last 30 days", "opt"],
];

/** The table, with a choice between those that are asked and all. */
export function relayTable(state: ExplorerState): HTMLElement {
  let isAll = false;
  let key: SortKey = "people";
  let isDescending = true;
  let shown = PAGE;
  const asked = h("button", { type: "button" });
  const all = h("button", { type: "button" });
  const more = h("button", { type: "button", class: "more" });
  const heads = COLUMNS.map(([column, name, style]) => {
    const button = column === undefined
      ? name
      : h("button", { type: "button", class: "sort" }, name);
    if (column !== undefined) {
      (button as HTMLButtonElement).addEventListener("click", () => {
        isDescending = key === column ? !isDescending : column === "people" || column === "listed";
        key = column;
        show();
      });
    }
    return { column, head: h("th", { scope: "col", class: style }, button) };
  });
  const body = h("tbody");
  const table = h(
    "table",
    { id: "relays" },
    h("caption", { class: "unseen" }, "Relays"),
    h("thead", {}, h("tr", {}, ...heads.map(({ head }) => head))),
    body,
  );

  function show(): void {
    const { data, plan } = state;
    const rows = sortedRows(relayRows(data, plan, isAll), key, isDescending);
    const most = Math.max(1, ...plan.relays.map(({ people }) => people.length));
    asked.textContent = `Asked (${count(plan.relays.length)})`;
    all.textContent = `All (${count(data.relays.length)})`;
    asked.setAttribute("aria-pressed", `${!isAll}`);
    all.setAttribute("aria-pressed", `${isAll}`);
    for (const { column, head } of heads) {
      if (column === key) head.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    fill(body, ...rows.slice(0, shown).map((row) => tableRow(state, row, most)));
    more.hidden = rows.length <= shown;
    const next = Math.min(4 * PAGE, rows.length - shown);
    more.textContent = `Show ${count(next)} more of ${count(rows.length - shown)}`;
  }
  for (const [button, value] of [[asked, false], [all, true]] as const) {
    button.addEventListener("click", () => {
      isAll = value;
      key = value ? "listed" : "people";
      isDescending = true;
      shown = PAGE;
      show();
    });
  }
  more.addEventListener("click", () => {
    shown += 4 * PAGE;
    show();
  });
  state.on("rest", show);
  state.on("data", show);
  state.on("selection", () => markSelected(body, state));
  show();
  return h(
    "div",
    {},
    h("div", { class: "choice", role: "group", "aria-label": "Which relays" }, asked, all),
    h("div", { class: "scroll", tabindex: -1 }, table),
    more,
  );
}

function tableRow(state: ExplorerState, row: RelayRow, most: number): HTMLElement {
  const { relay: { url, health }, people, alone, listed } = row;
  const isSelected = isRelay(state, url);
  return h(
    "tr",
    { "data-url": url, "aria-selected": `${isSelected}` },
    h(
      "th",
      { scope: "row" },
      h(
        "button",
        {
          type: "button",
          class: "link cut",
          title: url,
          onclick: () => state.select({ relay: url }),
        },
        host(url),
      ),
    ),
    h("td", { class: "wide" }, peopleBar(people, alone, most)),
    h("td", { class: "num opt" }, count(listed)),
    h("td", {}, h("span", { class: `state state-${row.state}` }, STATE_NAMES[row.state])),
    h(
      "td",
      { class: "num opt" },
      health?.connectMs === undefined ? "–" : duration(health.connectMs),
    ),
    h("td", { class: "num opt" }, health?.eoseMs === undefined ? "–" : duration(health.eoseMs)),
    h("td", { class: "num" }, health?.delivers === undefined ? "–" : percent(health.delivers, 1)),
    h(
      "td",
      { class: "opt" },
      health?.days ? healthStrip(health.days, state.data.madeAt) : "–",
    ),
  );
}

/** How many people a relay has: those on it alone, and the others. */
function peopleBar(people: number, alone: number, most: number): HTMLElement {
  if (people === 0) return h("span", { class: "muted" }, "not asked");
  const part = (name: string, size: number) => {
    const bar = h("span", { class: `bar ${name}` });
    bar.style.width = `${100 * size / most}%`;
    return bar;
  };
  const track = h("span", { class: "bar-track" }, part("alone", alone), part("", people - alone));
  const text = alone > 0 ? `${count(people)}, ${count(alone)} alone` : count(people);
  return h("span", { class: "people-bar" }, track, h("span", { class: "number" }, text));
}

function markSelected(body: HTMLElement, state: ExplorerState): void {
  for (const row of body.querySelectorAll<HTMLElement>("tr")) {
    row.setAttribute("aria-selected", `${isRelay(state, row.dataset.url)}`);
  }
}

function isRelay({ selection }: ExplorerState, url: string | undefined): boolean {
  return selection !== undefined && "relay" in selection && selection.relay === url;
}
