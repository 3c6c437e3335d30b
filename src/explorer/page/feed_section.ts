/**
 * The section about feeds: how many people are complete when, and which relays are behind.
 *
 * @module
 */
// @ts-types="npm:@types/d3-scale@^4.0.9"
import { scaleLinear } from "d3-scale";
// @ts-types="npm:@types/d3-time@^3.0.4"
import { timeTicks } from "d3-time";
// @ts-types="npm:@types/d3-shape@^3.1.7"
import { area, curveStepAfter } from "d3-shape";
import { fill, h, svg } from "./dom.ts";
import type { ExplorerState } from "./explorer_state.ts";
import { type FeedPoint, type FeedProgress, feedProgress } from "./feed_progress.ts";
import { ago, count, host, many, minute, tick } from "./format.ts";
import { relayReason } from "./reasons.ts";

const DAY_S = 86_400;
const PERIODS = [["Day", DAY_S], ["Week", 7 * DAY_S], ["Month", 30 * DAY_S], [
  "Year",
  365 * DAY_S,
]] as const;
const MARGIN = { top: 10, right: 12, bottom: 26, left: 44 };
const HEIGHT = 190;
/** How many relays that are behind are listed. */
const MAX_BEHIND = 8;

/** Draws how far a feed has come. */
export function feedSection(state: ExplorerState): HTMLElement {
  let seconds: number = usualPeriod(state);
  const sentence = h("p", {});
  const picture = svg("svg", { class: "feed-chart", role: "img" });
  const chart = h("div", { class: "chart feed" }, picture);
  const keys = h(
    "p",
    { class: "keys" },
    h("span", { class: "key-proved" }, "people who are complete, by proof"),
    h("span", { class: "key-inferred" }, "by inference: a relay sent less than it sends at most"),
  );
  const behind = h("div", { class: "behind" });
  const periods = PERIODS.map(([name, length]) => {
    const button = h("button", { type: "button", "aria-pressed": "false" }, name);
    button.addEventListener("click", () => {
      seconds = length;
      show();
    });
    return { button, length };
  });
  const choice = h(
    "div",
    { class: "choice", role: "group", "aria-label": "How far back" },
    ...periods.map(({ button }) => button),
  );
  const section = h("div", { class: "feeds", id: "feeds" }, sentence, choice, keys, chart, behind);

  function show(): void {
    const progress = feedProgress(state.data, seconds);
    const { people, newest, upToDate, late, unknown } = progress;
    const isEmpty = newest === undefined;
    choice.hidden = isEmpty;
    chart.hidden = isEmpty;
    keys.hidden = isEmpty;
    for (const { button, length } of periods) {
      button.setAttribute("aria-pressed", `${length === seconds}`);
    }
    fill(
      sentence,
      isEmpty
        ? "Nothing is known to be complete yet: no feed was read into this database."
        : `Up to ${minute(newest)} (${ago(newest, state.data.madeAt)}), ${count(upToDate)} of ` +
          `${many(people, "person", "people")} are complete: each relay that is asked for them, ` +
          `and can answer, has answered in full. ${count(late)} are complete up to an earlier ` +
          `time, and of ${count(unknown)} nothing is known.`,
    );
    picture.setAttribute(
      "aria-label",
      `People who are complete, over the last ${Math.round(seconds / DAY_S)} days`,
    );
    if (!isEmpty) drawChart(progress);
    fill(behind, ...behindList(state, progress));
  }

  function drawChart({ points, people }: FeedProgress): void {
    const width = Math.max(240, chart.clientWidth);
    picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const times = [(state.data.madeAt - seconds) * 1000, state.data.madeAt * 1000];
    const x = scaleLinear(times, [MARGIN.left, width - MARGIN.right]);
    const y = scaleLinear([0, Math.max(1, people)], [HEIGHT - MARGIN.bottom, MARGIN.top]);
    const layer = (name: string, low: (point: FeedPoint) => number, high: typeof low) =>
      svg("path", {
        class: name,
        d: area<FeedPoint>().x(({ time }) => x(time * 1000)).y0((point) => y(low(point)))
          .y1((point) => y(high(point))).curve(curveStepAfter)([...points]) ?? "",
      });
    fill(
      picture,
      svg(
        "g",
        { class: "axis" },
        ...y.ticks(3).map((value) =>
          svg(
            "g",
            { transform: `translate(0 ${y(value)})` },
            svg("line", { x1: MARGIN.left, x2: width - MARGIN.right }),
            svg("text", { x: MARGIN.left - 8, dy: "0.32em", "text-anchor": "end" }, count(value)),
          )
        ),
        ...timeTicks(new Date(times[0]), new Date(times[1]), width < 480 ? 3 : 6).map((time) =>
          svg("text", {
            x: x(time),
            y: HEIGHT - 8,
            "text-anchor": x(time) > width - 40 ? "end" : "middle",
          }, tick(time, seconds))
        ),
      ),
      layer("proof-finish", () => 0, ({ proved }) => proved),
      layer("proof-inferred", ({ proved }) => proved, ({ proved, inferred }) => proved + inferred),
    );
  }

  state.on("data", show);
  new ResizeObserver(show).observe(section);
  show();
  return section;
}

function behindList(state: ExplorerState, { behind }: FeedProgress): Node[] {
  if (behind.length === 0) return [];
  const { data } = state;
  const shown = behind.slice(0, MAX_BEHIND);
  const most = shown[0].people;
  return [
    h("h3", {}, "Relays that are behind"),
    h(
      "ul",
      { class: "plain bars" },
      ...shown.map(({ relay, people, until, reason }) => {
        const { url } = data.relays[relay];
        const state_ = until === undefined
          ? "never answered in full"
          : `in full up to ${minute(until)}`;
        const bar = h("span", { class: "bar" });
        bar.style.width = `${100 * people / most}%`;
        return h(
          "li",
          {},
          h(
            "button",
            { type: "button", class: "link cut", onclick: () => state.select({ relay: url }) },
            host(url),
          ),
          h("span", { class: "bar-track" }, bar),
          h("span", { class: "number" }, many(people, "person", "people")),
          h("small", {}, reason === "" ? state_ : `${state_}; ${relayReason(reason)}`),
        );
      }),
    ),
    ...behind.length > MAX_BEHIND
      ? [h("p", {}, `and ${many(behind.length - MAX_BEHIND, "other relay")}`)]
      : [],
  ];
}

/** The shortest period in which half of those who are complete began to be. */
function usualPeriod({ data }: ExplorerState): number {
  const starts = data.people.flatMap(({ feed }) => feed?.complete ? [feed.complete[0]] : [])
    .sort((a, b) => a - b);
  const age = data.madeAt - (starts[starts.length >> 1] ?? data.madeAt - 30 * DAY_S);
  return PERIODS.find(([, length]) => age <= length)?.[1] ?? 365 * DAY_S;
}
