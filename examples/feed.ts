/**
 * A feed in the terminal: the newest posts of the people someone follows, each
 * read where its author publishes, and then what they post from now on.
 *
 *     deno run -A examples/feed.ts npub1… [--pages 1] [--limit 20] [--db outbox.sqlite3] [--once]
 *     deno run -A examples/feed.ts npub1… --relay wss://relay.example --relay …
 *
 * Takes an npub, an nprofile or a public key in hex. `--relay` names the relays to
 * start from instead of the public ones below. `--db` names a file that keeps relay
 * lists, what relays are worth, and posts: the next run asks only for posts that it
 * lacks. `--pages` says how far to read back, in pages of `--limit` posts. `--once`
 * ends the program before the live part.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NStore } from "@nostrify/types";
import { createOutbox, normalizeRelayUrl } from "@npool/outbox";
import type { FeedGap, Outbox, RelayFailureError, RelayUrlPolicy } from "@npool/outbox";
import { openSqlite } from "@npool/outbox/sqlite";
import { parseArgs } from "node:util";
import { nip19 } from "nostr-tools";

/** Big public relays, for people without a relay list. */
const FALLBACK_RELAYS = ["wss://relay.damus.io", "wss://nos.lol", "wss://relay.primal.net"];
/** How long a page waits for slow relays. */
const PATIENCE_MS = 3_000;
/** Most failed relays to print by name. */
const MAX_NAMED_FAILURES = 3;
/** The policy if the user names a relay on their own machine or network. */
const LOCAL: RelayUrlPolicy = { allowLocal: true, allowInsecure: true };

/** Reads the command line. @throws {Error} If it is wrong, with the reason. */
function readSettings(args: string[]) {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      relay: { type: "string", multiple: true, default: [] },
      db: { type: "string", default: ":memory:" },
      pages: { type: "string", default: "1" },
      limit: { type: "string", default: "20" },
      once: { type: "boolean", default: false },
    },
  });
  if (positionals.length !== 1) {
    throw new Error(
      `Whose feed? Give one npub, nprofile or public key in hex, not ${positionals.length}`,
    );
  }
  const count = (name: "pages" | "limit") => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 1) return value;
    throw new Error(`Cannot use --${name}: it must be an integer >= 1, got "${values[name]}"`);
  };
  const [pages, limit] = [count("pages"), count("limit")];
  const isLocal = (url: string) => !normalizeRelayUrl(url) && normalizeRelayUrl(url, LOCAL);
  const policy = values.relay.some(isLocal) ? LOCAL : {};
  const relays = values.relay.map((value) => {
    const url = normalizeRelayUrl(value, policy);
    if (!url) throw new Error(`Cannot use --relay: "${value}" is no relay (wss://host)`);
    return url;
  });
  return {
    ...readUser(positionals[0]),
    indexerRelays: relays.length ? relays : undefined,
    fallbackRelays: relays.length ? relays : FALLBACK_RELAYS,
    policy,
    db: values.db,
    pages,
    limit,
    once: values.once,
  };
}

/** Reads the pubkey of an identifier, and its relays. */
function readUser(value: string): { pubkey: string; hints: string[] } {
  const id = value.replace(/^nostr:/, "");
  if (/^[0-9a-f]{64}$/i.test(id)) return { pubkey: id.toLowerCase(), hints: [] };
  let decoded: ReturnType<typeof nip19.decode>;
  try {
    decoded = nip19.decode(id);
  } catch (cause) {
    // Shows only its start: it may be a mistyped secret key.
    const start = value.length > 12 ? `${value.slice(0, 12)}…` : value;
    throw new Error(`Cannot read "${start}": not an npub, nprofile or public key`, { cause });
  }
  if (decoded.type === "npub") return { pubkey: decoded.data, hints: [] };
  if (decoded.type === "nprofile") {
    return { pubkey: decoded.data.pubkey, hints: decoded.data.relays ?? [] };
  }
  // Does not show it: it may be a secret key.
  throw new Error(`Cannot follow a ${decoded.type}: an npub, nprofile or public key is needed`);
}

type Settings = ReturnType<typeof readSettings>;

/** The feed of one user. */
class Feed {
  readonly #settings: Settings;
  readonly #outbox: Outbox;
  readonly #store: NStore;
  readonly #pool: NPool;
  readonly #names = new Map<string, string>();
  /** The last failure of each relay that failed. */
  readonly #failures: ReadonlyMap<string, RelayFailureError>;

