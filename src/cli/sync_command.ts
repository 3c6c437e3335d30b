/**
 * `sync`: reads the posts of the people somebody follows into a database.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import type { CliCommand } from "./command.ts";
import { gapsText } from "./feed_command.ts";
import { addNetworkOptions, count, type NetworkOptions } from "./network_options.ts";
import { findFollows } from "./people.ts";
import { withSession } from "./session.ts";
import { dateTime, many } from "./text.ts";
import { UsageError } from "./usage_error.ts";
import { findWho, parseWho } from "./who.ts";

/** The options of the command. */
interface SyncOptions extends NetworkOptions {
  readonly days: number;
  readonly json?: boolean;
}

const DAY_S = 86_400;
/** The kinds of a feed: posts, and follow lists and profiles of those who write them. */
const POST_KIND = 1;

/** See the module. */
export const syncCommand: CliCommand = {
  name: "sync",
  summary: "Reads the posts of the people somebody follows into a file",
  description:
    "Reads everything back to a time, each post where its author publishes, and says what may be " +
    "missing. What was read completely is never asked for again: after Ctrl-C, or tomorrow, the " +
    "same command goes on where it ended. `feed --db` reads from the same file.",
  examples: [
    ["sync npub1… --db outbox.sqlite3", "The last seven days"],
    ["sync npub1… --db outbox.sqlite3 --days 90", "Three months; Ctrl-C and go on when you like"],
  ],
  configure(command) {
    command.argument("<who>", "whose feed");
    command.option("-d, --days <n>", "how far back to read", count, 7);
    addNetworkOptions(command);
    command.option("--json", "print the result as JSON");
  },
  async run({ args: [text], options, terminal, signal }) {
    const { days, json, ...network } = options as SyncOptions;
    const who = parseWho(text);
    if (network.db === undefined) {
      throw new UsageError("Cannot sync without a file: name one with --db");
    }
    return await withSession({ network }, terminal, async (session) => {
      const { outbox, store } = session;
      const pubkey = await findWho(who, outbox, signal);
      outbox.use({ user: pubkey });
      const authors = await findFollows(session, pubkey, signal);
      const now = Math.floor(systemClock.now() / 1000);
      const since = Math.max(0, now - days * DAY_S);
      const posts = { kinds: [POST_KIND], authors };
      const feed = outbox.feed([posts], { store, signal });
      const bar = terminal.progress("Posts", now - since);
      let behind;
      try {
        behind = await feed.sync({
          since,
          signal,
          onProgress: ({ position }) => bar.update(now - position, `back to ${dateTime(position)}`),
        });
      } finally {
        bar.close();
      }
      await feed.close();
      const { count } = await store.count([{ ...posts, since }]);
      if (json) {
        terminal.print(
          JSON.stringify({ pubkey, since, until: now, posts: count, behind }, null, 2),
        );
      } else {
        terminal.print(
          `${many(count, "post", "posts")} of ${many(authors.length, "person", "people")} since ` +
            `${dateTime(since)} in ${network.db}. ${gapsText(behind)}`,
        );
      }
      return 0;
    });
  },
};
