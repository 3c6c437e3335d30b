/**
 * The story of docs/missing-posts.md: Alice's relay list names a relay that is gone, and her app
 * posts to another one.
 *
 * @module
 */

import { neventEncode, npubEncode } from "nostr-tools/nip19";
import { runCli } from "../../src/cli/run_cli.ts";
import { Signer } from "../../testing/signer.ts";
import { fakeProcess } from "./cli_process.ts";
import { startNamedRelays } from "./named_relays.ts";

/** When Alice published her list, posted, and published a better list, in Unix seconds. */
const LISTED_AT = Date.UTC(2026, 0, 10, 9, 30) / 1000;
const POSTED_AT = Date.UTC(2026, 0, 30, 18, 5) / 1000;
const REPAIRED_AT = Date.UTC(2026, 0, 31, 8, 0) / 1000;

const LISTS = "lists.example", HUB = "hub.example", OTHER = "other.example";

/** How wide the terminal of the docs is. */
const COLUMNS = 100;

/** The commands of the story, in order. */
export const MISSING_POST_STEPS: readonly {
  /** As the docs write it. */
  readonly line: string;
  /** The name of its picture in docs/images; absent: the docs have what it prints as text. */
  readonly picture?: string;
  /** Whether Alice publishes a better list before. */
  readonly isRepaired?: true;
}[] = [
  { line: "outbox why nevent1…", picture: "missing_why" },
  { line: "outbox check npub1alice…", picture: "missing_check" },
  { line: "outbox check npub1alice… --write --yes", isRepaired: true },
  { line: "outbox why nevent1…", picture: "missing_repaired" },
  { line: "outbox feed npub1you… --pages 1" },
];

/** What a command printed. */
export interface StoryOutput {
  readonly code: number;
  /** Without the ends of lines that follow the last. */
  readonly text: string;
}

/** The network, while the story is told. */
export interface MissingPost extends AsyncDisposable {
  /** Runs a command as the docs write it, `outbox why nevent1…` for instance. */
  run(line: string, look?: { readonly isColoured?: boolean }): Promise<StoryOutput>;
  /** Alice publishes a new list, with an app that does not send it to all of its relays. */
  repair(): void;
}

/** Starts the network. */
export function startMissingPost(): MissingPost {
  const network = startNamedRelays([LISTS, HUB, OTHER]);
  const { [LISTS]: lists, [HUB]: hub, [OTHER]: other } = network.relays;
  const [alice, reader] = [new Signer(11), new Signer(12)];
  const post = alice.sign({ content: "Is this thing on?", created_at: POSTED_AT });
  lists.seed([
    alice.sign({ kind: 0, content: '{"name":"Alice"}', created_at: LISTED_AT }),
    alice.relayList({ both: ["wss://gone.example"] }, { created_at: LISTED_AT }),
  ]);
  hub.seed([reader.sign({ kind: 3, tags: [["p", alice.pubkey]], created_at: LISTED_AT })]);
  other.seed([post]);
  const relays = [`wss://${OTHER}`];
  const codes = new Map([
    ["nevent1…", neventEncode({ id: post.id, relays, author: alice.pubkey })],
    ["npub1alice…", npubEncode(alice.pubkey)],
    ["npub1you…", npubEncode(reader.pubkey)],
  ]);
  return {
    async run(line, { isColoured = false } = {}) {
      const [program, ...args] = line.split(" ").map((word) => codes.get(word) ?? word);
      if (program !== "outbox") throw new Error(`Cannot run "${line}": it is no command of ours`);
      const fake = fakeProcess({
        env: isColoured ? { FORCE_COLOR: "1" } : {},
        isTTY: isColoured,
        columns: COLUMNS,
      });
      const code = await runCli(
        [...args, "--indexer", `wss://${LISTS}`, "--relay", `wss://${HUB}`],
        fake,
      );
      const { stdout, stderr } = fake.printed();
      return { code, text: (stdout + stderr).trimEnd() };
    },
    repair() {
      const both = [OTHER, HUB].map((host) => `wss://${host}`);
      const list = alice.relayList({ both }, { created_at: REPAIRED_AT });
      for (const relay of [lists, other]) relay.publish(list);
    },
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
  };
}
