/**
 * Strips of time: what a relay did day by day, and from when to when answers are complete.
 *
 * @module
 */
import type { ExplorerFeed } from "../explorer_data.ts";
import type { ExplorerHealth } from "../explorer_health.ts";
import { parts, svg } from "./dom.ts";
import { day, many, percent } from "./format.ts";

/** How many days the strips show. */
export const STRIP_DAYS = 30;
const DAY_S = 86_400;
const WIDTH = 4;
const HEIGHT = 18;

/** A bar for each of the last days: how many attempts to connect succeeded. */
export function healthStrip(days: ExplorerHealth["days"], now: number): SVGSVGElement {
  const today = Math.floor(now / DAY_S);
  const bars = (days ?? []).map(([at, attempts, successes, hits, misses]) => {
    const x = (STRIP_DAYS - 1 - (today - at)) * WIDTH;
    if (x < 0 || at > today) return undefined;
    const share = attempts > 0 ? successes / attempts : 1;
    const level = share === 1 ? "good" : share >= 0.5 ? "fair" : "bad";
    const height = Math.max(3, HEIGHT * share);
    const told = [
      attempts > 0
        ? `${percent(successes, attempts)} of ${many(attempts, "attempt")} connected`
        : "",
      hits + misses > 0 ? `delivered ${percent(hits, hits + misses)}` : "",
    ].filter((text) => text !== "").join(", ");
    return svg(
      "rect",
      { x, y: HEIGHT - height, width: WIDTH - 1, height, class: `level-${level}` },
      svg("title", {}, `${day(at * DAY_S)}: ${told || "connected before"}`),
    );
  });
  return svg(
    "svg",
    {
      class: "strip",
      viewBox: `0 0 ${STRIP_DAYS * WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label": `${many(days?.length ?? 0, "day")} with connections in the last ${STRIP_DAYS}`,
    },
    svg("rect", { class: "strip-base", y: HEIGHT - 1, width: STRIP_DAYS * WIDTH, height: 1 }),
    parts(...bars),
  );
}

/** Spans of one relay's answers over the last days. */
export function spanStrip(
  spans: ExplorerFeed["relays"][number][2],
  now: number,
): SVGSVGElement {
  const width = 300;
  const start = now - STRIP_DAYS * DAY_S;
  const x = (time: number) =>
    Math.min(width, Math.max(0, width * (time - start) / (STRIP_DAYS * DAY_S)));
  const bars = spans.filter(([, until]) => until > start).map(([since, until, proof]) =>
    svg(
      "rect",
      {
        x: x(since),
        y: 2,
        width: Math.max(2, x(until) - x(since)),
        height: 6,
        rx: 2,
        class: `proof-${proof}`,
      },
      svg("title", {}, `${day(since)} to ${day(until)}`),
    )
  );
  return svg(
    "svg",
    {
      class: "spans",
      viewBox: `0 0 ${width} 10`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": spans.length === 0
        ? "no complete answer"
        : `complete from ${
          spans.map(([since, until]) => `${day(since)} to ${day(until)}`).join(", ")
        }`,
    },
    svg("rect", { class: "strip-base", y: 4.5, width, height: 1 }),
    parts(...bars),
  );
}
