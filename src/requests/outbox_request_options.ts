/**
 * What a request on all of its relays needs.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { BoundedSet } from "../base/bounded_set.ts";
import type { RelayConnector } from "../connections/relay_connector.ts";
import type { RelayRequestOptions, RelayRequestOutcome } from "../connections/relay_request.ts";
import type { Role } from "../nostr/relay_knowledge.ts";
import type { CompletionOptions } from "./completion.ts";
import { LateSubjects } from "./late_subjects.ts";
import { Previews } from "./previews.ts";
import { RelaysInUse } from "./relays_in_use.ts";
import { Answers } from "./unanswered.ts";

/** What a request needs. */
export interface OutboxRequestOptions extends Omit<RelayRequestOptions, "rank">, CompletionOptions {
  readonly timeout: number;
  /** Most relays that are asked at a time. @default no bound */
  readonly maxRelays?: number;
  /**
   * For how many of its people a request does not wait at most, if all their relays are late.
   * @default 0
   */
  readonly maxLate?: number;
  /** Gives the connector of a relay. */
  readonly connector: (url: string) => RelayConnector;
  /** Called with each event that a relay sends, as often as it comes. */
  readonly onSeen?: (event: NostrEvent, url: string) => void;
  /**
   * Called with each subject of which a relay's whole answer had nothing, while another relay had
   * something.
   */
  readonly onMissed?: (role: Role, subject: string, url: string) => void;
  /** Called with each relay's answer, once its stored events are over. */
  readonly onAnswered?: (url: string, outcome: RelayRequestOutcome) => void;
  /** Called once if the stored events are over and no relay answered; not if it was given up. */
  readonly onUnanswered?: (error: Error) => void;
}

/** What a request has from the one that it is part of, if it is. */
export interface RequestOrigin {
  /** Whether it is no part of another. */
  readonly isWhole: boolean;
  /** How many rounds of replacements led to it. */
  readonly rounds: number;
  /** Whether it stands in for relays that are lost. */
  readonly isReplacement: boolean;
  readonly seen: BoundedSet;
  readonly answers: Answers;
  readonly previews: Previews;
  readonly inUse: RelaysInUse;
  readonly late: LateSubjects;
}

/** Ids remembered of one request: a hundred times what `NPool` remembers. */
const MAX_REMEMBERED_IDS = 100_000;

/** What a request has that is no part of another. */
export function noOrigin(
  { maxRelays, maxLate }: Pick<OutboxRequestOptions, "maxRelays" | "maxLate">,
): RequestOrigin {
  return {
    isWhole: true,
    rounds: 0,
    isReplacement: false,
    seen: new BoundedSet(MAX_REMEMBERED_IDS),
    answers: new Answers(),
    previews: new Previews(),
    inUse: new RelaysInUse(maxRelays),
    late: new LateSubjects(maxLate),
  };
}
