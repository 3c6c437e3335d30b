/**
 * Draws the pictures of the command line in docs/cli.md and docs/missing-posts.md:
 * `deno run -A tests/support/cli_pictures.ts`.
 *
 * @module
 */

import { npubEncode } from "nostr-tools/nip19";
import { runCli } from "../../src/cli/run_cli.ts";
import { Signer } from "../../testing/signer.ts";
import { fakeProcess } from "./cli_process.ts";
import { explorerWorld } from "./explorer_world.ts";
import { MISSING_POST_STEPS, startMissingPost } from "./missing_post.ts";
import { startNamedRelays } from "./named_relays.ts";
import { ROOT } from "./source_files.ts";
import { terminalPicture } from "./terminal_picture.ts";

const FOLLOWS = 150;
/** When the people of the pictures published their lists, in Unix seconds. */
const LISTED_AT = Date.UTC(2026, 0, 31, 9, 8) / 1000;

await drawStory();
await drawPlan();
await drawWhy();
await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", "docs/images"], cwd: ROOT })
  .output();

function write(name: string, picture: string): void {
  Deno.writeTextFileSync(new URL(`docs/images/${name}.svg`, ROOT), picture);
}

async function draw(name: string, shown: string, args: readonly string[]): Promise<void> {
  const fake = fakeProcess({ env: { FORCE_COLOR: "1" }, isTTY: true, columns: 110 });
  await runCli(args, fake);
  const { stdout, stderr } = fake.printed();
  if (stdout === "") throw new Error(stderr);
  write(name, terminalPicture(shown, stdout.trimEnd()));
}

/** The story of docs/missing-posts.md. */
async function drawStory(): Promise<void> {
  await using story = startMissingPost();
  for (const { line, picture, isRepaired } of MISSING_POST_STEPS) {
    if (isRepaired) story.repair();
    const { text } = await story.run(line, { isColoured: picture !== undefined });
    if (picture) write(picture, terminalPicture(line, text));
    else console.log(`$ ${line}\n${text}\n`);
  }
}

/** Who of 150 people is asked where; lists and names are at one indexer. */
async function drawPlan(): Promise<void> {
  await using network = startNamedRelays(["lists.example"]);
  const { people, knowledge, names } = explorerWorld({ follows: FOLLOWS });
  const relay = network.relays["lists.example"];
  const robin = new Signer(1);
  const signers = [...people].map((pubkey, i) => ({ pubkey, signer: new Signer(i + 2) }));
  relay.seed([
    robin.sign({ kind: 0, content: '{"name":"Robin"}' }),
    robin.relayList({ both: ["wss://lists.example"] }),
    robin.sign({ kind: 3, tags: signers.map(({ signer }) => ["p", signer.pubkey]) }),
    ...signers.flatMap(({ pubkey, signer }) => {
      const name = names?.get(pubkey);
      const write = knowledge.get(pubkey)?.write;
      return [
        ...name === undefined ? [] : [signer.sign({ kind: 0, content: JSON.stringify({ name }) })],
        ...write === undefined ? [] : [signer.relayList({ write: [...write] })],
      ];
    }),
  ]);
  const options = ["--max-relays", "8", "--people", "6"];
  const args = ["plan", npubEncode(robin.pubkey), ...options, "--relay", "wss://lists.example"];
  await draw("cli_plan", `outbox plan npub1robin… ${options.join(" ")}`, args);
}

/** Where the newest posts of somebody are. */
async function drawWhy(): Promise<void> {
  const hosts = ["nos.example", "damus.example", "primal.example", "wine.example", "hub.example"];
  await using network = startNamedRelays(hosts);
  const robin = new Signer(1);
  const posts = [1, 2, 3, 4, 5].map((i) => robin.sign({ created_at: LISTED_AT - 60 * i }));
  const both = [...hosts.slice(0, 4), "gone.example"].map((host) => `wss://${host}`);
  network.relays["hub.example"].seed([
    robin.sign({ kind: 0, content: '{"name":"Robin"}' }),
    robin.relayList({ both }, { created_at: LISTED_AT }),
  ]);
  for (const [i, host] of hosts.entries()) network.relays[host].seed(posts.slice(i === 1 ? 2 : 0));
  const args = ["why", npubEncode(robin.pubkey), "--relay", "wss://hub.example"];
  await draw("cli_why", "outbox why npub1robin…", args);
}
