import { NPool } from "@nostrify/nostrify";
import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { SimplePool } from "nostr-tools/pool";
import { createOutbox } from "../../src/mod.ts";
import { LineProcess } from "../../testing/line_process.ts";
import { Signer } from "../../testing/signer.ts";
import { testUnless } from "../support/test_unless.ts";
import { RELAY_PACKAGES, RELAY_PROGRAM } from "./third_party_relay.ts";

/** The relay is installed from npm: each week, with this variable. */
const skipped = Deno.env.get("OUTBOX_THIRD_PARTIES") === undefined ? "weekly" : undefined;

/** A folder where the relay can be started, and its end. */
async function installed(): Promise<AsyncDisposable & { readonly start: StartRelay }> {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/package.json`, '{ "type": "module" }\n');
  await Deno.writeTextFile(`${folder}/relay.js`, RELAY_PROGRAM);
  const { success, stderr } = await new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", "--loglevel=error", ...RELAY_PACKAGES],
    cwd: folder,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return {
    async start(...args) {
      const process = new LineProcess([`${folder}/relay.js`, ...args], "node");
      const { value: url } = await process.lines.next();
      assert.ok(url);
      return {
        url,
        async seed(events) {
          for (const event of events) await process.write(JSON.stringify(event));
        },
        async [Symbol.asyncDispose]() {
          await process.endInput();
          await process.status;
        },
      };
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

type StartRelay = (...args: string[]) => Promise<
  AsyncDisposable & {
    readonly url: string;
    readonly seed: (events: readonly NostrEvent[]) => Promise<void>;
  }
>;

testUnless(
  skipped,
  "createOutbox() pages, publishes, follows and signs in at relays of other people's making",
  async () => {
    await using theirs = await installed();
    await using hub = await theirs.start();
    await using open = await theirs.start();
    await using walled = await theirs.start("walled");
    const [me, alice] = [new Signer(1), new Signer(2)];
    const now = Math.floor(Date.now() / 1000);
    const posts = Array.from(
      { length: 230 },
      (_, i) => alice.sign({ content: `${i}`, created_at: now - 60 * (i + 1) }),
    );
    const wrap = alice.sign({ kind: 1059, tags: [["p", me.pubkey]], created_at: now - 60 });
    await hub.seed([
      me.relayList({ both: [hub.url, open.url] }),
      me.sign({ kind: 10050, tags: [["relay", walled.url]] }),
      alice.relayList({ both: [open.url] }),
    ]);
    await open.seed(posts);
    await walled.seed([wrap]);

    const outbox = createOutbox({
      indexerRelays: [hub.url],
      fallbackRelays: [hub.url],
      policy: { allowLocal: true, allowInsecure: true },
      user: me.pubkey,
      signer: { signEvent: (template) => Promise.resolve(me.sign(template)) },
      onError: (error) => assert.fail(error),
    });
    const pool = new NPool(outbox);
    const others = new SimplePool();
    try {
      const read: string[] = [];
      for await (const page of outbox.feed([{ kinds: [1], authors: [alice.pubkey] }])) {
        assert.deepEqual(page.behind, []);
        read.push(...page.events.map(({ content }) => content));
      }
      assert.deepEqual(read, posts.map(({ content }) => content));

      const wraps = await pool.query([{ kinds: [1059], "#p": [me.pubkey] }]);
      assert.deepEqual(wraps.map(({ id }) => id), [wrap.id], "it signs in for the user's messages");

      const reply = me.sign({ content: "reply", tags: [["p", alice.pubkey]], created_at: now });
      await pool.event(reply);
      for (const url of [hub.url, open.url]) {
        const found = await others.querySync([url], { ids: [reply.id] });
        assert.equal(found.length, 1, "a client of other people's making reads it");
      }

      const live = pool.req([{ kinds: [1], authors: [alice.pubkey], since: now }]);
      const news = alice.sign({ content: "news", created_at: now + 1 });
      for await (const [verb, , event] of live) {
        if (verb === "EOSE") await Promise.all(others.publish([open.url], news));
        if (verb !== "EVENT") continue;
        assert.equal((event as NostrEvent).id, news.id);
        break;
      }
    } finally {
      others.close([hub.url, open.url]);
      await pool.close();
      await outbox.close();
    }
  },
);
