import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { fileVersion } from "../../src/cli/read_changed.ts";
import { runCli } from "../../src/cli/run_cli.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { writePending } from "../support/write_pending.ts";

/** A command line whose output is read as it comes. */
function start(args: readonly string[]) {
  const stopping = new AbortController();
  const stdout = new PassThrough(), stderr = new PassThrough();
  let out = "", err = "";
  const printed = Promise.withResolvers<string>();
  stdout.setEncoding("utf8").on("data", (part) => {
    out += part;
    if (out.includes("\n")) printed.resolve(out.trim());
  });
  stderr.setEncoding("utf8").on("data", (part) => err += part);
  const code = runCli(args, {
    stdin: new PassThrough(),
    stdout,
    stderr,
    env: {},
    signal: stopping.signal,
  });
  code.then(() => printed.resolve(out.trim()));
  return { code, printed: printed.promise, error: () => err, stop: () => stopping.abort() };
}

/** A relay with Alice, who follows Bob and Carol; Bob has a list, and all but Carol have names. */
function network() {
  const relay = RelayServer.start();
  const [alice, bob, carol] = [new Signer(1), new Signer(2), new Signer(3)];
  relay.seed([
    alice.sign({ kind: 3, tags: [["p", bob.pubkey], ["p", carol.pubkey]] }),
    alice.sign({ kind: 0, content: JSON.stringify({ name: "Alice" }) }),
    bob.sign({ kind: 0, content: JSON.stringify({ name: "<b>Bob</b>" }) }),
    bob.sign({ kind: 10002, tags: [["r", relay.url]] }),
  ]);
  return { relay, alice, bob, carol };
}

Deno.test("explorerCommand serves the people whom somebody follows, until it is interrupted", async () => {
  const { relay, alice, bob, carol } = network();
  await using _ = relay;
  const cli = start(["explorer", alice.pubkey, "--relay", relay.url]);
  const url = await cli.printed;
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/, cli.error());
  const data = await (await fetch(new URL("data.json", url))).json();
  assert.deepEqual(data.user, { pubkey: alice.pubkey, name: "Alice" });
  const people = new Map(data.people.map((person: { pubkey: string }) => [person.pubkey, person]));
  assert.deepEqual([...people.keys()], [bob.pubkey, carol.pubkey].sort());
  const { name, write } = people.get(bob.pubkey) as { name: string; write: number[] };
  assert.equal(name, "<b>Bob</b>");
  assert.deepEqual(write.map((relay) => data.relays[relay].url), [relay.url]);
  await (await fetch(url)).text();
  cli.stop();
  assert.equal(await cli.code, 130);
  await assert.rejects(fetch(url));
});

Deno.test("explorerCommand without anybody shows what a database has, and asks no relay", async () => {
  const { relay, alice, bob } = network();
  await using _ = relay;
  const db = await Deno.makeTempFile({ suffix: ".sqlite3" });
  try {
    assert.equal(await start(["plan", alice.pubkey, "--relay", relay.url, "--db", db]).code, 0);
    const { connections } = relay.stats;
    await writePending(db, bob.sign({ content: "pending" }), relay.url);
    const cli = start(["explorer", "--db", db, "--relay", relay.url]);
    await (await fetch(new URL("data.json", await cli.printed))).text();
    const version = await fileVersion(db);
    const data = await (await fetch(new URL("data.json", await cli.printed))).json();
    assert.deepEqual(data.people.map(({ pubkey }: { pubkey: string }) => pubkey), [bob.pubkey]);
    assert.equal(relay.stats.connections, connections);
    // It has written nothing, so that the next reading finds it unchanged.
    assert.equal(await fileVersion(db), version);
    cli.stop();
    await cli.code;
  } finally {
    await Deno.remove(db);
  }
});

Deno.test("writeExplorer() writes the page into a file, with the names", async () => {
  const { relay, alice } = network();
  await using _ = relay;
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/plan.html`;
    const args = ["plan", alice.pubkey, "--relay", relay.url, "--html"];
    const cli = start([...args, file]);
    assert.equal(await cli.code, 0, cli.error());
    const html = await Deno.readTextFile(file);
    const [, json] = /id="data">(.*?)<\/script>/s.exec(html)!;
    const { people, user } = JSON.parse(json);
    assert.equal(user.name, "Alice");
    assert.ok(people.some(({ name }: { name: string }) => name === "<b>Bob</b>"));
    assert.doesNotMatch(html, /<b>Bob/);
    const failing = start([...args, `${folder}/none/plan.html`]);
    assert.equal(await failing.code, 1);
    assert.match(failing.error(), /Cannot write the page: /);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("explorerCommand refuses a port that is none, and to show nobody", async () => {
  for (const args of [["explorer"], ["explorer", "--db", "x", "--port", "70000"]]) {
    const cli = start(args);
    assert.equal(await cli.code, 2);
    assert.match(cli.error(), /^Cannot /);
  }
});
