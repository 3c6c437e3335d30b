/**
 * Measures a client that reads its feed and sends its replies.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { Client } from "./client.ts";
import type { DemoNetwork } from "./network.ts";
import type { Person, Population } from "./population.ts";

/** The results of one client, and their cost. */
export interface Result {
  readonly name: string;
  /** Posts that arrived, of those that exist. */
  readonly found: number;
  readonly exist: number;
  /** The same for the posts of people who have a relay list. */
  readonly foundListed: number;
  readonly existListed: number;
  /** Authors of those posts, of all who posted. */
  readonly heard: number;
  readonly posted: number;
  /** Replies that reached a relay where their recipient reads. */
  readonly delivered: number;
  readonly replies: number;
  /** Relays from which it requested lists and posts, dead ones included. */
  readonly asked: number;
  /** Sockets that relays accepted, in all. */
  readonly connections: number;
  /** Filters sent, and events that came back, copies included. */
  readonly filters: number;
  readonly moved: number;
  /** Seconds from an empty database to the last post. */
  readonly seconds: number;
}

/** The task of every client. */
export interface Task {
  readonly network: DemoNetwork;
  readonly people: Population;
  /** How many people get a reply. */
  readonly replies: number;
  /** The time of the oldest post that counts, in Unix seconds. */
  readonly since: number;
}

/** Runs a client from a cold start to its last reply. */
export async function measure(client: Client, task: Task): Promise<Result> {
  const { network, people } = task;
  const before = totals(network);
  const start = performance.now();
  await client.learn(people.pubkeys);
  const learned = totals(network);
  const { found, last } = await read(client, task);
  const after = totals(network);
  const asked = await client.asked();
  const listed = new Set(people.listed.map(({ signer }) => signer.pubkey));
  const byListed = (posts: NostrEvent[]) => posts.filter((post) => listed.has(post.pubkey)).length;

  const answered = people.listed.slice(0, task.replies);
  const delivered = await reply(client, task, answered);

  return {
    name: client.name,
    found: found.length,
    exist: people.posts.size,
    foundListed: byListed(found),
    existListed: byListed([...people.posts.values()]),
    heard: authors(found),
    posted: authors(people.posts.values()),
    delivered,
    replies: answered.length,
    asked,
    connections: network.total("connections") - before.connections,
    filters: after.filters - learned.filters,
    moved: after.eventsSent - learned.eventsSent,
    seconds: (last - start) / 1000,
  };
}

async function read(client: Client, { people, since }: Task) {
  const filter = { kinds: [1], authors: [...people.pubkeys], since };
  let last = performance.now();
  const events = await client.read([filter], () => last = performance.now());
  return { found: events.filter(({ id }) => people.posts.has(id)), last };
}

function authors(posts: Iterable<NostrEvent>): number {
  return new Set(Array.from(posts, ({ pubkey }) => pubkey)).size;
}

async function reply(
  client: Client,
  { network, people }: Task,
  answered: readonly Person[],
): Promise<number> {
  const sent: { id: string; inboxes: readonly string[] }[] = [];
  for (const { signer, inboxes } of answered) {
    const event = people.me.sign({
      content: `${client.name} greets you`,
      tags: [["p", signer.pubkey]],
      created_at: people.now,
    });
    // Resolves once a first relay has stored it; the others may still do so.
    await client.pool.event(event);
    sent.push({ id: event.id, inboxes });
  }
  await untilQuiet(() => network.total("eventsReceived"));
  const holders = new Map(network.live.map((server) => [server.url, server]));
  return sent.filter(({ id, inboxes }) => inboxes.some((url) => holders.get(url)?.has(id))).length;
}

function totals(network: DemoNetwork) {
  return {
    connections: network.total("connections"),
    filters: network.total("filters"),
    eventsSent: network.total("eventsSent"),
  };
}

/** Resolves when a counter has stood still for half a second. */
async function untilQuiet(counter: () => number): Promise<void> {
  for (let still = 0, seen = -1; still < 10; still++) {
    if (counter() !== seen) still = 0;
    seen = counter();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
