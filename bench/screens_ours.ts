/**
 * The library: its feed, and an `NPool` for everything else.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import type { OutboxOptions } from "../src/mod.ts";
import type { FeedTask, ScreenClient, ScreenSetting } from "./screens_client.ts";
import { PoolApp, storeOf, warmUp } from "./screens_plain.ts";

/** A page, and what came since and belongs into earlier ones: the app shows both. */
interface Page {
  readonly events: readonly NostrEvent[];
  readonly late: readonly NostrEvent[];
}

/** As much of a feed as the screens need. */
interface Feed extends AsyncIterable<Page> {
  close(): Promise<void>;
}

/** An outbox that has feeds. */
interface WithFeeds {
  feed(
    filters: NostrFilter[],
    options: { store: NStore; pageSize: number; patience?: number },
  ): Feed;
}

/** Whether an outbox has feeds. */
function hasFeeds(outbox: object): outbox is WithFeeds {
  return "feed" in outbox;
}

/** The library; `patience` in milliseconds is that of its feed. */
export function ours(outbox?: OutboxOptions, patience?: number): ScreenClient {
  return {
    name: "createOutbox",
    warmUp: (setting) => warmUp(setting, outbox),
    start: (setting) => new OutboxApp(setting, outbox, patience),
  };
}

class OutboxApp extends PoolApp {
  readonly #store: NStore;
  readonly #patience?: number;

  constructor(setting: ScreenSetting, options?: OutboxOptions, patience?: number) {
    super(setting, options);
    this.#store = storeOf(setting);
    this.#patience = patience;
  }

  override async *feed({ authors, kinds, pageSize }: FeedTask) {
    const { outbox } = this;
    if (!hasFeeds(outbox)) return;
    const options = { store: this.#store, pageSize };
    const feed = outbox.feed(
      [{ kinds: [...kinds], authors: [...authors] }],
      this.#patience === undefined ? options : { ...options, patience: this.#patience },
    );
    try {
      for await (const { events, late } of feed) yield [...events, ...late];
    } finally {
      await feed.close();
    }
  }
}
