/**
 * The types of Nostrify that stand in our signatures, as a root for `deno doc --lint`: it
 * takes types of npm packages for private (denoland/deno#27364).
 *
 * @module
 */

export type {
  NostrEvent,
  NostrFilter,
  NostrRelayCLOSED,
  NostrRelayCOUNT,
  NostrRelayEOSE,
  NostrRelayEVENT,
  NRelay,
  NStore,
} from "@nostrify/types";
