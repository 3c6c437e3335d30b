/**
 * `why`: where an event or somebody's posts should be, and where they are.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { filterOf } from "../hints/filter_of.ts";
import { messageOf } from "../base/message_of.ts";
import type { CliCommand, CommandCall } from "./command.ts";
import { addNetworkOptions, type NetworkOptions } from "./network_options.ts";
import { findNames, type Names } from "./people.ts";
import { type Session, withSession } from "./session.ts";
import { UsageError } from "./usage_error.ts";
import { findEvent } from "./why_event.ts";
import { whyEventReport } from "./why_event_report.ts";
import { whyEventText } from "./why_event_text.ts";
import { findPosts } from "./why_person.ts";
import { whyPersonReport } from "./why_person_report.ts";
import { whyPersonText } from "./why_person_text.ts";
import { findWho, parseWho, type Who } from "./who.ts";

/** The options of the command. */
interface WhyOptions extends NetworkOptions {
  readonly user?: string;
  readonly json?: boolean;
}

/** See the module. */
export const whyCommand: CliCommand = {
  name: "why",
  summary: "Why a post is not seen: where it should be, and where it is",
  description:
    "Asks each relay where an event belongs, where an app would look, and where it may be, and " +
    "says how far each answer proves anything: `finish` is the relay's word that it sent all, " +
    "`drained` a further page that brought nothing new, `inferred` an answer shorter than the " +
    "relay's longest, `unknown` no proof at all. For a person it does so with the newest posts.\n\n" +
    "Ends with the exit code 1 if something is wrong.",
  examples: [
    ["why nevent1…", "Why nobody sees this post"],
    ["why note1… --relay wss://relay.example", "The same, looking at one more relay"],
    ["why nevent1… --user npub1…", "Why this user does not see it, who may block relays"],
    ["why npub1…", "Whether somebody's posts are where others look for them"],
  ],
  configure(command) {
    command.argument("<what>", "a nevent, note, naddr, npub or nprofile code, or name@domain");
    command.option("-u, --user <who>", "who reads: their app asks no relay that they block");
    addNetworkOptions(command);
    command.option("--json", "print the report as JSON");
  },
  async run(call) {
    const { args: [text], options, terminal, signal } = call;
    const { user, json, ...network } = options as WhyOptions;
    const target = parseTarget(text);
    const reader = user === undefined ? undefined : parseWho(user);
    return await withSession({ network }, terminal, async (session) => {
      if (reader) await readAs(session, reader, signal);
      const { report, draw } = "event" in target
        ? await whyEvent(session, text, call)
        : await whyPerson(session, target, call);
      terminal.print(json ? JSON.stringify(report, null, 2) : draw);
      return report.findings.some(({ level }) => level === "wrong") ? 1 : 0;
    });
  },
};

/** Plans as the app of a user does, who may block relays. */
async function readAs({ outbox }: Session, who: Who, signal: AbortSignal): Promise<void> {
  const user = await findWho(who, outbox, signal);
  outbox.use({ user });
  await outbox.discover([user], { signal });
}

/** Whether a text names an event or a person. @throws {UsageError} If it names neither. */
function parseTarget(text: string): { readonly event: NostrFilter } | Who {
  if (/(?:note|nevent|naddr)1/i.test(text)) {
    try {
      const event = filterOf(text);
      if (event.ids || event.kinds) return { event };
    } catch (error) {
      throw new UsageError(messageOf(error));
    }
  }
  return parseWho(text);
}

async function whyEvent(
  session: Session,
  text: string,
  { terminal, signal }: CommandCall,
) {
  const filter = await session.outbox.find(text, { signal });
  const report = whyEventReport(await findEvent(session, filter, terminal, signal));
  const names = await namesOf(session, report.author, signal);
  return { report, draw: whyEventText(report, names, terminal) };
}

async function whyPerson(
  session: Session,
  who: Who,
  { terminal, signal }: CommandCall,
) {
  const pubkey = await findWho(who, session.outbox, signal);
  const report = whyPersonReport(await findPosts(session, pubkey, terminal, signal));
  const names = await namesOf(session, pubkey, signal);
  return { report, draw: whyPersonText(report, names, terminal) };
}

function namesOf(
  session: Session,
  pubkey: string | undefined,
  signal: AbortSignal,
): Promise<Names> {
  return findNames(session, pubkey === undefined ? [] : [pubkey], signal);
}
