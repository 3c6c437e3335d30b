/**
 * Outbox routing for `NPool`, step by step: a database for relay lists, a way to
 * collect them, requests that go where people write, events that go where people
 * read.
 *
 *     deno run -A examples/tutorial.ts nprofile1… [text]
 *
 * Prints the latest posts of whom the nprofile names. With a text, a throw-away
 * user says it to them. `--local` allows relays on your own machine.
 *
 * @module
 */

import { NPool, NRelay1 } from "@nostrify/nostrify";
import { createEventRouter, createReqRouter, RelayListStore } from "@npool/outbox";
import { openSqlite } from "@npool/outbox/sqlite";
import { finalizeEvent, generateSecretKey, nip19 } from "nostr-tools";

const isLocal = Deno.args.includes("--local");
const [nprofile, text] = Deno.args.filter((arg) => arg !== "--local");
// Relay lists are written by strangers: on a server, leave this closed.
const policy = isLocal ? { allowLocal: true, allowInsecure: true } : {};

// Step 1: a database.
//
// Relay lists are Nostr events (kind 10002), so any Nostrify store can hold them.
// This one is SQLite in memory; with a path ("./outbox.sqlite3") it is a file that
// outlives the program.

await using db = await openSqlite(":memory:");
const outbox = new RelayListStore(db);

// Step 2: collect relay lists.
//
// Whenever a list comes by, put it in; older and repeated ones do no harm. An
// nprofile is a good occasion: it names relays on which a user can be found.
// (`pool` is made in step 3.)

async function handleProfile(nprofile: string, signal: AbortSignal): Promise<string> {
  const { type, data } = nip19.decode(nprofile);
  if (type !== "nprofile") throw new TypeError(`Cannot use an ${type}: it must be an nprofile`);

  const lists = await pool.query(
    [{ kinds: [10002], authors: [data.pubkey], limit: 1 }],
    { relays: data.relays, signal },
  );
  for (const list of lists) await outbox.event(list);
  return data.pubkey;
}

// Step 3: route requests.
//
// The router asks the store for the lists of everyone whom a filter names, and
// sends each relay a filter for those who write there. Whoever has no list (about
// a quarter of the people one follows) is looked for on the fallback relays.

const options = {
  fallbackRelays: isLocal ? [] : ["wss://relay.damus.io", "wss://nos.lol"],
  indexerRelays: isLocal ? [] : ["wss://purplepag.es"],
  policy,
};
const reqRouter = createReqRouter(outbox, options);

// Step 4: route events.
//
// An event goes to its author's own relays, and to the inbox of each user it tags.

const eventRouter = createEventRouter(outbox, options);

await using pool = new NPool({ open: (url) => new NRelay1(url), reqRouter, eventRouter });

// That is all. From here on the pool is used like a single relay.

const timeout = new AbortController();
const timer = setTimeout(() => timeout.abort(), 15_000);
try {
  if (!nprofile) throw new TypeError("Whose posts? Give an nprofile");
  const pubkey = await handleProfile(nprofile, timeout.signal);

  const posts = await pool.query([{ kinds: [1], authors: [pubkey], limit: 10 }], timeout);
  for (const post of posts) console.log(`${post.created_at}  ${JSON.stringify(post.content)}`);

  if (text) {
    const mention = finalizeEvent({
      kind: 1,
      content: text,
      tags: [["p", pubkey]],
      created_at: Math.floor(Date.now() / 1000),
    }, generateSecretKey());
    await pool.event(mention, timeout);
    console.log(`Sent to ${(await eventRouter(mention)).join(", ")}`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exitCode = 1;
} finally {
  clearTimeout(timer);
}
