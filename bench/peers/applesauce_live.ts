/**
 * applesauce-core: `OutboxModel`, which plans the contacts of a user anew whenever one of
 * their relay lists comes in.
 *
 * It takes events, so the lists are put into its event store as such; signatures count as
 * checked. It is given both limits, as in `applesauce.ts`.
 *
 * @module
 */

import type { RelayList } from "../../src/nostr/relay_knowledge.ts";

/** A model that is subscribed to, and what it has come to. */
export interface LiveModel {
  /** One more list. */
  readonly add: (list: RelayList) => void;
  /** How many plans were made. */
  readonly plans: () => number;
  /** Ends the subscription. */
  readonly end: () => void;
}

/** How the report calls it. */
export const NAME = "applesauce-core 6.2.0, OutboxModel";

/** Loads the package. */
export async function loadApplesauceLive(): Promise<(people: readonly string[]) => LiveModel> {
  const { EventStore } = await import("npm:applesauce-core@6.2.0/event-store");
  const { OutboxModel } = await import("npm:applesauce-core@6.2.0/models");
  return (people) => {
    const store = new EventStore({ verifyEvent: () => true });
    const user = "ff".repeat(32);
    const event = (kind: number, pubkey: string, tags: string[][]) => ({
      id: pubkey.slice(0, 60) + String(kind).padStart(4, "0").slice(-4),
      pubkey,
      kind,
      tags,
      created_at: 1_700_000_000,
      content: "",
      sig: "00".repeat(64),
    });
    store.add(event(3, user, people.map((pubkey) => ["p", pubkey])));
    let plans = 0;
    const options = { type: "outbox" as const, maxConnections: 20, maxRelaysPerUser: 2 };
    const subscription = store.model(OutboxModel, user, options).subscribe(() => plans++);
    return {
      add: ({ pubkey, write }) =>
        void store.add(event(10002, pubkey, write.map((url) => ["r", url]))),
      plans: () => plans,
      end: () => subscription.unsubscribe(),
    };
  };
}
