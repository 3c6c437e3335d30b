/**
 * A rebroadcaster of relay lists whose store and relays a test controls.
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
  readonly accept: () => void;
  readonly refuse: (error: Error) => void;
}

/** A rebroadcaster whose store and relays the test controls. */
export function setUp(options: Partial<ListRebroadcasterOptions> = {}) {
  const clock = new TestClock();
  const newest = new Map<string, NostrEvent>();
  const errors: Error[] = [];
  /** Lists that were sent but not accepted yet, while `isHeld`. */
  const sending: Sending[] = [];
  const sent: [url: string, id: string][] = [];
  const world = { isHeld: false, queries: 0, failure: undefined as Error | undefined };
  const rebroadcaster = new ListRebroadcaster({
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
      const accept = () => {
        sent.push([url, list.id]);
        resolve();
      };
      if (world.isHeld) sending.push({ url, list, accept, refuse: reject });
      else if (world.failure) reject(world.failure);
      else accept();
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
  /** A relay accepts an event; resolves when all that follows is done. */
  const publish = async (event = post(), url = A) => {
    rebroadcaster.published(event, url);
    await settled();
  };
  return { rebroadcaster, clock, errors, sending, sent, world, write, publish };
}
