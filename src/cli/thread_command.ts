/**
 * `thread`: a post, and all that answers it.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { messageOf } from "../base/message_of.ts";
import { filterOf } from "../hints/filter_of.ts";
import type { CliCommand } from "./command.ts";
import { addNetworkOptions, type NetworkOptions } from "./network_options.ts";
import { failuresText, findNames, type Names } from "./people.ts";
import { eventLine, postText } from "./post_text.ts";
import { type Session, withSession } from "./session.ts";
import type { Drawing } from "./streams.ts";
import { peopleIn, rootOf, type ThreadNode, threadTrees } from "./thread_tree.ts";
import { UsageError } from "./usage_error.ts";

/** Posts and comments. */
const KINDS = [1, 1111];
/** How often what answers the answers is looked for. */
const MAX_ROUNDS = 3;
/** Most people in whose relays the beginning of a thread is looked for. */
const MAX_PEOPLE = 10;
/** How far a deep thread is indented, in characters. */
const MAX_INDENT = 24;

/** See the module. */
export const threadCommand: CliCommand = {
  name: "thread",
  summary: "A post, and all that answers it",
  description:
    "Reads the whole thread of a post: from where its first author reads answers, from where the " +
    "post was seen, and then what answers the answers.",
  examples: [
    ["thread nevent1…", "The thread that a post belongs to"],
    ["thread nevent1… --json", "The same as events, one a line"],
  ],
  configure(command) {
    command.argument("<event>", "a nevent or note code");
    addNetworkOptions(command);
    command.option("--json", "print each event as JSON, one a line");
  },
  async run({ args: [text], options, terminal, signal }) {
    checkTarget(text);
    const network = options as NetworkOptions;
    return await withSession({ network }, terminal, async (session) => {
      const filter = await session.outbox.find(text, { signal });
      const events = await readThread(session, filter, signal);
      if (events.length === 0) {
        const failures = failuresText(session.failures.values());
        throw new Error(`Cannot find the event: no relay that answered has it${failures}`);
      }
      const trees = threadTrees(events);
      if (options.json) {
        for (const event of events) terminal.print(eventLine(event));
        return 0;
      }
      const names = await findNames(session, [...new Set(events.map((one) => one.pubkey))], signal);
      const isMeant = ({ id }: NostrEvent) => filter.ids?.includes(id) === true;
      for (const tree of trees) terminal.print(treeText(tree, names, terminal, isMeant));
      return 0;
    });
  },
};

/** @throws {UsageError} If a text is no code of an event with an id. */
function checkTarget(text: string): void {
  let filter: NostrFilter;
  try {
    filter = filterOf(text);
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
  if (!filter.ids) throw new UsageError("Cannot read a thread: give a nevent or note code");
}

/** The events of the thread that an event belongs to, each once. */
async function readThread(
  { pool }: Session,
  filter: NostrFilter,
  signal: AbortSignal,
): Promise<NostrEvent[]> {
  const [event] = await pool.query([filter], { signal });
  signal.throwIfAborted();
  if (!event) return [];
  const root = rootOf(event) ?? event.id;
  const found = new Map([[event.id, event]]);
  let ids = [...new Set([root, event.id])];
  for (let round = 0; round < MAX_ROUNDS && ids.length > 0; round++) {
    const replies = await pool.query([
      ...round === 0 && root !== event.id ? rootFilters(root, event) : [],
      { kinds: KINDS, "#e": ids },
      { kinds: KINDS, "#E": ids },
    ], { signal });
    signal.throwIfAborted();
    ids = replies.map(({ id }) => id).filter((id) => !found.has(id));
    for (const reply of replies) found.set(reply.id, reply);
  }
  return [...found.values()];
}

/** Asks for the beginning of a thread: also at the relays of those whom an answer names (NIP-10). */
function rootFilters(id: string, answer: NostrEvent): NostrFilter[] {
  const people = peopleIn(answer).slice(0, MAX_PEOPLE);
  return [{ ids: [id] }, ...people.length > 0 ? [{ ids: [id], authors: people }] : []];
}

/** A post and its answers, each level further to the right. */
function treeText(
  tree: ThreadNode,
  names: Names,
  drawing: Drawing,
  isMeant: (event: NostrEvent) => boolean,
  depth = 0,
): string {
  const indent = " ".repeat(Math.min(2 * depth, MAX_INDENT));
  const { bold, yellow } = drawing.colors;
  const mark = isMeant(tree.event) && depth + tree.replies.length > 0
    ? `${indent}${yellow(bold("▼"))}\n`
    : "";
  return [
    mark + postText(tree.event, names, drawing, indent),
    ...tree.replies.map((reply) => treeText(reply, names, drawing, isMeant, depth + 1)),
  ].join("\n");
}
