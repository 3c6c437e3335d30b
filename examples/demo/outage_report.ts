/**
 * The outage as a short story with figures.
 *
 * @module
 */

import { type Fate, type Outage, type Scene, sufferOutage } from "./outage.ts";
import { count, type Report, type Row, share } from "./report.ts";

/** Runs the outage, and prints its course. */
export async function tellOutage(report: Report, scene: Scene): Promise<Outage> {
  report.heading("A third of the relays stops under a live feed");
  const outage = await report.step(
    "everybody posts; relays stop; everybody posts; some come back",
    () => sufferOutage(scene),
  );
  const { stopped, ran, kinds, restarted, noticedMs } = outage;
  const [biggest, popular, others] = kinds;
  report.note(
    `${stopped.length} of ${ran} relays stop: ${biggest} of the three biggest, ${popular} of the next ten, ` +
      `${others} others.`,
  );
  report.note("Two pools follow everybody live, by the same routes: a plain one, and one over");
  report.note(
    `createOutbox, which has noticed within ${
      count(Math.ceil(noticedMs))
    } ms and asks other relays.`,
  );
  report.note(`Later ${restarted.length} of the relays are started again.`);
  report.line();
  report.table(ROWS, [outage.plain, outage.outbox], BOLD_ROWS);
  return outage;
}

const ROWS: readonly Row<Fate>[] = [
  ["", ({ name }) => name],
  ["new posts that come before it", ({ before }) => share(before.came, before.all)],
  ["after it, from planned relays that live", ({ planned }) => share(planned.came, planned.all)],
  [
    "of people whose planned relays all stopped",
    ({ orphaned }) => share(orphaned.came, orphaned.all),
  ],
  ["the whole feed, asked for again", ({ feed }) => share(feed.came, feed.all)],
  ["  time that takes", ({ feedMs }) => seconds(feedMs)],
  ["new posts on relays that are back", ({ back }) => share(back.came, back.all)],
  ["  time until the last of them", ({ backMs }) => seconds(backMs)],
  ["events that come twice", ({ repeats }) => count(repeats)],
  ["end of stored posts (EOSE), all relays up", ({ eoseMs }) => seconds(eoseMs)],
];
const BOLD_ROWS = 5;

function seconds(ms: number | undefined): string {
  if (ms === undefined) return "never";
  return ms === Infinity ? "not yet" : `${(ms / 1000).toFixed(1)} s`;
}
