/**
 * Outbox routing for `NPool`, step by step: a database, an outbox in a pool, a way to
 * collect relay lists, requests that go where people write, and events that go where
 * people read.
 *
 *     deno run -A examples/tutorial.ts nprofile1… [text]
 *
 * Prints the latest posts of the user that the nprofile names. With a text, a throw-away
 * user sends it to them. `--local` allows relays on your own machine.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import { createOutbox } from "@npool/outbox";
import { openSqlite } from "@npool/outbox/sqlite";
import { finalizeEvent, generateSecretKey, nip19 } from "nostr-tools";

const isLocal = Deno.args.includes("--local");
const [nprofile, text] = Deno.args.filter((arg) => arg !== "--local");
// Strangers write relay lists: on a server, leave this closed.
const policy = isLocal ? { allowLocal: true, allowInsecure: true } : {};

// Step 1: a database.
//
// Relay lists are Nostr events (kind 10002), so any Nostrify store can hold them.
// This one is SQLite in memory; with a path ("./outbox.sqlite3") it is a file that
// outlives the program. Beside the lists it keeps what the outbox learns about relays.

await using db = await openSqlite(":memory:");

// Step 2: an outbox, and a pool.
//
// About a quarter of the people one follows have no list; the outbox requests them from
// the fallback relays. It gives up relays that do not answer in time, so no request needs
// a timeout of its own.

await using outbox = createOutbox({
  store: db,
  fallbackRelays: isLocal ? [] : ["wss://relay.damus.io", "wss://nos.lol"],
  indexerRelays: isLocal ? [] : ["wss://purplepag.es"],
  policy,
});
await using pool = new NPool(outbox);

// Step 3: collect relay lists.
//
// The outbox finds lists by itself. To store one that you have, put it in: older and
// repeated ones do no harm. An nprofile names relays that have a user's list.

async function handleProfile(nprofile: string): Promise<string> {
  const { type, data } = nip19.decode(nprofile);
  if (type !== "nprofile") throw new TypeError(`Cannot use an ${type}: it must be an nprofile`);

  const filter = { kinds: [10002], authors: [data.pubkey], limit: 1 };
  const lists = await pool.query([filter], { relays: data.relays });
  for (const list of lists) await outbox.store.event(list);
  return data.pubkey;
}

// That is all. From here on, use the pool like a single relay.

try {
  if (!nprofile) throw new TypeError("Whose posts? Give an nprofile");
  const pubkey = await handleProfile(nprofile);

  // Step 4: requests. They go to the relays that each author writes to.
  const posts = await pool.query([{ kinds: [1], authors: [pubkey], limit: 10 }]);
  for (const post of posts) console.log(`${post.created_at}  ${JSON.stringify(post.content)}`);

  // Step 5: events. They go to their author's own relays, and to the inbox of each user
  // whom they tag.
  if (text) {
    const mention = finalizeEvent({
      kind: 1,
      content: text,
      tags: [["p", pubkey]],
      created_at: Math.floor(Date.now() / 1000),
    }, generateSecretKey());
    await pool.event(mention);
    console.log(`Sent to ${(await outbox.eventRouter(mention)).join(", ")}`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  // Where no relay took the event, each says why.
  if (error instanceof AggregateError) {
    for (const { message } of error.errors) console.error(message);
  }
  Deno.exitCode = 1;
}
