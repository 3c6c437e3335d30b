/**
 * The health of all relays over time: how many connections succeeded, and how much was delivered.
 *
 * @module
 */
// @ts-types="npm:@types/d3-scale@^4.0.9"
import { scaleLinear } from "d3-scale";
// @ts-types="npm:@types/d3-time@^3.0.4"
import { timeTicks } from "d3-time";
// @ts-types="npm:@types/d3-shape@^3.1.7"
import { line } from "d3-shape";
import { fill, h, parts, svg } from "./dom.ts";
import type { ExplorerState } from "./explorer_state.ts";
import { day, percent, tick } from "./format.ts";
import { type HealthDay, healthDays } from "./health_days.ts";

const MARGIN = { top: 12, right: 12, bottom: 26, left: 44 };
const HEIGHT = 150;
const DAY_MS = 86_400_000;

/** Draws the days of all relays together. */
export function healthChart(state: ExplorerState): HTMLElement {
  const picture = svg("svg", { class: "health-chart", role: "img" });
  const legend = h(
    "p",
    { class: "keys" },
    h("span", { class: "key-connects" }, "attempts to connect that succeeded"),
    h("span", { class: "key-delivers" }, "of what other relays had, delivered"),
  );
  const box = h("div", { class: "chart", id: "health" }, picture);
  const empty = h(
    "p",
    { class: "muted" },
    "What relays did day by day is not known yet: it is counted while the app runs.",
  );
  const section = h("div", {}, legend, box, empty);

  function show(): void {
    const days = healthDays(state.data);
    const isEmpty = days.length === 0;
    box.hidden = legend.hidden = isEmpty;
    empty.hidden = !isEmpty;
    if (isEmpty) return;
    const width = Math.max(240, box.clientWidth);
    picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    picture.setAttribute("aria-label", summary(days));
    const first = Math.min(days[0].day, days[days.length - 1].day - 6);
    const times = [first * DAY_MS, days[days.length - 1].day * DAY_MS];
    const x = scaleLinear(times, [MARGIN.left, width - MARGIN.right - 6]);
    const y = scaleLinear([0, 1], [HEIGHT - MARGIN.bottom, MARGIN.top]);
    const ticks = timeTicks(new Date(times[0]), new Date(times[1]), width < 480 ? 3 : 6);
    fill(
      picture,
      svg(
        "g",
        { class: "axis" },
        ...[0, 0.5, 1].map((share) =>
          svg(
            "g",
            { transform: `translate(0 ${y(share)})` },
            svg("line", { x1: MARGIN.left, x2: width - MARGIN.right }),
            svg(
              "text",
              { x: MARGIN.left - 8, dy: "0.32em", "text-anchor": "end" },
              `${100 * share} %`,
            ),
          )
        ),
        ...ticks.map((time) =>
          svg("text", {
            x: x(time),
            y: HEIGHT - 8,
            "text-anchor": x(time) > width - 40 ? "end" : "middle",
          }, tick(time, (times[1] - times[0]) / 1000))
        ),
      ),
      ...([["connects", "attempts", "successes"], ["delivers", "known", "hits"]] as const)
        .flatMap(([name, whole, part]) => {
          const known = days.filter((day) => day[whole] > 0);
          const at = (day: HealthDay) => x(day.day * DAY_MS);
          const share = (day: HealthDay) => y(day[part] / day[whole]);
          return [
            svg("path", {
              class: `line-${name}`,
              d: line<HealthDay>().x(at).y(share)(known) ?? "",
            }),
            parts(...known.map((it) =>
              svg(
                "circle",
                { class: `dot-${name}`, cx: at(it), cy: share(it), r: 3.5 },
                svg("title", {}, `${day(it.day * DAY_MS / 1000)}: ${percent(it[part], it[whole])}`),
              )
            )),
          ];
        }),
    );
  }
  state.on("data", show);
  new ResizeObserver(show).observe(section);
  show();
  return section;
}

function summary(days: readonly HealthDay[]): string {
  const sum = (name: Exclude<keyof HealthDay, "day">) =>
    days.reduce((sum, day) => sum + day[name], 0);
  return `${
    percent(sum("successes"), sum("attempts"))
  } of the attempts to connect succeeded, and ` +
    `relays delivered ${percent(sum("hits"), sum("known"))} of what others had`;
}
