import assert from "node:assert/strict";
import type { NostrFilter } from "@nostrify/types";
import { matchFilter, nip19 } from "nostr-tools";
import type { DemoResults } from "../../examples/demo/main.ts";
import { runDemo } from "../../examples/demo/main.ts";
import { openSqlite } from "../../src/db/sqlite.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";

const reader = new Signer(1);
const alice = new Signer(2);
const bob = new Signer(3);
const NOW = 1_700_000_000;

/** A hub with everybody's lists, and a relay each for Alice and Bob. */
function startNetwork() {
  const hub = RelayServer.start();
  const alices = RelayServer.start();
  const bobs = RelayServer.start();
  hub.seed([
    reader.sign({ kind: 3, tags: [["p", alice.pubkey], ["p", bob.pubkey], ["p", "junk"]] }),
    alice.relayList({ both: [alices.url] }),
    bob.relayList({ write: [bobs.url], read: [alices.url] }),
    alice.sign({ kind: 0, content: '{"name":"Alice"}' }),
    bob.sign({ kind: 0, content: "no JSON" }),
  ]);
  alices.seed([alice.sign({ content: "first\nline", created_at: NOW })]);
  bobs.seed([
    bob.sign({ content: "second \u001b[31mred", created_at: NOW + 1 }),
    bob.sign({ content: "too old", created_at: NOW - 1 }),
  ]);
  const stop = async () => {
    await Promise.all([hub, alices, bobs].map((relay) => relay.stop()));
  };
  return { hub, alices, bobs, [Symbol.asyncDispose]: stop };
}

/** An example as a child process. */
function start(name: string, ...args: string[]): Deno.ChildProcess {
  const script = new URL(`../../examples/${name}`, import.meta.url).href;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, ...args],
    cwd: new URL("../..", import.meta.url),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs an example to its end. */
