/**
 * What an app shows on its six screens. Every client implements it its own way.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { Random } from "../testing/random.ts";
import type { ScreenNetwork } from "./screens_network.ts";

/** Where an app runs. */
export interface ScreenSetting {
  readonly network: ScreenNetwork;
  readonly random: Random;
  /** The biggest relays that answer, as an app's settings have them. */
  readonly bigRelays: readonly string[];
  /** Kept from one start of the app to the next, by the names of its parts. */
  readonly kept: Map<string, unknown>;
}

/** How the home feed is read. */
export interface FeedTask {
  readonly authors: readonly string[];
  readonly kinds: readonly number[];
  readonly pageSize: number;
}

/** A started app. Each iteration ends when the client takes its screen for complete. */
export interface ScreenApp {
  /** Pages, newest first. The reader ends the iteration. */
  feed(task: FeedTask): AsyncIterable<readonly NostrEvent[]>;
  /** Somebody's profile and newest posts. */
  profile(pubkey: string, limit: number): AsyncIterable<NostrEvent>;
  /** The replies to a post. */
  thread(root: NostrEvent): AsyncIterable<NostrEvent>;
  /** Replies, reposts and reactions to a user, and mentions. */
  notifications(pubkey: string, kinds: readonly number[], limit: number): AsyncIterable<NostrEvent>;
  /** The event that another quotes. */
  quoted(by: NostrEvent): AsyncIterable<NostrEvent>;
  /** One person's name and picture; a page asks for many at once. */
  person(pubkey: string): AsyncIterable<NostrEvent>;
  /** Ends everything. */
  close(): Promise<void>;
}

/** A client. */
export interface ScreenClient {
  readonly name: string;
  /** Learns what an app of that client knows from former days; costs nothing. */
  warmUp?(setting: ScreenSetting): Promise<void>;
  start(setting: ScreenSetting): ScreenApp;
}
