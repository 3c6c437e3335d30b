/**
 * `publish`: sends signed events where their readers look.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { messageOf } from "../base/message_of.ts";
import { systemClock } from "../base/clock.ts";
import type { Publication } from "../ledger/publication_handle.ts";
import { awaitPublications } from "./await_publications.ts";
import type { CliCommand } from "./command.ts";
import { addNetworkOptions, count, type NetworkOptions } from "./network_options.ts";
import {
  isSafe,
  pendingCount,
  publicationsJson,
  publicationsText,
  type PublishedEvent,
} from "./publications_report.ts";
import { readEventsFile } from "./read_events_file.ts";
import { type Session, withSession } from "./session.ts";
import { many } from "./text.ts";

/** The options of the command. */
interface PublishOptions extends NetworkOptions {
  readonly wait: number;
  readonly json?: boolean;
}

/** See the module. */
export const publishCommand: CliCommand = {
  name: "publish",
  summary: "Sends signed events to where their readers look",
  description:
    "Reads events as JSON: one, an array, or one a line; - reads stdin. Each goes to its author's " +
    "write relays and the inboxes of those whom it tags, and the report says how far it is at " +
    "each. With --db it is written down first, and for a week `publications --send`, another " +
    "`publish` or an app with that file go on with it.\n\n" +
    "Ends with the exit code 1 if no relay of its author has taken one of the events.",
  examples: [
    ["publish event.json --db outbox.sqlite3", "Publish an event for certain"],
    ["feed npub1… --json | outbox publish -", "Send posts that one reads where they belong"],
  ],
  configure(command) {
    command.argument("<file>", "a file with signed events; - for stdin");
    command.option("--wait <seconds>", "how long to wait for relays", count, 15);
    addNetworkOptions(command);
    command.option("--json", "print the report as JSON");
  },
  async run({ args: [file], options, terminal, signal }) {
    const { wait, json, ...network } = options as PublishOptions;
    const events = await readEventsFile(file, terminal.stdin);
    return await withSession({ network, sends: true }, terminal, async (session) => {
      const { publications, refused } = await publishAll(session, events, signal);
      await awaitPublications(publications, wait, terminal, signal);
      const report = [...publications, ...refused];
      terminal.print(
        json
          ? publicationsJson(report.map(plain))
          : publicationsText(report, systemClock.now(), terminal),
      );
      const pending = pendingCount(report);
      if (pending > 0) {
        terminal.note(
          `${many(pending, "relay is", "relays are")} not done. ` +
            (network.db === undefined
              ? "Without --db nobody tries them again."
              : `Go on with: outbox publications --send --db ${network.db}`),
        );
      }
      return report.every(isSafe) ? 0 : 1;
    });
  },
};

/** Publishes events; those that go nowhere are in `refused`. */
async function publishAll(
  { outbox }: Session,
  events: readonly NostrEvent[],
  signal: AbortSignal,
): Promise<{ publications: Publication[]; refused: PublishedEvent[] }> {
  const publications: Publication[] = [];
  const refused: PublishedEvent[] = [];
  for (const event of events) {
    try {
      publications.push(await outbox.publish(event, { signal }));
    } catch (error) {
      signal.throwIfAborted();
      const publishedAt = systemClock.now();
      refused.push({ event, publishedAt, targets: [], refusal: messageOf(error) });
    }
  }
  return { publications, refused };
}

/** A publication as a value: its handle reads everything anew. */
export function plain({ event, publishedAt, targets, refusal }: PublishedEvent): PublishedEvent {
  return { event, publishedAt, targets, ...refusal === undefined ? {} : { refusal } };
}
