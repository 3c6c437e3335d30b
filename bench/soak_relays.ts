/**
 * Relays that go away and come back again and again, while people post: a process of its own for
 * `soak.ts`. Its first line says what clients may know; it ends with its input. `BENCH_FLAP_MS` and
 * `BENCH_POST_MS` say how often a relay cuts its connections or goes away, and how often somebody
 * posts.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { createRandom, shuffled } from "../testing/random.ts";
import { RelayServer } from "../testing/relay_server.ts";
import { Signer } from "../testing/signer.ts";

/** What clients may know. */
export interface SoakRelays {
  readonly relays: readonly string[];
  readonly pubkeys: readonly string[];
  readonly lists: readonly NostrEvent[];
}

const RELAYS = 12, PEOPLE = 100, RELAYS_PER_PERSON = 3;
const FLAP_MS = Number(Deno.env.get("BENCH_FLAP_MS") ?? 500);
const POST_MS = Number(Deno.env.get("BENCH_POST_MS") ?? 250);
/** How long a relay is away at most. */
const MAX_AWAY_MS = 4_000;

async function main(): Promise<void> {
  const random = createRandom(11);
  const relays = Array.from({ length: RELAYS }, () => RelayServer.start());
  const people = Array.from({ length: PEOPLE }, (_, i) => new Signer(500 + i));
  const homes = new Map(
    people.map((person) => [person, shuffled(random, relays).slice(0, RELAYS_PER_PERSON)]),
  );
  const created_at = Math.floor(Date.now() / 1000);
  const about: SoakRelays = {
    relays: relays.map(({ url }) => url),
    pubkeys: people.map(({ pubkey }) => pubkey),
    lists: people.map((person) =>
      person.relayList({ both: homes.get(person)!.map(({ url }) => url) }, { created_at })
    ),
  };
  console.log(JSON.stringify(about));
  const isUp = new Set(relays);
  let posts = 0;
  setInterval(() => {
    const person = people[Math.floor(random() * people.length)];
    const content = `Post ${posts++}`;
    const event = person.sign({ content, created_at: Math.floor(Date.now() / 1000) });
    for (const relay of homes.get(person)!) relay.publish(event);
  }, POST_MS);
  setInterval(async () => {
    const relay = relays[Math.floor(random() * relays.length)];
    if (!isUp.has(relay)) return;
    if (random() < 0.5) return await relay.disconnect();
    isUp.delete(relay);
    await relay.down();
    setTimeout(() => {
      relay.up();
      isUp.add(relay);
    }, random() * MAX_AWAY_MS);
  }, FLAP_MS);
  for await (const _ of Deno.stdin.readable);
  Deno.exit(0);
}

if (import.meta.main) await main();
