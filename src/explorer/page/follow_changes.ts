/**
 * Follows the program that serves the page: asks it again and again for what has changed.
 *
 * @module
 */
import { type Clock, systemClock } from "../../base/clock.ts";
import type { ExplorerData } from "../explorer_data.ts";

/** How often the page asks, in milliseconds; it does not while nobody looks. */
const INTERVAL_MS = 5_000;

/** What following needs. */
export interface FollowOptions {
  /** The version of the data in the page. */
  readonly version: string;
  readonly onData: (data: ExplorerData) => void;
  /** Called when the program is gone, and when it is back. */
  readonly onConnected: (isConnected: boolean) => void;
  readonly clock?: Clock;
}

/** Follows for as long as the page is open. */
export function followChanges(
  { version, onData, onConnected, clock = systemClock }: FollowOptions,
): void {
  let tag = `"${version}"`;
  const ask = async () => {
    try {
      const response = await fetch("data.json", { headers: { "If-None-Match": tag } });
      if (response.status === 200) {
        onData(await response.json());
        tag = response.headers.get("ETag") ?? "";
      }
      onConnected(response.ok || response.status === 304);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      // Nobody answers: the program has ended.
      onConnected(false);
    }
  };
  const again = () =>
    clock.after(INTERVAL_MS, async () => {
      if (document.visibilityState === "visible") await ask();
      again();
    });
  again();
}
