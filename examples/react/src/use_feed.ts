/**
 * A feed of everybody whom a user follows, page by page, and what is new.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { FeedPage } from "@npool/outbox";
import { useEffect, useRef, useState } from "react";
import { useSession } from "./user_context.tsx";

/** What a component shows of a feed. */
export interface FeedState {
  /** The newest first. */
  readonly posts: readonly NostrEvent[];
  /** Whether the last page was read. */
  readonly isComplete: boolean;
  /** How many people may have more posts: their relays have not answered yet, or cannot. */
  readonly behind: number;
  /** Asks for one more page; absent while one is read. */
  readonly more?: () => void;
}

/** Follows the people that a user follows. A change of the user ends the feed, and begins another. */
export function useFeed(pubkey: string): FeedState {
  const { outbox, pool, db } = useSession();
  const [posts, setPosts] = useState<ReadonlyMap<string, NostrEvent>>(
    new Map(),
  );
  const [last, setLast] = useState<FeedPage>();
  const [isComplete, setComplete] = useState(false);
  const wanted = useRef<(() => void) | undefined>(undefined);
  const [isReading, setReading] = useState(true);

  useEffect(() => {
    const stop = new AbortController();
    const add = (events: readonly NostrEvent[]) => {
      if (stop.signal.aborted) return;
      setPosts((before) =>
        new Map([
          ...before,
          ...events.map((event) => [event.id, event] as const),
        ])
      );
    };
    // That this effect is over is no error.
    const ended = (error: unknown) => {
      if (!stop.signal.aborted) console.warn("The feed has ended", error);
    };
    const read = async () => {
      const authors = await follows(pool, pubkey, stop.signal);
      const feed = outbox.feed([{ kinds: [1], authors }], {
        store: db,
        pageSize: 20,
        signal: stop.signal,
      });
      const live = async () => {
        for await (const event of feed.live()) add([event]);
      };
      live().catch(ended);
      for await (const page of feed) {
        add([...page.events, ...page.late]);
        if (stop.signal.aborted) return;
        setLast(page);
        setReading(false);
        // The next page is read once somebody scrolls there.
        await new Promise<void>((resolve) => {
          wanted.current = resolve;
          stop.signal.addEventListener("abort", () => resolve());
        });
      }
      if (!stop.signal.aborted) setComplete(true);
    };
    read().catch(ended);
    return () => {
      stop.abort();
      setPosts(new Map());
      setComplete(false);
      setReading(true);
    };
  }, [outbox, pool, db, pubkey]);

  const sorted = [...posts.values()].sort((a, b) => b.created_at - a.created_at);
  const more = () => {
    setReading(true);
    wanted.current?.();
  };
  return {
    posts: sorted,
    isComplete,
    behind: new Set(last?.behind.map(({ pubkey }) => pubkey)).size,
    more: isReading || isComplete ? undefined : more,
  };
}

/** Whom a user follows (kind 3), and the user. */
async function follows(
  pool: ReturnType<typeof useSession>["pool"],
  pubkey: string,
  signal: AbortSignal,
): Promise<string[]> {
  const [list] = await pool.query(
    [{ kinds: [3], authors: [pubkey], limit: 1 }],
    { signal },
  );
  const tagged = list?.tags.filter(([name]) => name === "p").map(([, value]) => value) ?? [];
  return [...new Set([pubkey, ...tagged])];
}
