/**
 * Builds the page from the data in it.
 *
 * @module
 */
import { systemClock } from "../../base/clock.ts";
import type { ExplorerData } from "../explorer_data.ts";
import { curve } from "./curve.ts";
import { details } from "./details.ts";
import { fill, h } from "./dom.ts";
import { ExplorerState } from "./explorer_state.ts";
import { followAddress } from "./follow_address.ts";
import { feedSection } from "./feed_section.ts";
import { figures } from "./figures.ts";
import { followChanges } from "./follow_changes.ts";
import { count, many, minute, personName } from "./format.ts";
import { healthChart } from "./health_chart.ts";
import { peopleMap } from "./people_map.ts";
import { planInWorker, startPageWorker } from "./plan_worker.ts";
import { relayTable } from "./relay_table.ts";
import { searchBox } from "./search_box.ts";
import { unreachedSection } from "./unreached_section.ts";

/** Draws the page, and lets people use it. */
export function showPage(): void {
  const data: ExplorerData = JSON.parse(document.getElementById("data")!.textContent!);
  const state = new ExplorerState(data, { planMaker: planInWorker(startPageWorker) });
  const about = h("p", { class: "about" });
  const connection = h("span", { class: "connection", role: "status" });

  function describe(): void {
    const { user, people, relays, madeAt } = state.data;
    const whose = user ? h("bdi", {}, personName(user)) : undefined;
    fill(
      about,
      whose,
      whose ? " follows " : "",
      many(people.length, "person", "people"),
      `, ${many(relays.length, "relay")} known, as of ${minute(madeAt)}. `,
      connection,
    );
    document.title = `Outbox explorer: ${count(people.length)} people`;
  }

  describe();
  fill(
    document.getElementById("page")!,
    h("header", {}, h("div", {}, h("h1", {}, "Outbox explorer"), about), searchBox(state)),
    section("curve-title", "How many relays are enough", figures(state), curve(state)),
    section(
      "map-title",
      "Who is asked for where",
      h("div", { class: "map-and-details" }, peopleMap(state), details(state)),
    ),
    section("unreached-title", "Who may be missing, and why", unreachedSection(state)),
    section("feeds-title", "Where the feed stands", feedSection(state)),
    section("relays-title", "Relays", healthChart(state), relayTable(state)),
  );
  state.on("data", describe);
  followAddress(state);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") state.select(undefined);
  });
  const { live: version } = document.documentElement.dataset;
  if (version !== undefined) {
    followChanges({
      version,
      onData: (data) => state.setData(data),
      onConnected: (isConnected) => {
        connection.textContent = isConnected ? "" : "The program that serves this page has ended.";
      },
    });
  }
  // After the first drawing.
  requestAnimationFrame(() => {
    document.documentElement.dataset.drawn = "";
    systemClock.after(0, () => state.completeCurve());
  });
}

function section(id: string, title: string, ...children: (Node | string)[]): HTMLElement {
  return h("section", { "aria-labelledby": id }, h("h2", { id }, title), ...children);
}
