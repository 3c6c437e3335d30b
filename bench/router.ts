/**
 * What does a call of the request router cost, with the lists that it reads?
 *
 * 10,000 lists lie in a SQLite file; one filter names their authors. Cold: a new
 * `RelayListStore` with an empty cache, so the call reads the lists, parses them
 * and plans. Warm: the same call again, the lists in memory. Beside it the bare read
 * that a cold call cannot do without, on `node:sqlite` itself, in batches of the same
 * size, with a statement that stays prepared: `SELECT` by kind and pubkey, and
 * `JSON.parse` of the tags, into a map. Once with the whole events, which is what an
 * event store has to hand out, once with no column more than a relay list needs, and
 * once with the whole events as arrays: rows are objects unless one asks for that, as
 * the library's database does.
 *
 * Beside the warm call stands the bare loop of bench/peers, which groups the same lists, as the
 * store holds them in memory, by relay, and chooses nothing.
 *
 * All read the same file, which the operating system has cached by then, through
 * connections that are open. A new store finds the process's memory of relay URLs
 * (800 of them) in place.
 *
 * @module
 */

import type { NStore } from "@nostrify/types";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../src/db/sqlite.ts";
import { createReqRouter, RelayListStore } from "../src/mod.ts";
import { zipfLists } from "../testing/world/world.ts";
import { withListFile } from "./list_file.ts";
import { measure } from "./measure.ts";
import { bareLoop } from "./peers/bare_loop.ts";
import { count, ms, print, progress, prose, range, ratio, table } from "./report.ts";

const AUTHORS = 10_000;
const PUBKEYS_PER_READ = 1_000;
const EVENT_COLUMNS = "id, kind, pubkey, content, created_at, tags, sig";
const LIST_COLUMNS = "pubkey, created_at, tags";
const OPTIONS = { maxRelays: 20, relaysPerAuthor: 2 };

/** Times a cold and a warm call against the bare read. */
export async function benchRouter(): Promise<void> {
  const lists = zipfLists({ authors: AUTHORS, seed: 65 });
  await withListFile(() => lists.values(), async (path) => {
    const authors: string[] = JSON.parse(JSON.stringify([...lists.keys()]));
    const filters = [{ kinds: [1], authors }];
    await using db = await openSqlite(path);
    using bare = new DatabaseSync(path, { readOnly: true });
    const store = new RelayListStore(db);
    const warm = createReqRouter(store, OPTIONS);
    const held = await store.get(authors);
    const loop = bareLoop.prepare({ filter: filters[0], lists: held, ...OPTIONS });
    const contenders = [
      { name: "bare read, whole events", run: bareRead(bare, EVENT_COLUMNS, authors) },
      { name: "bare read, three columns", run: bareRead(bare, LIST_COLUMNS, authors) },
      { name: "bare read, events as arrays", run: bareRead(bare, EVENT_COLUMNS, authors, true) },
      { name: "EventDatabase.query, in batches", run: queryAll(db, authors) },
      { name: "RelayListStore.get, cold", run: () => new RelayListStore(db).get(authors) },
      {
        name: "reqRouter, cold",
        run: () => createReqRouter(new RelayListStore(db), OPTIONS)(filters),
      },
      { name: "reqRouter, warm", run: () => warm(filters) },
      { name: bareLoop.name, run: loop.run },
    ];
    progress(`reqRouter: ${count(AUTHORS)} lists`);
    const timings = await measure(contenders, { budget: 3_000 });

    const routes = await warm(filters);
    const routed = new Set([...routes.values()].flat().flatMap(({ authors = [] }) => authors));
    print("## A router call");
    print(prose(
      `${count(AUTHORS)} lists in a SQLite file; ` +
        `${count(routed.size)} authors are routed, to ${routes.size} relays.`,
    ));
    print(table(
      [
        "call",
        "median",
        "min–max",
        "/ bare, whole events",
        "/ bare, three columns",
        "/ bare loop",
      ],
      contenders.map(({ name }) => [
        name,
        ms(timings.of(name).median),
        range(timings.of(name)),
        ...[...contenders.slice(0, 2), bareLoop]
          .map((other) => ratio(timings.ratio(name, other.name))),
      ]),
    ));
  });
}

function queryAll(db: NStore, authors: readonly string[]) {
  return async () => {
    for (let at = 0; at < authors.length; at += PUBKEYS_PER_READ) {
      await db.query([{ kinds: [10002], authors: authors.slice(at, at + PUBKEYS_PER_READ) }]);
    }
  };
}

/** What statements of `node:sqlite` have in Deno. */
interface ArrayRows {
  setReturnArrays(enabled: boolean): void;
}

function bareRead(
  db: DatabaseSync,
  columns: string,
  authors: readonly string[],
  arrays = false,
) {
  const marks = Array(PUBKEYS_PER_READ).fill("?").join(", ");
  const statement = db.prepare(
    `select ${columns} from nostr_events where kind = 10002 and pubkey in (${marks})`,
  );
  // Not every release of the types knows it.
  (statement as unknown as ArrayRows).setReturnArrays(arrays);
  const [pubkey, tags] = ["pubkey", "tags"]
    .map((column) => arrays ? columns.split(", ").indexOf(column) : column);
  return () => {
    const found = new Map<string, string[][]>();
    for (let at = 0; at < authors.length; at += PUBKEYS_PER_READ) {
      const rows = statement.all(...authors.slice(at, at + PUBKEYS_PER_READ)) as Record<
        string,
        string
      >[];
      for (const row of rows) found.set(row[pubkey], JSON.parse(row[tags]));
    }
    return found;
  };
}

if (import.meta.main) await benchRouter();
