/**
 * `check`: whether others can find somebody by their lists.
 *
 * @module
 */

import { npubEncode } from "nostr-tools/nip19";
import { systemClock } from "../base/clock.ts";
import { RELAY_LIST_KIND } from "../nostr/kinds.ts";
import { INDEXERS } from "../plan/default_indexers.ts";
import { checkReport } from "./check_report.ts";
import type { CheckSource } from "./check_source.ts";
import { checkText } from "./check_text.ts";
import type { CliCommand } from "./command.ts";
import { collectLists, type ListVersions } from "./list_versions.ts";
import { addNetworkOptions, type NetworkOptions } from "./network_options.ts";
import { failuresText, findNames } from "./people.ts";
import { pickPlanOptions } from "./plan_options_of.ts";
import type { ProbeFailure, RelayProber } from "./relay_prober.ts";
import { type Session, withSession } from "./session.ts";
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
    return await withSession({ network }, terminal, async (session) => {
      const pubkey = await findWho(who, session.outbox, signal);
      const isSure = yes === true;
      const offer = write ? { isSure, terminal } : undefined;
      const report = checkReport(await readLists(session, pubkey, offer, signal));
      const names = await findNames(session, [pubkey], signal);
      terminal.print(json ? JSON.stringify(report, null, 2) : checkText(report, names, terminal));
      return report.findings.some(({ level }) => level === "wrong") ? 1 : 0;
    });
  },
};

/** Asks relays for somebody's lists, and what is known of these relays. */
async function readLists(
  session: Session,
  pubkey: string,
  offer: { readonly isSure: boolean; readonly terminal: Terminal } | undefined,
  signal: AbortSignal,
): Promise<CheckSource> {
  const { prober, settings } = session;
  const { indexerRelays: indexers = INDEXERS, fallbackRelays = [], policy } = settings;
  const first = [...indexers, ...fallbackRelays];
  const lists = await collectLists(prober, pubkey, first, policy, signal);
  const failures = [...lists.answers.values()].flatMap(({ url, failure }) =>
    failure ? [{ relay: url, reason: failure.reason }] : []
  );
  if (failures.length === lists.answers.size) {
    throw new Error(
      `Cannot check ${npubEncode(pubkey)}: no relay answered${failuresText(failures)}`,
    );
  }
  const relays = [...lists.answers.keys()].filter((url) => !indexers.includes(url));
  const infos = await Promise.all(
    relays.map(async (url) => [url, await prober.info(url, signal)] as const),
  );
  const offers = offer && await offerList(prober, lists, { ...offer, signal });
  signal.throwIfAborted();
  return {
    ...lists,
    pubkey,
    indexers,
    policy,
    planOptions: pickPlanOptions(settings),
    infos: new Map(infos),
    ...offers ? { offers } : {},
    now: Math.floor(systemClock.now() / 1000),
  };
}

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
