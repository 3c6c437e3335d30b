/**
 * A spreader of relay lists whose store and relays are under a test's hand.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import {
  ListRebroadcaster,
  type ListRebroadcasterOptions,
} from "../../src/discovery/list_rebroadcaster.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";
import { A, listEvent, NOW, unsigned } from "./list_store.ts";

/** Two authors. */
export const ALICE: string = "aa".repeat(32), BOB: string = "bb".repeat(32);

/** A post. */
export const post = (pubkey = ALICE): NostrEvent => unsigned(pubkey, { kind: 1 });

/** One list on its way to a relay. */
export interface Sending {
  readonly url: string;
  readonly list: NostrEvent;
  readonly take: () => void;
  readonly refuse: (error: Error) => void;
}

/** A spreader whose store and relays are under the test's hand. */
export function setUp(options: Partial<ListRebroadcasterOptions> = {}) {
  const clock = new TestClock();
  const newest = new Map<string, NostrEvent>();
  const errors: Error[] = [];
  /** Lists on their way, while `isHeld`. */
  const sending: Sending[] = [];
  const sent: [url: string, id: string][] = [];
  const world = { isHeld: false, queries: 0, failure: undefined as Error | undefined };
  const spreader = new ListRebroadcaster({
    store: {
      query([{ kinds, authors }]) {
        assert.deepEqual(kinds, [10002]);
        world.queries++;
        if (world.failure) return Promise.reject(world.failure);
        const list = newest.get(authors![0]);
        return Promise.resolve(list ? [list] : []);
      },
    },
    publish(url, list) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const take = () => {
        sent.push([url, list.id]);
        resolve();
      };
      if (world.isHeld) sending.push({ url, list, take, refuse: reject });
      else if (world.failure) reject(world.failure);
      else take();
      return promise;
    },
    clock,
    onError: (error) => errors.push(error),
    ...options,
  });
  /** The author writes a list. */
  const write = (pubkey = ALICE, created_at = NOW) => {
    const list = listEvent(pubkey, [A], created_at);
    newest.set(pubkey, list);
    return list;
  };
  /** A relay takes an event, and what comes of it is done. */
  const publish = async (event = post(), url = A) => {
    spreader.published(event, url);
    await settled();
  };
  return { spreader, clock, errors, sending, sent, world, write, publish };
}
