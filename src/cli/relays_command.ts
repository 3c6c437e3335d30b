/**
 * `relays`: what is known about relays.
 *
 * @module
 */

import { createOutbox } from "../create_outbox.ts";
import type { RelayReport } from "../explain.ts";
import { causedMessage } from "./caused_message.ts";
import type { CliCommand } from "./command.ts";
import { addFileOptions, count, type NetworkOptions } from "./network_options.ts";
import { withExistingStore } from "./session.ts";
import type { Drawing } from "./streams.ts";
import type { Terminal } from "./terminal.ts";
import { duration, many } from "./text.ts";
import { textTable } from "./text_table.ts";
import { UsageError } from "./usage_error.ts";

/** The options of the command. */
interface RelaysOptions extends Pick<NetworkOptions, "db"> {
  readonly limit: number;
  readonly json?: boolean;
}

/** See the module. */
export const relaysCommand: CliCommand = {
  name: "relays",
  summary: "What a file knows about relays",
  description:
    "Lists every relay that was ever used with the file, the heaviest first: how fast it " +
    "connects and answers, how much it delivers of what others have, how it failed, and how far " +
    "its last answer can be believed. It connects to nothing.",
  examples: [
    ["relays --db outbox.sqlite3", "The best relays"],
    [
      "relays --db outbox.sqlite3 --json | jq '.[] | select(.state == \"backing-off\")'",
      "The worst",
    ],
  ],
  configure(command) {
    command.option("-n, --limit <n>", "most relays to print", count, 50);
    addFileOptions(command);
    command.option("--json", "print all as JSON");
  },
  async run({ options, terminal }) {
    const { limit, json, db } = options as RelaysOptions;
    if (db === undefined) {
      throw new UsageError("Cannot list relays without a file: name one with --db");
    }
    const relays = await readRelays(db, terminal);
    terminal.print(json ? JSON.stringify(relays, null, 2) : relaysText(relays, limit, terminal));
    return 0;
  },
};

/** The relays that a file knows, the heaviest first. Sends nothing, and writes nothing. */
async function readRelays(db: string, { note }: Pick<Terminal, "note">): Promise<RelayReport[]> {
  const records = await withExistingStore(db, (store) => store.readRecords("relay"));
  const outbox = createOutbox({
    onError: (error) => note(`Warning: ${causedMessage(error)}`),
    records: {
      readRecords: (topic) => Promise.resolve(topic === "relay" ? records : new Map()),
      writeRecords: () => Promise.resolve(),
    },
  });
  try {
    return (await outbox.relays()).sort((a, b) => b.weight - a.weight || (a.url < b.url ? -1 : 1));
  } finally {
    await outbox.close();
  }
}

/** The first of some relays, as text. */
export function relaysText(
  relays: readonly RelayReport[],
  limit: number,
  drawing: Drawing,
): string {
  if (relays.length === 0) return "No relay was used with this file yet.";
  const { colors } = drawing;
  const shown = relays.slice(0, limit);
  const rows = shown.map((relay) => [
    relay.url,
    relay.weight.toFixed(2),
    `${relay.successes}`,
    relay.connectMs === undefined ? "" : `${relay.connectMs} ms`,
    relay.eoseMs === undefined ? "" : `${relay.eoseMs} ms`,
    relay.delivers === undefined ? "" : `${Math.round(100 * relay.delivers)} %`,
    relay.proof ?? "",
    troubles(relay),
  ]);
  const table = textTable(
    [
      { head: "relay", paint: colors.cyan },
      { head: "weight", align: "right" },
      { head: "connected", align: "right" },
      { head: "in", align: "right" },
      { head: "answers in", align: "right" },
      { head: "delivers", align: "right" },
      { head: "proof" },
      { head: "failures", paint: colors.yellow },
    ],
    rows,
    drawing,
  );
  const more = relays.length - shown.length;
  return more > 0 ? `${table}\n${many(more, "relay", "relays")} more; see --limit` : table;
}

function troubles({ state, retryIn, failures, wantsSignIn }: RelayReport): string {
  return [
    ...state === "backing-off" ? [`tried again in ${duration(retryIn)}`] : [],
    ...Object.entries(failures).map(([kind, times]) => `${times} x ${kind}`),
    ...wantsSignIn ? ["wants a sign-in"] : [],
  ].join(", ");
}
