/**
 * The world of discovery: indexers without any delay that have everybody's lists.
 *
 * @module
 */

import { createRandom } from "../testing/random.ts";
import { NOW, zipfLists } from "../testing/world/world.ts";
import { indexer } from "./cold_world.ts";
import { LoopbackRelay, wired } from "./loopback_relay.ts";
import { loadWasm, signer } from "./wasm_signatures.ts";

/** How the world is drawn. */
export interface ListTask {
  readonly name: "lists";
  /** How many people have a list. */
  readonly people: number;
  readonly indexers: number;
  readonly seed: number;
}

/** The facts that a client of that world may know. */
export interface ListWorld {
  readonly pubkeys: readonly string[];
  readonly indexers: readonly string[];
}

/** Signs everybody's list, and starts the indexers: each has all of them. */
export async function startListWorld(
  { people, indexers: count, seed }: ListTask,
): Promise<{ about: ListWorld; indexers: LoopbackRelay[]; relays: LoopbackRelay[] }> {
  await loadWasm();
  const random = createRandom(seed);
  const nature = indexer({ connectMs: 0, queryMs: 0 });
  const indexers = Array.from({ length: count }, () => new LoopbackRelay(nature, random));
  const pubkeys: string[] = [];
  for (const [i, { write }] of [...zipfLists({ authors: people, seed }).values()].entries()) {
    const tags = write.map((url) => ["r", url]);
    const event = signer(seed * 100_000 + i)({
      kind: 10002,
      created_at: NOW - i,
      tags,
      content: "",
    });
    const entry = wired(event);
    for (const indexer of indexers) indexer.seed(entry);
    pubkeys.push(event.pubkey);
  }
  return { about: { pubkeys, indexers: indexers.map(({ url }) => url) }, indexers, relays: [] };
}
