/**
 * What a check of somebody's lists is made of, as types.
 *
 * @module
 */

import type { RelayUrlPolicy } from "../nostr/relay_policy.ts";
import type { PlanOptions } from "../plan/plan_options.ts";
import type { RelayInfo } from "../relays/relay_info.ts";
import type { ListVersions } from "./list_versions.ts";
import type { ProbeFailure } from "./relay_prober.ts";

/** What a report is made of. */
export interface CheckSource extends ListVersions {
  readonly pubkey: string;
  readonly indexers: readonly string[];
  readonly policy?: RelayUrlPolicy;
  readonly planOptions: PlanOptions;
  /** What relays say of themselves (NIP-11). */
  readonly infos: ReadonlyMap<string, RelayInfo>;
  /** Why relays did not take an event; `undefined` for those that took it. Absent: none was sent. */
  readonly offers?: ReadonlyMap<string, ProbeFailure | undefined>;
  /** In Unix seconds. */
  readonly now: number;
}

/** One relay of somebody's lists. */
export interface CheckedRelay {
  readonly url: string;
  /** What the lists use it for. */
  readonly uses: readonly ("write" | "read" | "messages")[];
  /** Why it did not answer; absent if it did. */
  readonly failure?: ProbeFailure;
  readonly info?: RelayInfo;
  /** Whether it took an event; absent if none was sent. */
  readonly accepts?: boolean;
  readonly refusal?: ProbeFailure;
}
