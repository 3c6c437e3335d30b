/**
 * The tab that leads: opens lines for the others, and ends those of tabs that are gone.
 *
 * @module
 */

import type { Line, SocketHub } from "./socket_hub.ts";
import { type NewLeader, tabNames, type ToLeader, type ToTab } from "./tab_messages.ts";

/** Serves other tabs from now on, until the signal is aborted. */
export function leadTabs(name: string, own: string, hub: SocketHub, signal: AbortSignal): void {
  const names = tabNames(name);
  const inbox = new BroadcastChannel(names.leader);
  const tabs = new Map<string, Map<number, Line>>();
  const channels = new Map<string, BroadcastChannel>();

  /** Resolves once a tab is gone: until then it holds the lock of its name. */
  const meet = (tab: string) => {
    const channel = new BroadcastChannel(names.tab(tab));
    channels.set(tab, channel);
    const leave = () => {
      for (const line of tabs.get(tab)?.values() ?? []) line.close();
      tabs.delete(tab);
      channels.delete(tab);
      channel.close();
    };
    navigator.locks.request(names.tab(tab), { signal }, leave).catch(leave);
    const lines = new Map<number, Line>();
    tabs.set(tab, lines);
    return lines;
  };

  inbox.onmessage = ({ data }: { readonly data: ToLeader }) => {
    const lines = tabs.get(data.tab) ?? meet(data.tab);
    const say = (message: ToTab) => channels.get(data.tab)?.postMessage(message);
    const { line } = data;
    if (data.verb === "send") return lines.get(line)?.send(data.text);
    if (data.verb === "close") {
      lines.get(line)?.close();
      return void lines.delete(line);
    }
    // Asked for twice, where this tab took over while the other one asked.
    if (lines.has(line)) return;
    say({ line, verb: "taken" });
    const closed = (code?: number, reason?: string) => {
      lines.delete(line);
      say({ line, verb: "closed", code, reason });
    };
    try {
      const opened = hub.open(data.url, {
        open: () => say({ line, verb: "open" }),
        message: (text) => say({ line, verb: "message", data: text }),
        closed,
      });
      lines.set(line, opened);
    } catch (error) {
      closed(undefined, error instanceof Error ? error.message : String(error));
    }
  };
  signal.addEventListener("abort", () => {
    hub.close();
    inbox.close();
  });
  const news = new BroadcastChannel(names.news);
  news.postMessage({ leader: own } satisfies NewLeader);
  news.close();
}
