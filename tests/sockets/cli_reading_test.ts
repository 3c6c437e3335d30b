import assert from "node:assert/strict";
import { neventEncode, npubEncode } from "nostr-tools/nip19";
import { runCli } from "../../src/cli/run_cli.ts";
import { fakeProcess } from "../support/cli_process.ts";
import { ALICE, BOB, POSTED_AT, READER_NPUB, startSmallNetwork } from "../support/small_network.ts";
import { writePending } from "../support/write_pending.ts";

const post = ALICE.sign({ content: "first\nline", created_at: POSTED_AT });
const POST = neventEncode({ id: post.id, author: ALICE.pubkey });

/** Commands that read, and use the file. */
const READING: readonly (readonly string[])[] = [
  ["plan", READER_NPUB],
  ["why", POST],
  ["why", npubEncode(BOB.pubkey)],
  ["check", READER_NPUB],
  ["feed", READER_NPUB, "--pages", "1"],
  ["thread", POST],
  ["sync", READER_NPUB, "--days", "9999"],
  ["relays"],
  ["publications"],
];

Deno.test("runCli() of commands that read sends nothing that is pending, publish and publications --send do", async () => {
  await using network = startSmallNetwork();
  const folder = await Deno.makeTempDir();
  const db = `${folder}/outbox.sqlite3`;
  const pending = BOB.sign({ content: "pending", created_at: POSTED_AT + 9 });
  const { bobs } = network;
  await writePending(db, pending, bobs.url);
  const run = async (args: readonly string[], stdin = "") => {
    const fake = fakeProcess({ stdin });
    const options = args[0] === "relays" ? [] : network.options;
    await runCli([...args, "--db", db, ...options], fake);
    return fake.printed();
  };
  try {
    for (const args of READING) {
      const { stdout, stderr } = await run(args);
      assert.notEqual(stdout, "", stderr);
      assert.ok(!bobs.has(pending.id), `${args[0]} has sent it`);
    }
    // It is still there, for those that send.
    const news = BOB.sign({ content: "news", created_at: POSTED_AT + 10 });
    await run(["publish", "-"], JSON.stringify(news));
    await bobs.stored(news.id);
    await bobs.stored(pending.id);
    const { stdout } = await run(["publications", "--send", "--json"]);
    assert.deepEqual(JSON.parse(stdout).map(({ safe }: { safe: boolean }) => safe), [true, true]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
