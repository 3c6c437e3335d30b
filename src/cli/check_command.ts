/**
 * `check`: whether others can find somebody by their lists.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import { RELAY_LIST_KIND } from "../nostr/kinds.ts";
import { INDEXERS } from "../plan/default_indexers.ts";
import { checkReport } from "./check_report.ts";
import type { CheckSource } from "./check_source.ts";
import { checkText } from "./check_text.ts";
import type { CliCommand } from "./command.ts";
import { collectLists, type ListVersions } from "./list_versions.ts";
import { addNetworkOptions, type NetworkOptions } from "./network_options.ts";
import { findNames } from "./people.ts";
import { pickPlanOptions } from "./plan_options_of.ts";
import { type ProbeFailure, RelayProber } from "./relay_prober.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";
import { findWho, parseWho } from "./who.ts";

/** The options of the command. */
interface CheckOptions extends NetworkOptions {
  readonly write?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** See the module. */
export const checkCommand: CliCommand = {
  name: "check",
  summary: "Whether others can find somebody by their relay lists",
  description:
    "Asks indexers and the relays of the lists themselves: whether these answer, whether the " +
    "lists are short enough, the same everywhere, and at the indexers, and what others' apps do " +
    "with them. Each finding says what to do about it.\n\n" +
    "With --write it also sends the relay list, which is signed already, to the write relays and " +
    "indexers again: this shows whether they take it, and brings it where it is missing. Nothing " +
    "else is written.\n\nEnds with the exit code 1 if something is wrong.",
  examples: [
    ["check npub1…", "Check one's own lists"],
    ["check npub1… --write", "And whether the relays take what one posts, after a question"],
    ["check npub1… --json | jq '.findings[] | select(.level == \"wrong\")'", "For a program"],
  ],
  configure(command) {
    command.argument("<who>", "whose lists");
    command.option("--write", "send the relay list again, to see whether relays take it");
    command.option("-y, --yes", "do not ask before --write");
    addNetworkOptions(command);
    command.option("--json", "print the report as JSON");
  },
  async run({ args: [text], options, terminal, signal }) {
    const { write, yes, json, ...network } = options as CheckOptions;
    const who = parseWho(text);
    await using session = await openSession(network, terminal);
    await using prober = new RelayProber({ onError: ({ message }) => terminal.note(message) });
    const {
      outbox,
      settings: { indexerRelays: indexers = INDEXERS, fallbackRelays = [], policy },
    } = session;
    const pubkey = await findWho(who, outbox, signal);
    const first = [...indexers, ...fallbackRelays];
    const lists = await collectLists(prober, pubkey, first, policy, signal);
    const relays = [...lists.answers.keys()].filter((url) => !first.includes(url));
    const infos = await Promise.all(
      relays.map(async (url) => [url, await prober.info(url, signal)] as const),
    );
    const offers = write
      ? await offerList(prober, lists, { isSure: yes === true, terminal, signal })
      : undefined;
    signal.throwIfAborted();
    const source: CheckSource = {
      ...lists,
      pubkey,
      indexers,
      policy,
      planOptions: pickPlanOptions(session.settings),
      infos: new Map(infos),
      ...offers ? { offers } : {},
      now: Math.floor(systemClock.now() / 1000),
    };
    const report = checkReport(source);
    const names = await findNames(session, [pubkey], signal);
    terminal.print(json ? JSON.stringify(report, null, 2) : checkText(report, names, terminal));
    return report.findings.some(({ level }) => level === "wrong") ? 1 : 0;
  },
};

/** Sends the relay list again to all relays that answered, after a question. */
async function offerList(
  prober: RelayProber,
  { newest, answers }: ListVersions,
  { isSure, terminal, signal }: { isSure: boolean; terminal: Terminal; signal: AbortSignal },
): Promise<Map<string, ProbeFailure | undefined> | undefined> {
  const list = newest.get(RELAY_LIST_KIND);
  if (!list) return undefined;
  const urls = [...answers.values()].filter(({ failure }) => !failure).map(({ url }) => url);
  const question = `Send the relay list again to ${urls.length} relays?`;
  const isAllowed = isSure || await terminal.confirm(question, signal);
  if (isAllowed === undefined) {
    throw new UsageError("Cannot ask before --write: nobody is at the terminal; add --yes");
  }
  if (!isAllowed) return undefined;
  const offered = await Promise.all(
    urls.map(async (url) => [url, await prober.offer(url, list, signal)] as const),
  );
  return new Map(offered);
}
