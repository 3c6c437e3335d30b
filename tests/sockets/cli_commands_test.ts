import type { NostrEvent, NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { matchFilter } from "nostr-tools";
import { neventEncode, noteEncode, npubEncode } from "nostr-tools/nip19";
import { runCli } from "../../src/cli/run_cli.ts";
import { openSqlite } from "../../src/db/sqlite.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import {
  ALICE,
  BOB,
  CAROL,
  POSTED_AT,
  READER,
  READER_NPUB,
  startSmallNetwork,
} from "../support/small_network.ts";
import { fakeProcess } from "../support/cli_process.ts";
import { run, temporaryFile } from "../support/run_command.ts";

const post = ALICE.sign({ content: "first\nline", created_at: POSTED_AT });

Deno.test("runCli(plan) prints who is asked where, and asks no relay of the plan", async () => {
  await using network = startSmallNetwork();
  const { code, stdout, stderr } = await run(network, ["plan", READER_NPUB]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /3 people\. 3 relays would be asked: for 2 of them \(67 %\)/);
  assert.match(stdout, new RegExp(`^${network.alices.url} +1 +1 .* Alice$`, "m"));
  assert.match(stdout, /^ {2}1 has no relay list: .*; 1 asked for at fallback relays$/m);
  assert.equal(network.bobs.stats.connections, 0);
});

Deno.test("runCli(plan) --json has everything, plan --without leaves a relay out", async () => {
  await using network = startSmallNetwork();
  const args = ["plan", READER_NPUB, "--json", "--without", network.bobs.url, "--max-relays", "2"];
  const { stdout } = await run(network, args);
  const report = JSON.parse(stdout);
  const bob = report.unreached.find(({ pubkey }: { pubkey: string }) => pubkey === BOB.pubkey);
  assert.deepEqual(bob.skipped, [{ url: network.bobs.url, reason: "policy" }]);
  assert.equal(bob.reason, "unusable");
  assert.deepEqual([report.once, report.maxRelays, report.curve.length], [1, 2, 50]);
  assert.equal(report.names[ALICE.pubkey], "Alice");
  // However many relays may be asked, the curve is drawn for 50.
  const most = await run(network, ["plan", READER_NPUB, "--json", "--max-relays", "999999999"]);
  assert.equal(JSON.parse(most.stdout).curve.length, 50);
});