async function run(name: string, ...args: string[]) {
  const decoder = new TextDecoder();
  const { code, stdout, stderr } = await start(name, ...args).output();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("examples/feed.ts prints the newest posts of the people that a user follows", async () => {
  await using network = startNetwork();
  const npub = nip19.npubEncode(reader.pubkey);
  const result = await run("feed.ts", npub, "--relay", network.hub.url, "--limit=2", "--once");
  assert.equal(result.code, 0, result.stderr);
  assert.equal(
    result.stdout,
    "2023-11-14 22:13  Alice\n    first\n    line\n\n" +
      `2023-11-14 22:13  ${nip19.npubEncode(bob.pubkey).slice(0, 12)}…\n    second [31mred\n\n`,
  );
  assert.equal(network.bobs.stats.connections, 1);
});

Deno.test("examples/feed.ts prints new posts as they come, until it is interrupted", async () => {
  await using network = startNetwork();
  const folder = await Deno.makeTempDir();
  const nprofile = nip19.nprofileEncode({ pubkey: reader.pubkey, relays: [network.hub.url] });
  const db = `${folder}/outbox.sqlite3`;
  const child = start("feed.ts", nprofile, "--relay", network.hub.url, "--db", db);
  const said = child.stderr.pipeThrough(new TextDecoderStream());
  const printed = child.stdout.pipeThrough(new TextDecoderStream());
  await readUntil(said, "Ctrl+C ends");

  const post = alice.sign({ content: "just now", created_at: Math.floor(Date.now() / 1000) + 60 });
  network.alices.publish(post);
  await readUntil(printed, "just now");
  child.kill("SIGINT");
  assert.equal((await child.status).code, 0);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("examples/feed.ts names relays that failed, and remembers relays and lists in its file", async () => {
  await using network = startNetwork();
  const dead = RelayServer.start();
  await dead.stop();
  const both = [network.alices.url, dead.url];
  network.hub.seed([alice.relayList({ both }, { created_at: NOW + 1 })]);
  const folder = await Deno.makeTempDir();
  const path = `${folder}/outbox.sqlite3`;
  const npub = nip19.npubEncode(reader.pubkey);
  const args = [npub, "--relay", network.hub.url, "--db", path, "--limit=2", "--once"];
  const { code, stdout, stderr } = await run("feed.ts", ...args);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /first\n[^]*second/);
  assert.ok(stderr.includes(`· Relays that failed: ${dead.url} (unreachable)\n`), stderr);

  await using db = await openSqlite(path);
  const lists = await db.query([{ kinds: [10002] }]);
  assert.deepEqual(lists.map(({ pubkey }) => pubkey).sort(), [alice.pubkey, bob.pubkey].sort());
  const { hub, alices, bobs } = network;
  const known = [...(await db.readRecords("relay")).keys()];
  assert.deepEqual(known.sort(), [hub.url, alices.url, bobs.url, dead.url].sort());
  await Deno.remove(folder, { recursive: true });
});

Deno.test("examples/feed.ts pages back, and reopens without asking again for what its file has", async () => {
  await using network = startNetwork();
  const older = Array.from(
    { length: 9 },
    (_, i) => alice.sign({ content: `older ${i}`, created_at: NOW - 100 * (i + 1) }),
  );
  network.alices.seed(older);
  const folder = await Deno.makeTempDir();
  const npub = nip19.npubEncode(reader.pubkey);
  const args = [npub, "--relay", network.hub.url, "--db", `${folder}/outbox.sqlite3`];
  const posts = ["--limit=4", "--pages=3", "--once"];
  const first = await run("feed.ts", ...args, ...posts);
  assert.equal(first.code, 0, first.stderr);
  assert.equal(first.stdout.match(/^ {4}(?:older|first|second|too old)/gm)?.length, 12);

  const sent: string[] = [];
  for (const relay of [network.alices, network.bobs]) {
    relay.options.intercept = (message) => {
      if (message[0] !== "REQ") return false;
      const filters = message.slice(2) as NostrFilter[];
      for (const filter of filters) {
        if (!filter.kinds?.includes(1) || filter.limit === 0) continue;
        sent.push(
          ...relay.events.filter((event) => matchFilter(filter, event)).map(({ id }) => id),
        );
      }
      return false;
    };
  }
  const second = await run("feed.ts", ...args, ...posts);
  assert.equal(second.stdout, first.stdout);
  assert.deepEqual(sent, []);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("examples/feed.ts says what is wrong with its arguments", async () => {
  await using network = startNetwork();
  const { url } = network.hub;
  const nobody = nip19.npubEncode(alice.pubkey);
  const secret = nip19.nsecEncode(new Uint8Array(32).fill(1));
  const cases: [args: string[], message: RegExp][] = [
    [[], /Whose feed\?/],
    [["npub1junk"], /Cannot read "npub1junk"/],
    [[secret], /^Cannot follow a nsec: an npub/],
    [[nobody, "--pages", "x"], /Cannot use --pages: .* got "x"/],
    [[nobody, "--limit", "0"], /Cannot use --limit: .* got "0"/],
    [[nobody, "--relay", "nonsense"], /Cannot use --relay: "nonsense"/],
    [[nobody, "--color"], /--color/],
    [[nobody, "--relay", url], /Cannot find whom npub1.* follows$/m],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await run("feed.ts", ...args);
    assert.equal(code, 1);
    assert.match(stderr.split("\n").filter((line) => !line.startsWith("·")).join("\n"), message);
    assert.ok(!stderr.includes(secret), "a secret key is never printed");
  }
});

Deno.test("examples/tutorial.ts reads the posts of an nprofile's user, and writes to their inbox", async () => {
  await using network = startNetwork();
  const nprofile = nip19.nprofileEncode({ pubkey: bob.pubkey, relays: [network.hub.url] });
  const { code, stdout, stderr } = await run("tutorial.ts", "--local", nprofile, "Hello, Bob");
  assert.equal(code, 0, stderr);
  assert.equal(
    stdout,
    `1700000001  "second \\u001b[31mred"\n1699999999  "too old"\nSent to ${network.alices.url}\n`,
  );
  const received = network.alices.events.find(({ content }) => content === "Hello, Bob");
  assert.deepEqual(received?.tags, [["p", bob.pubkey]]);
});

Deno.test("examples/tutorial.ts says why no relay took its event", async () => {
  await using network = startNetwork();
  network.alices.options.refuseEvent = () => "blocked: not from you";
  const nprofile = nip19.nprofileEncode({ pubkey: bob.pubkey, relays: [network.hub.url] });
  const { code, stderr } = await run("tutorial.ts", "--local", nprofile, "Hello, Bob");
  assert.equal(code, 1);
  assert.ok(stderr.includes(`Relay ${network.alices.url} failed (blocked): blocked: not`), stderr);
});

Deno.test("examples/tutorial.ts says what is wrong with its argument", async () => {
  const { code, stderr } = await run("tutorial.ts", nip19.npubEncode(bob.pubkey));
  assert.equal(code, 1);
  assert.match(stderr, /Cannot use an npub: it must be an nprofile/);
  assert.match((await run("tutorial.ts")).stderr, /Whose posts\?/);
});

Deno.test("examples/demo shows what it says, on a small population", async () => {
  const lines: string[] = [];
  const shown = await runDemo({ follows: 40, replies: 10, print: (line) => lines.push(line) });
  const [legacy, , outbox] = shown.results;
  assert.ok(outbox.foundListed >= legacy.foundListed);
  assert.ok(outbox.delivered >= legacy.delivered);
  assert.equal(lines.filter((line) => line.startsWith("  ✓ ")).length, 3);
  assertSurvival(shown);
});

/** What must hold of an outage, whoever lives where and however fast the machine is. */
function assertSurvival({ outage }: DemoResults): void {
  const { outbox, plain, stopped, ran } = outage;
  assert.equal(stopped.length, Math.floor(ran / 3));
  assert.ok(outbox.lost > 0 && outage.restarted.length > 0);
  // Every new post on a relay of the plan that lives, or lives again, arrives; none twice.
  for (const { all, came } of [outbox.before, outbox.planned, outbox.back]) {
    assert.ok(all > 0);
    assert.equal(came, all);
  }
  assert.equal(outbox.orphaned.came, outbox.orphaned.all);
  assert.equal(outbox.repeats, 0);
  assert.ok(Number.isFinite(outage.noticedMs));
  assert.ok(outbox.eoseMs !== undefined);
  assert.ok(outbox.feed.came >= 0.9 * outbox.feed.all, JSON.stringify(outbox.feed));
  assert.equal(plain.orphaned.came, 0);
}

async function readUntil(stream: ReadableStream<string>, text: string): Promise<void> {
  let seen = "";
  for await (const chunk of stream) {
    seen += chunk;
    if (seen.includes(text)) return;
  }
  assert.fail(`The program ended before it said "${text}": ${seen}`);
}