  constructor(
    settings: Settings,
    { outbox, store, pool }: { outbox: Outbox; store: NStore; pool: NPool },
    failures: ReadonlyMap<string, RelayFailureError>,
  ) {
    this.#settings = settings;
    this.#outbox = outbox;
    this.#store = store;
    this.#pool = pool;
    this.#failures = failures;
  }

  /** Prints stored posts, then new ones until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { pages, limit, once } = this.#settings;
    const authors = await this.#follows(signal);
    await using feed = this.#outbox.feed([{ kinds: [1], authors }], {
      store: this.#store,
      pageSize: limit,
      patience: PATIENCE_MS,
      fresh: true,
    });
    const posts: NostrEvent[] = [];
    let behind: readonly FeedGap[] = [];
    for (let count = 0; count < pages && !signal.aborted; count++) {
      const { done, value: page } = await feed.next();
      if (done) break;
      posts.push(...page.events, ...page.late);
      behind = page.behind;
    }
    posts.sort((a, b) => a.created_at - b.created_at);
    await this.#learnNames([...new Set(posts.map(({ pubkey }) => pubkey))], signal);
    for (const post of posts) this.#print(post);
    this.#noteFailures();
    noteBehind(behind);
    if (once) return;

    note("Waiting for new posts; Ctrl+C ends");
    for await (const post of feed.live({ signal })) this.#print(post);
  }

  async #follows(signal: AbortSignal): Promise<string[]> {
    const { pubkey } = this.#settings;
    const [list] = await this.#pool.query([{ kinds: [3], authors: [pubkey], limit: 1 }], {
      signal,
    });
    const tags = list?.tags ?? [];
    const follows = tags.filter(([name, value]) => name === "p" && /^[0-9a-f]{64}$/.test(value));
    if (follows.length > 0) return [...new Set(follows.map(([, value]) => value))];
    throw new Error(`Cannot find whom ${nip19.npubEncode(pubkey)} follows`);
  }

  async #learnNames(authors: string[], signal: AbortSignal): Promise<void> {
    const profiles = await this.#pool.query([{ kinds: [0], authors }], { signal });
    for (const profile of profiles) this.#names.set(profile.pubkey, nameIn(profile));
  }

  /** Prints which relays failed: half of those in people's lists are dead. */
  #noteFailures(): void {
    const errors = [...this.#failures.values()];
    if (errors.length === 0) return;
    const named = errors.slice(0, MAX_NAMED_FAILURES).map(({ relay, reason }) =>
      `${relay} (${reason})`
    );
    const more = errors.length - named.length;
    note(`Relays that failed: ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`);
  }

  #print({ pubkey, created_at, content }: NostrEvent): void {
    const name = this.#names.get(pubkey) || `${nip19.npubEncode(pubkey).slice(0, 12)}…`;
    const time = new Date(created_at * 1000).toISOString().slice(0, 16).replace("T", " ");
    console.log(`${time}  ${printable(name).slice(0, 30)}`);
    console.log(`${printable(content).trimEnd().replace(/^/gm, "    ")}\n`);
  }
}

/** Prints whose posts may be missing. */
function noteBehind(behind: readonly FeedGap[]): void {
  const people = new Set(behind.map(({ pubkey }) => pubkey));
  if (people.size > 0) note(`Posts of ${people.size} people may be missing: their relays are late`);
}

/** The name in a profile; empty if the profile is not JSON. */
function nameIn(profile: NostrEvent): string {
  try {
    const { display_name, name } = JSON.parse(profile.content);
    return String(display_name || name || "");
  } catch {
    return ""; // The feed shows the start of the npub instead.
  }
}

/** Removes control characters, with which a stranger's text could control the terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- it finds control characters
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}

/** Prints to stderr, so that posts alone can be piped. */
function note(text: string): void {
  console.error(`· ${text}`);
}

async function main(): Promise<void> {
  const settings = readSettings(Deno.args);
  const { pubkey, hints, fallbackRelays, indexerRelays, policy } = settings;
  await using store = await openSqlite(settings.db);
  const failures = new Map<string, RelayFailureError>();
  const onRelayError = (error: RelayFailureError) => void failures.set(error.relay, error);
  await using outbox = createOutbox({
    store,
    fallbackRelays,
    indexerRelays,
    policy,
    onRelayError,
    onProgress: ({ known, found, missing }) =>
      note(`Relay lists: ${known} known, ${found} found, ${missing} people have none`),
  });
  // These relays count if the user has no list.
  outbox.hint(pubkey, hints.flatMap((url) => normalizeRelayUrl(url, policy) ?? []));
  await using pool = new NPool(outbox);

  const stop = new AbortController();
  const interrupt = () => stop.abort();
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    await new Feed(settings, { outbox, store, pool }, failures).run(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exitCode = 1;
}
