import assert from "node:assert/strict";
import { nip19 } from "nostr-tools";
import { chromiumMissing, type Page, withChromium } from "../../testing/chromium.ts";
import { servePages } from "../../testing/page_server.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { testUnless } from "../support/test_unless.ts";

const FOLDER = new URL("../../examples/react/", import.meta.url);

/** Why the example cannot be built here. */
async function missing(): Promise<string | undefined> {
  try {
    await new Deno.Command("npm", {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).output();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "no npm in PATH";
    throw error;
  }
  return await chromiumMissing();
}

/** Runs a command in the example's folder. */
async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd: FOLDER,
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.ok(
    success,
    `${command} ${args.join(" ")}: ${decode(stdout)} ${decode(stderr)}`,
  );
}

/** Builds the example as a developer does; returns its files by path. */
async function build(): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  await run("npm", "install", "--no-audit", "--no-fund", "--prefer-offline");
  // With React's own types, which Deno does not check it with.
  await run("npx", "--no-install", "tsc", "--noEmit");
  const folder = await Deno.makeTempDir();
  await run(
    "npx",
    "vite",
    "build",
    "--outDir",
    folder,
    "--emptyOutDir",
    "--logLevel",
    "error",
  );
  const files: Record<string, Uint8Array<ArrayBuffer>> = {
    "index.html": await Deno.readFile(`${folder}/index.html`),
  };
  for await (const { name } of Deno.readDir(`${folder}/assets`)) {
    files[`assets/${name}`] = await Deno.readFile(`${folder}/assets/${name}`);
  }
  await Deno.remove(folder, { recursive: true });
  return files;
}

/** The key of a small number, as a user types it. */
function nsecOf(seed: number): string {
  const secret = new Uint8Array(32);
  new DataView(secret.buffer).setUint32(28, seed);
  return nip19.nsecEncode(secret);
}

async function logIn(page: Page, seed: number): Promise<void> {
  await page.getByLabel("Secret key").fill(nsecOf(seed));
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Home" }).waitFor();
}

testUnless(
  await missing(),
  "examples/react has its types right, logs users in and out, pages through a feed and publishes",
  async () => {
    await using home = RelayServer.start();
    await using other = RelayServer.start();
    const [alice, bob, carol] = [1, 2, 3].map((seed) => new Signer(seed));
    const now = Math.floor(Date.now() / 1000);
    home.seed([
      alice.relayList({ both: [home.url, other.url] }),
      bob.relayList({ both: [other.url] }),
      carol.relayList({ both: [other.url] }),
      alice.sign({ kind: 3, tags: [["p", bob.pubkey]] }),
      carol.sign({ kind: 3, tags: [] }),
    ]);
    other.seed([
      ...Array.from(
        { length: 45 },
        (_, i) =>
          bob.sign({
            content: `Bob's post ${45 - i}`,
            created_at: now - 60 * i - 60,
          }),
      ),
      carol.sign({ content: "Carol's only post", created_at: now - 30 }),
      carol.sign({ kind: 3, tags: [] }),
    ]);
    await using server = servePages(await build());

    await withChromium(async (context) => {
      const page = await context.newPage();
      await page.goto(`${server.url}?relay=${home.url}`);
      await logIn(page, 1);
      const posts = page.getByRole("article");
      await page.getByText("Bob's post 45", { exact: true }).waitFor();
      assert.equal(
        await posts.count(),
        20,
        "the first page, once, though strict mode mounts twice",
      );
      for (const count of [40, 45]) {
        await page.getByRole("button", { name: "More" }).click();
        await page.waitForFunction(
          (count) => document.querySelectorAll("article").length === count,
          count,
        );
      }

      await page.getByLabel("Post").fill("Hello from a test");
      await page.getByRole("button", { name: "Publish" }).click();
      await page.waitForFunction(() => document.querySelectorAll(".target.taken").length === 2);
      await page.getByRole("article").filter({ hasText: "Hello from a test" })
        .waitFor();
      for (const relay of [home, other]) {
        assert.ok(
          relay.events.some(({ content }) => content === "Hello from a test"),
        );
      }
      other.publish(bob.sign({ content: "Bob's news", created_at: now + 1 }));
      await page.getByText("Bob's news").waitFor();
      const picture = Deno.env.get("OUTBOX_PICTURES");
      if (picture) await page.screenshot({ path: `${picture}/react.png` });

      await page.getByRole("button", { name: "Log out" }).click();
      await logIn(page, 3);
      await page.getByText("Carol's only post").waitFor();
      assert.equal(await posts.count(), 1, "nothing is left of the other user");
      assert.equal(await page.getByText("Hello from a test").count(), 0);

      // The posts are in the database: they are there before any relay answers.
      await page.getByRole("button", { name: "Log out" }).click();
      await page.reload();
      await logIn(page, 1);
      await page.getByText("Bob's news").waitFor();
      await page.getByText("Hello from a test").first().waitFor();
    }, { expectedErrors: /WebSocket/ });
  },
);
