/**
 * Lets everybody post something new.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { DemoClock } from "./demo_clock.ts";
import type { DemoNetwork } from "./network.ts";
import type { Population } from "./population.ts";

/** A post, and the relays that have it. */
export interface NewPost {
  readonly event: NostrEvent;
  readonly urls: readonly string[];
}

/** The people, their relays and the time. */
export interface Place {
  readonly network: DemoNetwork;
  readonly people: Population;
  readonly clock: DemoClock;
}

/**
 * Makes everybody post to those of their relays that run and are chosen. People without
 * such a relay post nothing.
 */
export function postAll(
  content: string,
  { network, people, clock }: Place,
  isMeant: (url: string) => boolean = () => true,
): NewPost[] {
  const servers = new Map(network.live.map((server) => [server.url, server]));
  return people.listed.flatMap(({ signer, outboxes }) => {
    const urls = outboxes.filter((url) => servers.has(url) && isMeant(url));
    if (urls.length === 0) return [];
    const event = signer.sign({ content, created_at: clock.seconds() });
    for (const url of urls) servers.get(url)!.publish(event);
    return [{ event, urls }];
  });
}
