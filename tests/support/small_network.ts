/**
 * A small network on this machine, for whole programs: a hub with everybody's lists, and a relay
 * each for Alice and Bob, whom a reader follows.
 *
 * @module
 */

import { npubEncode } from "nostr-tools/nip19";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";

/** Who is there. */
export const [READER, ALICE, BOB, CAROL] = [1, 2, 3, 4].map((seed) => new Signer(seed));

/** When the network's first post was written, in Unix seconds. */
export const POSTED_AT = 1_700_000_000;

/** The reader's npub. */
export const READER_NPUB: string = npubEncode(READER.pubkey);

/** Relays, and how a command line finds them. */
export interface SmallNetwork extends AsyncDisposable {
  readonly hub: RelayServer;
  readonly alices: RelayServer;
  readonly bobs: RelayServer;
  /** Options that name the hub. */
  readonly options: readonly string[];
}

/** Starts the network; Carol, whom the reader also follows, has no relay list. */
export function startSmallNetwork(): SmallNetwork {
  const hub = RelayServer.start();
  const alices = RelayServer.start();
  const bobs = RelayServer.start();
  hub.seed([
    READER.sign({
      kind: 3,
      tags: [...[ALICE, BOB, CAROL].map(({ pubkey }) => ["p", pubkey]), ["p", "junk"]],
    }),
    READER.relayList({ both: [hub.url, alices.url] }),
    ALICE.relayList({ both: [alices.url] }),
    BOB.relayList({ write: [bobs.url], read: [alices.url] }),
    ALICE.sign({ kind: 0, content: '{"name":"Alice"}' }),
    BOB.sign({ kind: 0, content: "no JSON" }),
  ]);
  alices.seed([ALICE.sign({ content: "first\nline", created_at: POSTED_AT })]);
  bobs.seed([
    BOB.sign({ content: "second \u001b[31mred", created_at: POSTED_AT + 1 }),
    BOB.sign({ content: "too old", created_at: POSTED_AT - 1 }),
  ]);
  return {
    hub,
    alices,
    bobs,
    options: ["--relay", hub.url],
    async [Symbol.asyncDispose]() {
      await Promise.all([hub, alices, bobs].map((relay) => relay.stop()));
    },
  };
}
