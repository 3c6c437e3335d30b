import assert from "node:assert/strict";
import { neventEncode, npubEncode } from "nostr-tools/nip19";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../../src/db/sqlite.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { run, temporaryFile } from "../support/run_command.ts";
import { ALICE, CAROL, READER_NPUB, startSmallNetwork } from "../support/small_network.ts";

const post = ALICE.sign({ content: "nowhere" });

Deno.test("runCli(plan) says in one sentence that there is no network, no list, or no file to open", async () => {
  const dead = RelayServer.start();
  await dead.stop();
  const offline = await run({ options: ["--relay", dead.url, "--quiet"] }, ["plan", READER_NPUB]);
  assert.equal(offline.code, 1);
  assert.match(offline.stderr, /^Cannot find whom npub1\w+ follows: .*\(unreachable\)\n$/);
  await using network = startSmallNetwork();
  const nobody = await run(network, ["plan", npubEncode(CAROL.pubkey)]);
  assert.match(
    nobody.stderr,
    /^Cannot find whom npub1\w+ follows: no relay has their follow list/m,
  );
  const file = await run(network, ["plan", READER_NPUB, "--db", "/nowhere/at/all.sqlite3"]);
  assert.deepEqual([file.code, file.stdout], [1, ""]);
  assert.match(file.stderr, /^Cannot open \/nowhere\/at\/all\.sqlite3 as an event database: .*\n$/);
});

Deno.test("runCli(check) and why accuse nobody where no relay answers", async () => {
  const dead = RelayServer.start();
  await dead.stop();
  const offline = { options: ["--relay", dead.url, "--quiet"] };
  const check = await run(offline, ["check", READER_NPUB]);
  assert.deepEqual([check.code, check.stdout], [1, ""]);
  assert.match(
    check.stderr,
    /^Cannot check npub1\w+: no relay answered; .*\(unreachable\)\n$/,
  );
  for (
    const what of [npubEncode(ALICE.pubkey), neventEncode({ id: post.id, author: ALICE.pubkey })]
  ) {
    const { stdout } = await run(offline, ["why", what, "--json"]);
    const { findings } = JSON.parse(stdout);
    assert.ok(findings.every(({ level }: { level: string }) => level === "unsure"), stdout);
  }
});

Deno.test("runCli() of what only reads a file says that there is none, and makes none", async () => {
  await using file = await temporaryFile();
  for (const command of ["relays", "publications", "explorer"]) {
    const { code, stdout, stderr } = await run({ options: [] }, [command, "--db", file.db]);
    assert.deepEqual([code, stdout], [2, ""], command);
    assert.match(stderr, /^Cannot read .*outbox.sqlite3: there is no such file\n$/);
    await assert.rejects(Deno.stat(file.db), Deno.errors.NotFound);
  }
});

Deno.test("runCli(sync) fails if its file cannot be written", async () => {
  await using network = startSmallNetwork();
  await using file = await temporaryFile();
  await run(network, ["plan", READER_NPUB, "--db", file.db]);
  const other = new DatabaseSync(file.db);
  other.exec(`create trigger full before insert on nostr_events when new.kind = 1
    begin select raise(abort, 'the disk is full'); end`);
  const args = ["sync", READER_NPUB, "--days", "9999", "--db", file.db];
  const { code, stdout, stderr } = await run(network, args);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^Cannot sync a feed: its store failed.*the disk is full/m);
  other.exec("drop trigger full");
  other.close();
  assert.equal((await run(network, args)).code, 0, "it goes on once it can");
});

Deno.test("runCli(relays) and publications say what they cannot read, which another version may have written", async () => {
  await using network = startSmallNetwork();
  await using file = await temporaryFile();
  const event = JSON.stringify(ALICE.sign({ content: "news" }));
  await run(network, ["publish", "-", "--db", file.db], { stdin: event });
  const other = new DatabaseSync(file.db);
  other.exec("update outbox_records set record = 'v99'");
  other.close();
  for (const command of ["relays", "publications"]) {
    const { stderr } = await run({ options: [] }, [command, "--db", file.db]);
    assert.match(stderr, /^Warning: Cannot read \d of \d (?:records of relays|publications)/m);
  }
});

Deno.test("runCli(feed) says which page sizes there are", async () => {
  const { code, stderr } = await run({ options: [] }, ["feed", READER_NPUB, "-n", "5001"]);
  assert.equal(code, 2);
  assert.match(stderr, /argument '5001' is invalid. It must be an integer from 1 to 5000\./);
});

Deno.test("runCli(relays) says in one sentence that another program has locked the file", async () => {
  await using file = await temporaryFile();
  await (await openSqlite(file.db)).close();
  const other = new DatabaseSync(file.db);
  other.exec("pragma locking_mode = exclusive; begin exclusive");
  const { code, stderr } = await run({ options: [] }, ["relays", "--db", file.db]);
  other.close();
  assert.equal(code, 1);
  assert.match(stderr, /^Cannot open .* as an event database: .*\n$/);
});
