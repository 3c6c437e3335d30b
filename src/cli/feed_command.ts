/**
 * `feed`: the newest posts of the people somebody follows, page by page.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { Feed } from "../feeds/feed.ts";
import { MAX_PAGE_SIZE } from "../feeds/feed_options.ts";
import type { FeedGap, FeedPage } from "../feeds/feed_sources.ts";
import type { CliCommand, CommandCall } from "./command.ts";
import { addNetworkOptions, count, countUpTo, type NetworkOptions } from "./network_options.ts";
import { failuresText, findFollows, findNames, type Names } from "./people.ts";
import { eventLine, postText } from "./post_text.ts";
import { type Session, withSession } from "./session.ts";
import { many } from "./text.ts";
import { findWho, parseWho } from "./who.ts";

/** The options of the command. */
interface FeedCommandOptions extends NetworkOptions {
  readonly pages?: number;
  readonly limit: number;
  readonly live?: boolean;
  readonly json?: boolean;
}

/** How long a page waits for slow relays. */
const PATIENCE_MS = 3_000;

/** See the module. */
export const feedCommand: CliCommand = {
  name: "feed",
  summary: "The newest posts of the people somebody follows",
  description:
    "Reads each post where its author publishes, the newest first, page by page. At a terminal " +
    "it asks after each page whether to go on; elsewhere it prints --pages of them. What may be " +
    "missing stands on stderr. With --db it keeps the posts, and asks only for what it lacks.",
  examples: [
    ["feed npub1…", "Read on, page by page"],
    ["feed npub1… --live", "One page, and then what they post from now on"],
    ["feed npub1… --db outbox.sqlite3 --pages 5 --json", "Five pages as events, one a line"],
  ],
  configure(command) {
    command.argument("<who>", "whose feed");
    command.option("-p, --pages <n>", "print so many pages, and ask nothing", count);
    command.option("-n, --limit <n>", "posts in a page", countUpTo(MAX_PAGE_SIZE), 20);
    command.option("-l, --live", "go on with new posts until Ctrl-C");
    addNetworkOptions(command);
    command.option("--json", "print each event as JSON, one a line");
  },
  async run(call) {
    const { args: [text], options, terminal, signal } = call;
    const { pages, limit, live, json: _, ...network } = options as FeedCommandOptions;
    const who = parseWho(text);
    return await withSession({ network }, terminal, async (session) => {
      const { outbox, store, failures } = session;
      const pubkey = await findWho(who, outbox, signal);
      outbox.use({ user: pubkey });
      const authors = await findFollows(session, pubkey, signal);
      const filters = [{ kinds: [1], authors }];
      const feed = outbox.feed(filters, {
        pageSize: limit,
        patience: PATIENCE_MS,
        fresh: true,
        signal,
        ...network.db === undefined ? {} : { store },
      });
      const printer = new PostPrinter(session, call);
      const behind = await printPages(feed, { pages, isLive: live === true }, printer, call);
      terminal.note(gapsText(behind));
      terminal.note(failuresText(failures.values()).replace("; r", "R"));
      if (live) await printer.follow(feed);
      return 0;
    });
  },
};

/**
 * Prints pages, as many as are wanted; the result is whose posts may be missing in them. A page that
 * is empty because relays are late is none: the next one waits for them.
 */
export async function printPages(
  feed: Pick<Feed, "next">,
  { pages, isLive }: { readonly pages?: number; readonly isLive: boolean },
  printer: Pick<PostPrinter, "print">,
  { terminal, signal, options }: Pick<CommandCall, "terminal" | "signal" | "options">,
): Promise<readonly FeedGap[]> {
  let behind: readonly FeedGap[] = [];
  for (let printed = 0;;) {
    const { done, value: page } = await feed.next();
    if (done) return behind;
    behind = page.behind;
    if (page.events.length + page.late.length === 0) {
      if (behind.some(({ reason }) => reason === "late")) continue;
      return behind;
    }
    await printer.print(page, isLive);
    if (++printed >= (pages ?? (isLive ? 1 : Infinity))) return behind;
    if (pages !== undefined) continue;
    if (options.json || !await terminal.confirm("More?", signal)) return behind;
  }
}

/** Prints posts with the names of their authors. */
class PostPrinter {
  readonly #session: Session;
  readonly #call: CommandCall;
  #names: Names = new Map();
  /** Whose names were looked for. */
  readonly #asked = new Set<string>();

  constructor(session: Session, call: CommandCall) {
    this.#session = session;
    this.#call = call;
  }

  /** Prints a page: the newest first, or last where new posts will follow. */
  async print({ events, late }: FeedPage, isLive: boolean): Promise<void> {
    const posts = [...events, ...late].sort((a, b) => b.created_at - a.created_at);
    if (isLive) posts.reverse();
    await this.#learnNames(posts);
    for (const post of posts) this.#post(post);
  }

  /** Prints new posts until the end. */
  async follow(feed: Feed): Promise<void> {
    const { terminal, signal } = this.#call;
    terminal.note("Waiting for new posts; Ctrl-C ends");
    for await (const post of feed.live({ signal })) this.#post(post);
  }

  #post(post: NostrEvent): void {
    const { options, terminal } = this.#call;
    if (options.json) return terminal.print(eventLine(post));
    terminal.print(postText(post, this.#names, terminal));
  }

  async #learnNames(posts: readonly NostrEvent[]): Promise<void> {
    const { options, signal } = this.#call;
    if (options.json) return;
    const strangers = posts.map(({ pubkey }) => pubkey).filter((one) => !this.#asked.has(one));
    for (const pubkey of strangers) this.#asked.add(pubkey);
    const names = await findNames(this.#session, [...new Set(strangers)], signal);
    this.#names = new Map([...this.#names, ...names]);
  }
}

/** Whose posts may be missing, where and why. */
export function gapsText(behind: readonly FeedGap[]): string {
  if (behind.length === 0) return "Nothing is known to be missing.";
  const people = (gaps: readonly FeedGap[]) =>
    many(new Set(gaps.map(({ pubkey }) => pubkey)).size, "person", "people");
  const reasons = [...Map.groupBy(behind, ({ reason }) => reason)]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, gaps]) => {
      if (reason === "fallback") return `none of the own relays of ${people(gaps)} can be asked`;
      const relays = new Set(gaps.map(({ relay }) => relay)).size;
      return `${reason} at ${many(relays, "relay", "relays")}`;
    });
  return `Posts of ${people(behind)} may be missing: ${reasons.slice(0, 4).join(", ")}.`;
}
