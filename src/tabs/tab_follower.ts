/**
 * A tab that does not lead: its lines go over the tab that does.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Line, LineListener } from "./socket_hub.ts";
import { type NewLeader, tabNames, type ToLeader, type ToTab } from "./tab_messages.ts";

/** How long a tab waits for the one that leads, in milliseconds; then it connects by itself. */
const LEADER_TIMEOUT_MS = 2_000;

/** A line over another tab. */
interface FollowedLine {
  readonly url: string;
  readonly listener: LineListener;
  /** Whether the other tab has taken it. */
  isTaken: boolean;
  cancel: () => void;
  /** The tab's own, once it went alone. */
  alone?: Line;
}

/** See the module. */
export class TabFollower {
  readonly #own: string;
  readonly #clock: Clock;
  readonly #leader: BroadcastChannel;
  readonly #inbox: BroadcastChannel;
  readonly #news: BroadcastChannel;
  readonly #lines = new Map<number, FollowedLine>();
  #lastLine = 0;

  constructor(name: string, own: string, clock: Clock) {
    this.#own = own;
    this.#clock = clock;
    const names = tabNames(name);
    this.#leader = new BroadcastChannel(names.leader);
    this.#inbox = new BroadcastChannel(names.tab(own));
    this.#inbox.onmessage = ({ data }: { readonly data: ToTab }) => this.#heard(data);
    this.#news = new BroadcastChannel(names.news);
    this.#news.onmessage = ({ data }: { readonly data: NewLeader }) => {
      if (data.leader !== own) this.leaderChanged(false);
    };
  }

  /** Opens a line over the tab that leads, or alone if that does not answer. */
  open(url: string, listener: LineListener, goAlone: (listener: LineListener) => Line): Line {
    const number = ++this.#lastLine;
    const line: FollowedLine = { url, listener, isTaken: false, cancel: () => {} };
    this.#lines.set(number, line);
    const closed = (code?: number, reason?: string) => {
      this.#lines.delete(number);
      listener.closed(code, reason);
    };
    line.cancel = this.#clock.after(LEADER_TIMEOUT_MS, () => {
      // The other tab may only be slow.
      this.#say({ tab: this.#own, line: number, verb: "close" });
      line.alone = goAlone({ ...listener, closed });
    });
    this.#say({ tab: this.#own, line: number, verb: "open", url });
    return {
      send: (text) => {
        if (line.alone) line.alone.send(text);
        else this.#say({ tab: this.#own, line: number, verb: "send", text });
      },
      close: () => {
        line.cancel();
        line.alone?.close();
        if (this.#lines.delete(number)) this.#say({ tab: this.#own, line: number, verb: "close" });
      },
    };
  }

  /**
   * Another tab leads from now on: lines over the former one have ended, and what that had not taken
   * is asked for again.
   *
   * @param isOwn Whether it is this tab, which has no lines over itself.
   */
  leaderChanged(isOwn: boolean): void {
    for (const [number, line] of [...this.#lines]) {
      if (line.alone) continue;
      if (!line.isTaken && !isOwn) {
        this.#say({ tab: this.#own, line: number, verb: "open", url: line.url });
        continue;
      }
      line.cancel();
      this.#lines.delete(number);
      line.listener.closed(undefined, "the tab that had the connection is gone");
    }
  }

  /** Hears nothing more. */
  close(): void {
    for (const { cancel, alone } of this.#lines.values()) {
      cancel();
      alone?.close();
    }
    for (const channel of [this.#leader, this.#inbox, this.#news]) channel.close();
  }

  #say(message: ToLeader): void {
    this.#leader.postMessage(message);
  }

  #heard(message: ToTab): void {
    const line = this.#lines.get(message.line);
    if (!line || line.alone) return;
    line.cancel();
    line.isTaken = true;
    if (message.verb === "open") line.listener.open();
    else if (message.verb === "message") line.listener.message(message.data);
    else if (message.verb === "closed") {
      this.#lines.delete(message.line);
      line.listener.closed(message.code, message.reason);
    }
  }
}
