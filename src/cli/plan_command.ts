/**
 * `plan`: who of the people somebody follows is asked where.
 *
 * @module
 */

import type { CliCommand } from "./command.ts";
import { coverageCurve } from "./coverage_curve.ts";
import { addNetworkOptions, collected, count, type NetworkOptions } from "./network_options.ts";
import { findFollows, findNames, nameOf, type Names } from "./people.ts";
import { type PlanReport, planReport } from "./plan_report.ts";
import { namedPeople, planText } from "./plan_text.ts";
import { type Session, withSession } from "./session.ts";
import { findWho, parseWho } from "./who.ts";
import type { Terminal } from "./terminal.ts";
import { writeExplorer } from "./write_explorer.ts";

/** The options of the command. */
interface PlanCommandOptions extends NetworkOptions {
  readonly maxRelays: number;
  readonly people: number;
  readonly without?: readonly string[];
  readonly json?: boolean;
  readonly html?: string;
}

/** The most relays that the curve reaches. */
const MAX_CURVE_RELAYS = 50;

/** See the module. */
export const planCommand: CliCommand = {
  name: "plan",
  summary: "Who of the people somebody follows would be asked where",
  description:
    "Reads the follow list and the relay lists of all who are on it, and plans a feed of " +
    "their posts. It asks indexers, the relays of --relay and the user's own, and no others. <who> is an npub, an nprofile, a public key in " +
    "hex or name@domain.",
  examples: [
    ["plan npub1…", "Who is asked where, with the 20 best relays"],
    ["plan npub1… --max-relays 5", "What fewer connections would cost"],
    ["plan npub1… --people 5000 | grep -i alice", "Where one of them is asked for"],
    ["plan npub1… --without wss://relay.damus.io", "Whom one relay's end would cut off"],
    ["plan npub1… --db outbox.sqlite3", "With what is known from before, kept for the next time"],
    ["plan npub1… --html plan.html", "As a page to explore, in one file"],
    ["plan npub1… --json | jq '.unreached[].pubkey'", "Everything, for a program"],
  ],
  configure(command) {
    command.argument("<who>", "whose feed");
    command.option("-m, --max-relays <n>", "most relays that one request opens", count, 20);
    command.option("-w, --without <url>", "plan without this relay; repeatable", collected);
    command.option("-p, --people <n>", "most people to print, each with their relays", count, 10);
    addNetworkOptions(command);
    command.option("--json", "print the report as JSON");
    command.option("--html <file>", "write the plan as a page to explore, too");
  },
  async run({ args: [text], options, terminal, signal }) {
    const { maxRelays, people, without, json, html, ...network } = options as PlanCommandOptions;
    const who = parseWho(text);
    return await withSession(
      { network, outbox: { maxRelays }, without },
      terminal,
      async (session) => {
        const pubkey = await findWho(who, session.outbox, signal);
        session.outbox.use({ user: pubkey });
        const report = await readPlan(session, pubkey, maxRelays, terminal, signal);
        const named = html === undefined
          ? namedPeople(report, people)
          : [pubkey, ...allPeople(report)];
        const names = await findNames(session, named, signal);
        if (html !== undefined) {
          await writeExplorer(html, session, report, names, terminal, signal);
        }
        terminal.print(json ? planJson(report, names) : planText(report, people, names, terminal));
        return 0;
      },
    );
  },
};

function allPeople({ people }: PlanReport): string[] {
  return people.map(({ subject }) => subject);
}

/** Reads whom somebody follows and where these are, and plans. */
export async function readPlan(
  session: Session,
  pubkey: string,
  maxRelays: number,
  terminal: Pick<Terminal, "progress">,
  signal: AbortSignal,
): Promise<PlanReport> {
  const { outbox, settings } = session;
  const follows = await findFollows(session, pubkey, signal);
  const bar = terminal.progress("Relay lists", follows.length);
  try {
    await outbox.discover(follows, {
      signal,
      onProgress: ({ known, found, missing }) => bar.update(known + found + missing),
    });
  } finally {
    bar.close();
  }
  const explanation = await outbox.explain([{ kinds: [1], authors: follows }]);
  const lists = await outbox.store.get(follows, { signal });
  const weights = new Map((await outbox.relays()).map(({ url, weight }) => [url, weight]));
  const { fallbackRelays, indexerRelays, policy } = settings;
  const curve = await coverageCurve(follows, lists, {
    most: MAX_CURVE_RELAYS,
    signal,
    fallbackRelays,
    indexerRelays,
    policy,
    weight: (url) => weights.get(url) ?? 1,
  });
  return planReport({ pubkey, follows, maxRelays, explanation, curve });
}

/** The report for a program: the same, with names. */
function planJson(report: PlanReport, names: Names): string {
  return JSON.stringify(
    { name: nameOf(report.pubkey, names), ...report, names: Object.fromEntries(names) },
    null,
    2,
  );
}
