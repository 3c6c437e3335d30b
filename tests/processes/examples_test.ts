import assert from "node:assert/strict";
import { nip19 } from "nostr-tools";
import type { DemoResults } from "../../examples/demo/main.ts";
import { runDemo } from "../../examples/demo/main.ts";
import { BOB, startSmallNetwork } from "../support/small_network.ts";

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

Deno.test("examples/tutorial.ts reads the posts of an nprofile's user, and writes to their inbox", async () => {
  await using network = startSmallNetwork();
  const nprofile = nip19.nprofileEncode({ pubkey: BOB.pubkey, relays: [network.hub.url] });
  const { code, stdout, stderr } = await run("tutorial.ts", "--local", nprofile, "Hello, Bob");
  assert.equal(code, 0, stderr);
  assert.equal(
    stdout,
    `1700000001  "second \\u001b[31mred"\n1699999999  "too old"\nSent to ${network.alices.url}\n`,
  );
  const received = network.alices.events.find(({ content }) => content === "Hello, Bob");
  assert.deepEqual(received?.tags, [["p", BOB.pubkey]]);
});

Deno.test("examples/tutorial.ts says why no relay took its event", async () => {
  await using network = startSmallNetwork();
  network.alices.options.refuseEvent = () => "blocked: not from you";
  const nprofile = nip19.nprofileEncode({ pubkey: BOB.pubkey, relays: [network.hub.url] });
  const { code, stderr } = await run("tutorial.ts", "--local", nprofile, "Hello, Bob");
  assert.equal(code, 1);
  assert.ok(stderr.includes(`Relay ${network.alices.url} failed (blocked): blocked: not`), stderr);
});

Deno.test("examples/tutorial.ts says what is wrong with its argument", async () => {
  const { code, stderr } = await run("tutorial.ts", nip19.npubEncode(BOB.pubkey));
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