Deno.test("runCli(why) says where an event is and is not, with the proof of each answer", async () => {
  await using network = startSmallNetwork();
  network.hub.options.eoseHints = () => [["finish"]];
  const code = neventEncode({ id: post.id, author: ALICE.pubkey });
  const found = await run(network, ["why", code]);
  assert.equal(found.code, 0, found.stdout);
  const { hub, alices, bobs } = network;
  assert.match(found.stdout, new RegExp(`^${alices.url} +has it +author's list, apps ask`, "m"));
  assert.match(found.stdout, new RegExp(`^${hub.url} +lacks it +finish +fallback$`, "m"));
  assert.match(found.stdout, /✓ It is at 1 of 1 of its author's relays\./);

  bobs.seed([post]);
  await alices.down();
  const lost = await run(network, ["why", noteEncode(post.id), "--relay", bobs.url]);
  assert.match(lost.stdout, new RegExp(`^${alices.url} +unknown +unknown .* unreachable: `, "m"));
  assert.match(lost.stdout, new RegExp(`none of these has it, but ${bobs.url}`));
  assert.equal(lost.code, 1);
});

Deno.test("runCli(why) says of a person's posts which relays lack some, why of a stranger that nobody knows", async () => {
  await using network = startSmallNetwork();
  const { code, stdout } = await run(network, ["why", npubEncode(BOB.pubkey)]);
  assert.equal(code, 0, stdout);
  assert.match(
    stdout,
    new RegExp(`^${network.bobs.url} +2 .* inferred +their list, apps ask$`, "m"),
  );
  assert.match(stdout, /finds 2 of their newest 2 posts\./);
  const stranger = await run(network, ["why", noteEncode("0".repeat(64)), "--json"]);
  assert.equal(stranger.code, 1);
  const { findings } = JSON.parse(stranger.stdout);
  assert.deepEqual(findings.map(({ code }: { code: string }) => code), [
    "nowhere-found",
    "no-author",
  ]);
});

Deno.test("runCli(why) --user does not ask relays that the user blocks, and says so", async () => {
  await using network = startSmallNetwork();
  network.hub.seed([READER.sign({ kind: 10006, tags: [["relay", network.alices.url]] })]);
  const code = neventEncode({ id: post.id, author: ALICE.pubkey });
  const { stdout, code: exit } = await run(network, ["why", code, "--user", READER_NPUB]);
  const { alices, hub } = network;
  assert.match(stdout, new RegExp(`^${alices.url} +has it +author's list, user blocks it$`, "m"));
  assert.match(stdout, new RegExp(`The user blocks ${alices.url} \\(kind 10006\\), where it is`));
  assert.match(stdout, new RegExp(`asks ${hub.url}: none of these has it, but ${alices.url}`));
  assert.equal(exit, 1);
});

Deno.test("runCli(check) finds what is wrong, and --write brings the list where it is missing", async () => {
  await using network = startSmallNetwork();
  const args = ["check", READER_NPUB];
  const before = await run(network, args);
  assert.equal(before.code, 1);
  assert.match(before.stdout, new RegExp(`at 1 of 2 write relays: ${network.alices.url} has none`));
  assert.equal(network.alices.stats.eventsReceived, 0);

  const unasked = await run(network, [...args, "--write"]);
  assert.equal(unasked.code, 2);
  assert.match(unasked.stderr, /nobody is at the terminal; add --yes/);
  assert.equal(network.alices.stats.eventsReceived, 0);

  const after = await run(network, [...args, "--write", "--yes"]);
  assert.equal(after.code, 0, after.stdout);
  assert.match(after.stdout, /2 write relays take what they post/);
  assert.equal(network.alices.events.filter(({ kind }) => kind === 10002).length, 1);

  network.alices.options.refuseEvent = () => "blocked: not from you";
  const refused = await run(network, [...args, "--write", "--yes"]);
  assert.equal(refused.code, 1);
  assert.match(refused.stdout, /does not take what they post \(blocked\): blocked: not from you/);
});

Deno.test("runCli(check) says that somebody has no list, and --json says it for programs", async () => {
  await using network = startSmallNetwork();
  const { code, stdout } = await run(network, ["check", npubEncode(CAROL.pubkey), "--json"]);
  assert.equal(code, 1);
  assert.equal(JSON.parse(stdout).findings[0].code, "no-list");
});

Deno.test("runCli(feed) prints the newest posts, without what could control a terminal", async () => {
  await using network = startSmallNetwork();
  const { code, stdout, stderr } = await run(network, [
    "feed",
    READER_NPUB,
    "--limit",
    "2",
    "--pages",
    "1",
  ]);
  assert.equal(code, 0, stderr);
  assert.equal(
    stdout,
    `2023-11-14 22:13  ${npubEncode(BOB.pubkey).slice(0, 12)}…\n    second [31mred\n\n` +
      "2023-11-14 22:13  Alice\n    first\n    line\n\n",
  );
});

Deno.test("runCli(feed) --live prints new posts as they come, until it is interrupted", async () => {
  await using network = startSmallNetwork();
  const stopping = new AbortController();
  const fake = fakeProcess({ signal: stopping.signal });
  const running = runCli(["feed", READER_NPUB, "--live", ...network.options], fake);
  const news = ALICE.sign({ content: "just now", created_at: Math.floor(Date.now() / 1000) + 60 });
  const sees = async (text: string) => {
    while (!Object.values(fake.printed()).join("").includes(text)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await sees("Ctrl-C ends");
  network.alices.publish(news);
  await sees("just now");
  assert.match(fake.printed().stdout, /first[^]*second[^]*just now/);
  stopping.abort();
  assert.equal(await running, 130);
});

Deno.test("runCli(feed) --db reopens without asking again for what its file has", async () => {
  await using network = startSmallNetwork();
  await using file = await temporaryFile();
  const older = Array.from(
    { length: 9 },
    (_, i) => ALICE.sign({ content: `older ${i}`, created_at: POSTED_AT - 100 * (i + 1) }),
  );
  network.alices.seed(older);
  const args = ["feed", READER_NPUB, "--db", file.db, "--limit", "4", "--pages", "3", "--json"];
  const first = await run(network, args);
  assert.equal(first.stdout.trim().split("\n").length, 12, first.stderr);
  const sent: string[] = [];
  for (const relay of [network.alices, network.bobs]) {
    relay.options.intercept = (message) => {
      if (message[0] !== "REQ") return false;
      for (const filter of message.slice(2) as NostrFilter[]) {
        if (!filter.kinds?.includes(1) || filter.limit === 0) continue;
        const matching = relay.events.filter((event) => matchFilter(filter, event));
        sent.push(...matching.map(({ id }) => id));
      }
      return false;
    };
  }
  const second = await run(network, args);
  assert.deepEqual([second.stdout, sent], [first.stdout, []]);
});

Deno.test("runCli(feed) names relays that failed, and remembers relays and lists in its file", async () => {
  await using network = startSmallNetwork();
  await using file = await temporaryFile();
  const dead = RelayServer.start();
  await dead.stop();
  const both = [network.alices.url, dead.url];
  network.hub.seed([ALICE.relayList({ both }, { created_at: POSTED_AT + 1 })]);
  const args = ["feed", READER_NPUB, "--db", file.db, "--limit", "2", "--pages", "1"];
  const { stdout, stderr } = await run(network, args);
  assert.match(stdout, /second[^]*first/);
  assert.ok(stderr.includes(`Relays that failed: ${dead.url} (unreachable)\n`), stderr);
  await using db = await openSqlite(file.db);
  const lists = await db.query([{ kinds: [10002], authors: [ALICE.pubkey, BOB.pubkey] }]);
  assert.equal(lists.length, 2);
  const known = [...(await db.readRecords("relay")).keys()];
  const { hub, alices, bobs } = network;
  assert.deepEqual(known.sort(), [hub.url, alices.url, bobs.url, dead.url].sort());
});

Deno.test("runCli(sync) reads everything into a file, and goes on where it ended", async () => {
  await using network = startSmallNetwork();
  await using file = await temporaryFile();
  const args = ["sync", READER_NPUB, "--db", file.db, "--days", "9999"];
  const first = await run(network, args);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^3 posts of 3 people since .* Nothing is known to be missing\.$/m);
  const before = network.bobs.stats.eventsSent;
  const second = await run(network, [...args, "--json"]);
  assert.deepEqual([JSON.parse(second.stdout).posts, JSON.parse(second.stdout).behind], [3, []]);
  assert.equal(network.bobs.stats.eventsSent, before);
  await network.bobs.down();
  network.hub.seed([BOB.relayList({ both: [network.bobs.url] }, { created_at: POSTED_AT + 9 })]);
  assert.equal((await run(network, ["sync", READER_NPUB])).code, 2);
});

Deno.test("runCli(sync, feed) name those whose own relays could not be read, though others answered", async () => {
  await using network = startSmallNetwork();
  await using file = await temporaryFile();
  await network.bobs.down();
  const args = ["sync", READER_NPUB, "--db", file.db, "--days", "9999"];
  const text = /Posts of 1 person may be missing: (unreachable|resting) at 1 relay\.$/m;
  const { stdout, stderr } = await run(network, args);
  assert.match(stdout, text, stderr);
  const json = await run(network, [...args, "--json"]);
  const { behind } = JSON.parse(json.stdout);
  const [{ pubkey, relay }] = behind;
  assert.deepEqual([behind.length, pubkey, relay], [1, BOB.pubkey, network.bobs.url]);
  const feed = await run(network, ["feed", READER_NPUB, "--db", file.db, "--pages", "1"]);
  assert.match(feed.stderr, text);
  network.bobs.up();
});

Deno.test("runCli(thread) prints a post's whole thread, answers below what they answer", async () => {
  await using network = startSmallNetwork();
  const reply = BOB.sign({
    content: "a reply",
    tags: [["e", post.id, "", "root"], ["p", ALICE.pubkey]],
  });
  const more = CAROL.sign({
    content: "to Bob",
    tags: [["e", post.id, "", "root"], ["e", reply.id, "", "reply"]],
  });
  network.alices.seed([reply, more]);
  const code = neventEncode({ id: reply.id, relays: [network.alices.url] });
  const { stdout, stderr } = await run(network, ["thread", code]);
  assert.match(
    stdout,
    /Alice\n {4}first\n {4}line\n+ {2}▼\n {2}\d.*\n {6}a reply\n+ {4}\d.*\n {8}to Bob\n/,
    stderr,
  );
  const none = await run(network, ["thread", noteEncode("0".repeat(64))]);
  assert.match(none.stderr, /^Cannot find the event: no relay that answered has it/m);
  assert.equal(none.code, 1);
});

Deno.test("runCli(publish) sends events to their relays, and publications tells how far they are", async () => {
  await using network = startSmallNetwork();
  await using file = await temporaryFile();
  const note = ALICE.sign({ content: "news", tags: [["p", BOB.pubkey]] });
  await (await openSqlite(file.db)).close();
  const nothing = await run(network, ["publications", "--db", file.db]);
  assert.deepEqual([nothing.code, nothing.stdout], [0, "Nothing was published from here.\n"]);

  const sent = await run(network, ["publish", "-", "--db", file.db], {
    stdin: JSON.stringify(note),
  });
  assert.equal(sent.code, 0, sent.stderr);
  assert.match(sent.stdout, /safe: 1 of 1 relay has it/);
  assert.ok(network.alices.has(note.id));

  // One that no relay takes stays pending, is written down, and is tried again with --send.
  await network.bobs.down();
  const lines = [BOB, CAROL].map((signer) => JSON.stringify(signer.sign({ content: "more" }))).join(
    "\n",
  );
  const args = ["publish", "-", "--db", file.db, "--wait", "1"];
  const waiting = await run(network, args, { stdin: lines });
  assert.equal(waiting.code, 1);
  assert.match(waiting.stderr, /1 relay is not done\. Go on with: outbox publications --send --db/);
  const listed = await run({ options: [] }, [
    "publications",
    "--db",
    file.db,
    "--pending",
    "--json",
  ]);
  assert.equal(listed.code, 1);
  const [pending, ...others] = JSON.parse(listed.stdout) as { event: NostrEvent; safe: boolean }[];
  assert.deepEqual([pending.event.pubkey, pending.safe, others.length], [BOB.pubkey, false, 0]);
  network.bobs.up();
  const again = await run(network, ["publications", "--db", file.db, "--send"]);
  assert.equal(again.code, 0, again.stdout);
  assert.ok(network.bobs.has(pending.event.id));
});

Deno.test("runCli(publish) says what goes nowhere, and why", async () => {
  await using network = startSmallNetwork();
  const wrap = ALICE.sign({ kind: 1059, tags: [["p", BOB.pubkey]] });
  const { code, stdout } = await run(network, ["publish", "-"], { stdin: JSON.stringify(wrap) });
  assert.equal(code, 1);
  assert.match(stdout, /the user is not ready|recipient is not ready/);
});

Deno.test("runCli(relays) lists what a file knows of relays, and connects to none", async () => {
  await using network = startSmallNetwork();
  await using file = await temporaryFile();
  await run(network, ["feed", READER_NPUB, "--db", file.db, "--pages", "1"]);
  const connections = network.hub.stats.connections;
  const { code, stdout } = await run({ options: [] }, ["relays", "--db", file.db]);
  assert.equal(code, 0);
  for (const { url } of [network.hub, network.alices, network.bobs]) {
    assert.match(stdout, new RegExp(`^${url} +\\d\\.\\d\\d +1 `, "m"));
  }
  assert.equal(network.hub.stats.connections, connections);
  const one = await run({ options: [] }, ["relays", "--db", file.db, "--limit", "1"]);
  assert.match(one.stdout, /\n2 relays more; see --limit\n$/);
  assert.equal((await run({ options: [] }, ["relays"])).code, 2);
});
