import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../../src/db/sqlite.ts";
import { assertConsistent } from "./consistency.ts";
import { unsigned } from "./events.ts";

/** What NDatabase's `migrate()` leaves in a file. */
const NDATABASE = `
  create table "nostr_events" ("id" text primary key, "kind" integer not null,
    "pubkey" text not null, "content" text not null,
    "created_at" integer not null, "tags" text not null, "sig" text not null);
  create table "nostr_tags" (
    "event_id" text not null references "nostr_events" ("id") on delete cascade,
    "name" text not null, "value" text not null);
  create unique index "nostr_events_replaceable_idx" on "nostr_events"
    ("kind", "pubkey") where kind >= 10000 and kind < 20000 or (kind in (0, 3));
  create index "nostr_events_kind_idx" on "nostr_events"
    ("created_at" desc, "id" asc, "kind", "pubkey");
  create index "nostr_events_pubkey_idx" on "nostr_events"
    ("created_at" desc, "id" asc, "pubkey", "kind");
  create index "nostr_tags_value_name_idx" on "nostr_tags" ("value", "name");
`;

/** What NDatabase's `event()` does to a new event. */
function insert(db: DatabaseSync, event: NostrEvent): void {
  const { id, kind, pubkey, content, created_at, tags, sig } = event;
  db.prepare("insert into nostr_events values (?, ?, ?, ?, ?, ?, ?)").run(
    id,
    kind,
    pubkey,
    content,
    created_at,
    JSON.stringify(tags),
    sig,
  );
  const tag = db.prepare("insert into nostr_tags values (?, ?, ?)");
  for (const [name, value] of tags) {
    if (name.length === 1 && value && value.length < 200) tag.run(id, name, value);
  }
}

async function withFile(
  events: NostrEvent[],
  test: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/ndatabase.sqlite3`;
  const db = new DatabaseSync(path);
  db.exec(NDATABASE);
  for (const event of events) insert(db, event);
  db.close();
  try {
    await test(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("openSqlite() opens an NDatabase file as it is, and leaves it one", async () => {
  const lists = [1, 2, 3].map((author) =>
    unsigned({
      author,
      kind: 10002,
      created_at: 10 + author,
      tags: [["r", `wss://${author}.example`], ["r", "wss://all.example", "read"]],
    })
  );
  const post = unsigned({ author: 1, created_at: 9, tags: [["t", "x"]] });
  await withFile([...lists, post], async (path) => {
    const db = await openSqlite(path);
    const authors = lists.map(({ pubkey }) => pubkey);
    assert.deepEqual(
      await db.query([{ kinds: [10002], authors }]),
      lists.toReversed(),
    );
    assert.deepEqual(await db.query([{ "#r": ["wss://1.example"] }]), [lists[0]]);

    const older = unsigned({ author: 1, kind: 10002, created_at: 10 });
    const newer = unsigned({
      author: 1,
      kind: 10002,
      created_at: 20,
      tags: [["r", "wss://new.example"]],
    });
    await db.event(older);
    assert.deepEqual(await db.query([{ ids: [lists[0].id] }]), [lists[0]]);
    await db.event(newer);
    assert.deepEqual(await db.query([{ "#r": ["wss://1.example"] }]), []);
    assert.deepEqual(await db.query([{ "#r": ["wss://new.example"] }]), [newer]);
    await db.event(unsigned({ author: 2, kind: 62, created_at: 30 }));
    await db.close();

    // And back: the tables are those of before, and NDatabase can write them.
    const raw = new DatabaseSync(path);
    assert.deepEqual(raw.prepare("pragma foreign_key_check").all(), []);
    assert.deepEqual(
      raw.prepare("pragma integrity_check").all().map((row) => ({ ...row })),
      [{ integrity_check: "ok" }],
    );
    const rows = (table: string) => raw.prepare(`select * from ${table}`).all();
    assertConsistent(rows("nostr_events"), rows("nostr_tags"));
    raw.prepare("delete from nostr_events where id = ?").run(newer.id);
    insert(raw, unsigned({ author: 1, kind: 10002, created_at: 40 }));
    assertConsistent(rows("nostr_events"), rows("nostr_tags"));
    raw.close();
  });
});

Deno.test("openSqlite() finds once what NDatabase stored twice", async () => {
  // It took an addressable event without a d tag for one without versions.
  const versions = [1, 2, 3].map((created_at) =>
    unsigned({ kind: 30000, created_at, tags: [["t", "x"]] })
  );
  await withFile(versions, async (path) => {
    await using db = await openSqlite(path);
    assert.deepEqual(await db.query([{ kinds: [30000] }]), [versions[2]]);
    const newest = unsigned({ kind: 30000, created_at: 4 });
    await db.event(newest);
    assert.equal((await db.count([{}])).count, 1);
  });
});

Deno.test("openSqlite() ignores the tags of events that are gone from an NDatabase file", async () => {
  // Many SQLite drivers leave foreign keys off, and then tags outlive events.
  const event = unsigned({ tags: [["t", "x"], ["t", "y"]] });
  await withFile([event], async (path) => {
    const raw = new DatabaseSync(path);
    raw.exec("pragma foreign_keys = off; delete from nostr_events");
    raw.close();
    await using db = await openSqlite(path);
    assert.deepEqual(await db.query([{ "#t": ["x"] }]), []);
    await db.event(event);
    assert.deepEqual(await db.query([{ "#t": ["x", "y"] }]), [event]);
  });
});

Deno.test("openSqlite() leaves an NDatabase file's full-text table alone, and docs/databases.md fills it anew", async () => {
  /** What NDatabase makes searchable of an event. */
  const searchText = ({ content, tags }: NostrEvent) =>
    `${content} ${tags.map(([, value]) => value).join(" ")}`.substring(0, 1000);
  const gone = unsigned({ content: "gone" });
  await withFile([gone], async (path) => {
    const raw = new DatabaseSync(path);
    raw.exec("create virtual table nostr_fts5 using fts5(event_id, content)");
    raw.prepare("insert into nostr_fts5 values (?, ?)").run(gone.id, searchText(gone));
    const searchable = [
      unsigned({ content: "hello", tags: [["t", "x"], ["p"], ["alt", "'a \u00e9\ud83d\ude00'"]] }),
      unsigned({ content: "", kind: 0 }),
      unsigned({ content: "é".repeat(2_000), created_at: 7 }),
    ];
    {
      await using db = await openSqlite(path);
      await db.remove([{ ids: [gone.id] }]);
      for (const event of searchable) await db.event(event);
      await db.event(unsigned({ kind: 10002 }));
    }
    const rows = () => raw.prepare("select event_id, content from nostr_fts5 order by 1").all();
    assert.deepEqual(rows().map(({ event_id }) => event_id), [gone.id]);
    const docs = await Deno.readTextFile(new URL("../../docs/databases.md", import.meta.url));
    raw.exec(/^```sql\n([^]*?)^```$/m.exec(docs)![1]);
    const expected = searchable.map((event) => [event.id, searchText(event)]).sort();
    assert.deepEqual(rows().map(({ event_id, content }) => [event_id, content]).sort(), expected);
    raw.close();
  });
});

Deno.test("examples/deno_sqlite.ts turns foreign keys on, which some builds of SQLite leave off", async () => {
  const text = await Deno.readTextFile(new URL("../../examples/deno_sqlite.ts", import.meta.url));
  assert.match(text, /exec\("pragma foreign_keys = on"\)/);
});
