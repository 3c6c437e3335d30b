/**
 * `publications`: how far published events are, and to go on with them.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import { isPending } from "../ledger/publication.ts";
import { parsePublication } from "../ledger/publication_text.ts";
import { awaitPublications } from "./await_publications.ts";
import type { CliCommand } from "./command.ts";
import { addNetworkOptions, count, type NetworkOptions } from "./network_options.ts";
import {
  pendingCount,
  publicationsJson,
  publicationsText,
  type PublishedEvent,
} from "./publications_report.ts";
import { plain } from "./publish_command.ts";
import { withExistingStore, withSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";

/** The options of the command. */
interface PublicationsOptions extends NetworkOptions {
  readonly send?: boolean;
  readonly pending?: boolean;
  readonly wait: number;
  readonly json?: boolean;
}

/** See the module. */
export const publicationsCommand: CliCommand = {
  name: "publications",
  summary: "How far published events are at each of their relays",
  description:
    "Reads what `publish --db`, or an app with the same file, has written down. It connects to " +
    "nothing, unless --send is there: then it goes on with what is pending.\n\n" +
    "Ends with the exit code 1 if something is pending.",
  examples: [
    ["publications --db outbox.sqlite3", "What was published, and where it is"],
    ["publications --db outbox.sqlite3 --pending --send", "Try again where it was not taken"],
  ],
  configure(command) {
    command.option("-p, --pending", "only what is pending");
    command.option("-s, --send", "try pending events again, now");
    command.option("--wait <seconds>", "how long to wait for relays", count, 15);
    addNetworkOptions(command);
    command.option("--json", "print the report as JSON");
  },
  async run({ options, terminal, signal }) {
    const { send, pending, wait, json, ...network } = options as PublicationsOptions;
    if (network.db === undefined) {
      throw new UsageError("Cannot list publications without a file: name one with --db");
    }
    const events = send
      ? await sendPending(network, wait, terminal, signal)
      : await storedPublications(network.db, terminal);
    const shown = pending ? events.filter(isPending) : events;
    terminal.print(
      json ? publicationsJson(shown) : publicationsText(shown, systemClock.now(), terminal),
    );
    return pendingCount(shown) > 0 ? 1 : 0;
  },
};

/** What is written down. */
async function storedPublications(
  db: string,
  { note }: Pick<Terminal, "note">,
): Promise<PublishedEvent[]> {
  const records = await withExistingStore(db, (store) => store.readRecords("publication"));
  const stored = [...records.values()].flatMap((text) => parsePublication(text) ?? []);
  const unread = records.size - stored.length;
  if (unread > 0) {
    note(
      `Warning: Cannot read ${unread} of ${records.size} publications: they are left as they are`,
    );
  }
  return stored
    .map(({ event, at, targets }) => ({ event, publishedAt: at, targets }))
    .sort((a, b) => a.publishedAt - b.publishedAt);
}

/** Goes on with what is pending. */
function sendPending(
  network: NetworkOptions,
  seconds: number,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<PublishedEvent[]> {
  return withSession({ network, sends: true }, terminal, async ({ outbox }) => {
    const all = await outbox.publications();
    const pending = all.filter(({ state }) => state === "pending");
    for (const publication of pending) publication.retry();
    await awaitPublications(pending, seconds, terminal, signal);
    return all.map(plain);
  });
}
