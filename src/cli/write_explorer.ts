/**
 * Writes the explorer's page of a plan into a file.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { messageOf } from "../base/message_of.ts";
import { explorerData } from "../explorer/explorer_data.ts";
import { explorerPage } from "../explorer/explorer_page.ts";
import { explorerSource } from "./explorer_source.ts";
import type { Names } from "./people.ts";
import type { PlanReport } from "./plan_report.ts";
import type { Session } from "./session.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Writes a page that needs nothing else.
 *
 * @throws {Error} If the file cannot be written.
 */
export async function writeExplorer(
  file: string,
  { outbox, store, settings }: Session,
  { pubkey, people }: PlanReport,
  names: Names,
  terminal: Pick<Terminal, "note">,
  signal: AbortSignal,
): Promise<void> {
  const weights = new Map((await outbox.relays()).map(({ url, weight }) => [url, weight]));
  const source = await explorerSource(store, {
    user: pubkey,
    people: people.map(({ subject }) => subject),
    names,
    weight: (url) => weights.get(url) ?? 1,
    settings,
    onError: (error) => terminal.note(`Warning: ${error.message}`),
    signal,
  });
  try {
    await writeFile(file, explorerPage(explorerData(source)));
  } catch (cause) {
    throw new Error(`Cannot write the page: ${messageOf(cause)}`, { cause });
  }
  terminal.note(`Wrote ${file}: open it in a browser.`);
}
