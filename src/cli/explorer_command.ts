/**
 * `explorer`: serves a page that shows people, relays and the plan to browsers on this machine.
 *
 * @module
 */

import { InvalidArgumentError } from "commander";
import { messageOf } from "../base/message_of.ts";
import type { EventDatabase } from "../db/kysely.ts";
import { explorerData } from "../explorer/explorer_data.ts";
import { serveExplorer } from "../explorer/serve_explorer.ts";
import type { CliCommand } from "./command.ts";
import { type ExplorerReading, explorerSource } from "./explorer_source.ts";
import {
  addNetworkOptions,
  count,
  type NetworkOptions,
  networkSettings,
} from "./network_options.ts";
import { findNames } from "./people.ts";
import { readPlan } from "./plan_command.ts";
import { fileVersion, readChanged } from "./read_changed.ts";
import { withExistingStore, withSession } from "./session.ts";
import { UsageError } from "./usage_error.ts";
import { findWho, parseWho } from "./who.ts";

/** The options of the command. */
interface ExplorerCommandOptions extends NetworkOptions {
  readonly maxRelays: number;
  readonly port: number;
}

/** See the module. */
export const explorerCommand: CliCommand = {
  name: "explorer",
  summary: "Shows people, relays and the plan in a browser on this machine",
  description:
    "Serves a page until it is interrupted: a map of people and relays, the coverage curve with " +
    "the number of relays to drag, who is not reached and why, the health of relays, and where " +
    "feeds stand. The page follows what other programs write to the database. With <who> the " +
    "people are those they follow, and what is missing of these is looked for first; without, " +
    "everybody whose relay list the database has, and no relay is asked for anything.",
  examples: [
    ["explorer --db outbox.sqlite3", "What an app's database knows"],
    ["explorer npub1… --db outbox.sqlite3", "The people whom somebody follows"],
    ["explorer npub1… --port 8080", "At an address of your own choice"],
  ],
  configure(command) {
    command.argument("[who]", "whose follows to show");
    command.option("-m, --max-relays <n>", "most relays that one request opens", count, 20);
    command.option(
      "-p, --port <n>",
      "port of the page; 0 stands for one that is free",
      portNumber,
      0,
    );
    addNetworkOptions(command);
  },
  async run({ args: [text], options, terminal, signal }) {
    const { maxRelays, port, ...network } = options as ExplorerCommandOptions;
    const onError = (error: unknown) => terminal.note(`Warning: ${messageOf(error)}`);
    const serve = async (store: EventDatabase, reading: Omit<ExplorerReading, "onError">) => {
      const data = readChanged({
        read: async () => explorerData(await explorerSource(store, { ...reading, onError })),
        version: () => fileVersion(network.db),
      });
      const server = await serveExplorer({ port, signal, data, onError });
      terminal.print(server.url);
      terminal.note("Open it in a browser. Ctrl-C ends it.");
      await server.closed;
      return 0;
    };
    if (text === undefined) {
      if (network.db === undefined) {
        throw new UsageError("Cannot show anybody: name somebody, or a database with --db");
      }
      const settings = { ...networkSettings(network), maxRelays };
      return await withExistingStore(network.db, (store) => serve(store, { settings, signal }));
    }
    const who = parseWho(text);
    return await withSession({ network, outbox: { maxRelays } }, terminal, async (session) => {
      const { outbox, store, settings } = session;
      const user = await findWho(who, outbox, signal);
      outbox.use({ user });
      const report = await readPlan(session, user, maxRelays, terminal, signal);
      const people = report.people.map(({ subject }) => subject);
      const names = await findNames(session, [user, ...people], signal);
      return await serve(store, { settings, signal, user, people, names });
    });
  },
};

/** Reads the number of a port. */
function portNumber(value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw new InvalidArgumentError("It must be an integer from 0 to 65535.");
}
