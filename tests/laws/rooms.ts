/**
 * The rooms of `src`, and what each may import.
 *
 * @module
 */

/** A folder of `src`; the sentence of each is in docs/design.md. */
export interface Room {
  /** Which other rooms, or files of them, it may import. */
  readonly rooms: readonly string[];
  /** Which packages it may import; of `@nostrify/types` the types alone. */
  readonly packages: readonly string[];
  /** Whether its code may wait. */
  readonly awaits: boolean;
}

/** The packages that any room but `base` may import. */
export const NOSTR = ["@nostrify/types", "nostr-tools"];

/** Who may import whom, from the ground up. A room imports only rooms above its own line. */
export const ROOMS: Readonly<Record<string, Room>> = {
  base: { rooms: [], packages: ["lru-cache"], awaits: true },
  nostr: { rooms: ["base"], packages: NOSTR, awaits: false },
  db: {
    rooms: ["base", "nostr"],
    packages: [...NOSTR, "idb", "kysely", "node:sqlite", "pg"],
    awaits: true,
  },
  signatures: { rooms: ["base", "nostr"], packages: [...NOSTR, "nostr-wasm"], awaits: true },
  lists: { rooms: ["base", "nostr"], packages: NOSTR, awaits: true },
  hints: { rooms: ["base", "nostr"], packages: NOSTR, awaits: true },
  spans: { rooms: ["base", "nostr"], packages: NOSTR, awaits: true },
  plan: { rooms: ["base", "nostr"], packages: NOSTR, awaits: false },
  relays: { rooms: ["base", "nostr"], packages: NOSTR, awaits: true },
  ledger: {
    rooms: ["base", "nostr", "relays/backoff", "relays/relay_replies"],
    packages: NOSTR,
    awaits: true,
  },
  connections: { rooms: ["base", "nostr", "relays"], packages: NOSTR, awaits: true },
  requests: {
    rooms: ["base", "nostr", "plan", "relays", "connections"],
    packages: [...NOSTR, "@nostrify/nostrify"],
    awaits: true,
  },
  discovery: {
    rooms: ["base", "nostr", "lists", "hints", "plan/event_rules"],
    packages: NOSTR,
    awaits: true,
  },
  tabs: {
    rooms: ["base", "connections/open_relay", "connections/relay_socket"],
    packages: [],
    awaits: true,
  },
  feeds: {
    rooms: [
      "base",
      "nostr",
      "plan",
      "spans",
      "requests/live_assignment",
      "requests/live_plan",
      "requests/live_shares",
    ],
    packages: NOSTR,
    awaits: true,
  },
  /** The files of `src` itself: the door, the factories, their options, the wiring. */
  "": {
    rooms: [
      "base",
      "nostr",
      "signatures",
      "lists",
      "hints",
      "spans",
      "plan",
      "relays",
      "ledger",
      "connections",
      "requests",
      "discovery",
      "feeds",
    ],
    packages: [...NOSTR, "@nostrify/nostrify"],
    awaits: true,
  },
  explorer: {
    rooms: ["", "base", "nostr", "plan", "relays"],
    packages: [
      ...NOSTR,
      "d3-force",
      "d3-scale",
      "d3-shape",
      "d3-time",
      "node:crypto",
      "node:http",
      "node:net",
    ],
    awaits: true,
  },
  cli: {
    rooms: [
      "",
      "explorer",
      "base",
      "nostr",
      "db",
      "lists",
      "hints",
      "spans",
      "plan",
      "relays",
      "ledger",
      "connections",
      "requests",
      "discovery",
      "feeds",
    ],
    packages: [
      ...NOSTR,
      "@nostrify/nostrify",
      "cli-progress",
      "cli-table3",
      "commander",
      "node:fs",
      "node:process",
      "node:readline",
      "node:stream",
      "picocolors",
    ],
    awaits: true,
  },
};
