/**
 * The coverage curve: who is reached how, by the most relays that may be asked. Its handle is a
 * slider.
 *
 * @module
 */
// @ts-types="npm:@types/d3-scale@^4.0.9"
import { scaleLinear } from "d3-scale";
// @ts-types="npm:@types/d3-shape@^3.1.7"
import { area, curveMonotoneX } from "d3-shape";
import type { Reach } from "../reach.ts";
import { fill, h, svg } from "./dom.ts";
import type { ExplorerState } from "./explorer_state.ts";
import { many, percent } from "./format.ts";
import { REACHES } from "./reaches.ts";

const MARGIN = { top: 14, right: 16, bottom: 48, left: 44 };
/** How far the keys move the handle. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 5,
  PageDown: -5,
  Home: -Infinity,
  End: Infinity,
};

/** Draws the curve, and again whenever it changes. */
export function curve(state: ExplorerState): HTMLElement {
  const areas = svg("g");
  const axes = svg("g", { class: "axis", "aria-hidden": "true" });
  const line = svg("line", { class: "handle-line" });
  const knob = svg("circle", { class: "handle-knob", r: 9 });
  const label = svg("text", { class: "handle-label", "text-anchor": "middle" });
  const handle = svg(
    "g",
    { class: "handle", role: "slider", tabindex: 0, "aria-label": "Most relays" },
    line,
    knob,
    label,
  );
  const picture = svg("svg", { class: "curve" }, areas, axes, handle);
  const box = h("div", { class: "chart", id: "curve" }, picture);
  let x = scaleLinear();
  let y = scaleLinear();

  function draw(): void {
    const width = Math.max(240, box.clientWidth);
    const height = Math.max(180, box.clientHeight);
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    x = scaleLinear([1, state.maxCap], [MARGIN.left, width - MARGIN.right]);
    y = scaleLinear([0, 1], [height - MARGIN.bottom, MARGIN.top]);
    drawAxes(width, height);
    drawAreas();
    drawHandle();
  }

  function drawAxes(width: number, height: number): void {
    const shares = y.ticks(4).map((share) =>
      svg(
        "g",
        { transform: `translate(0 ${y(share)})` },
        svg("line", { x1: MARGIN.left, x2: width - MARGIN.right }),
        svg(
          "text",
          { x: MARGIN.left - 8, dy: "0.32em", "text-anchor": "end" },
          `${Math.round(100 * share)} %`,
        ),
      )
    );
    const bottom = height - MARGIN.bottom;
    const caps = [1, ...x.ticks(width < 480 ? 5 : 10).filter((cap) => cap > 1)].map((cap) =>
      svg("text", { x: x(cap), y: bottom + 27, "text-anchor": "middle" }, cap)
    );
    const name = svg(
      "text",
      { x: width - MARGIN.right, y: bottom + 44, "text-anchor": "end" },
      "most relays asked →",
    );
    fill(axes, ...shares, ...caps, name);
  }

  function drawAreas(): void {
    const points = Array.from({ length: state.maxCap }, (_, i) => state.knownPlan(i + 1))
      .filter((plan) => plan !== undefined)
      .map(({ maxRelays, counts, people }) => ({ maxRelays, counts, all: people.length || 1 }));
    const top = (point: typeof points[number], reach: Reach) =>
      REACHES.slice(0, REACHES.indexOf(reach) + 1)
        .reduce((sum, reach) => sum + point.counts[reach], 0) / point.all;
    const paths = REACHES.map((reach) =>
      svg("path", {
        class: `fill-${reach}`,
        d: area<typeof points[number]>()
          .x(({ maxRelays }) => x(maxRelays))
          .y0((point) => y(top(point, reach) - point.counts[reach] / point.all))
          .y1((point) => y(top(point, reach)))
          .curve(curveMonotoneX)(points) ?? "",
      })
    );
    fill(areas, ...paths);
  }

  function drawHandle(): void {
    const { plan: { counts, people }, cap } = state;
    const at = x(cap);
    const own = counts.several + counts.one;
    line.setAttribute("x1", `${at}`);
    line.setAttribute("x2", `${at}`);
    line.setAttribute("y1", `${y(1)}`);
    line.setAttribute("y2", `${y(0)}`);
    knob.setAttribute("cx", `${at}`);
    knob.setAttribute("cy", `${y(0)}`);
    label.setAttribute("x", `${at}`);
    label.setAttribute("y", `${y(0) + 3.5}`);
    label.textContent = `${cap}`;
    const text = `${many(cap, "relay")}: ${percent(own, people.length)} at their own relays`;
    const values = { min: 1, max: state.maxCap, now: cap, text };
    for (const [name, value] of Object.entries(values)) {
      handle.setAttribute(`aria-value${name}`, `${value}`);
    }
  }

  picture.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    picture.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    follow(event);
  });
  picture.addEventListener("pointermove", (event) => {
    if (picture.hasPointerCapture(event.pointerId)) follow(event);
  });
  function follow(event: PointerEvent): void {
    state.setCap(x.invert(event.clientX - picture.getBoundingClientRect().left));
  }
  handle.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    state.setCap(state.cap + step);
  });
  state.on("plan", () => {
    drawAreas();
    drawHandle();
  });
  state.on("curve", drawAreas);
  state.on("data", draw);
  new ResizeObserver(draw).observe(box);
  return box;
}
