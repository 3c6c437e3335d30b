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
import { Previews } from "./previews.ts";
import { Answers } from "./unanswered.ts";

/** What a request needs. */
export interface OutboxRequestOptions extends Omit<RelayRequestOptions, "rank">, CompletionOptions {
  /** How long the whole may take, in milliseconds in which the program is not behind. */
  readonly timeout: number;
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

/** What a request has in common with the one that it is part of. */
export interface RequestOrigin {
  /** How many rounds of replacements led to it. */
  readonly rounds: number;
  readonly seen: BoundedSet;
  readonly answers: Answers;
  readonly previews: Previews;
}

/** Ids remembered of one request: a hundred times what `NPool` remembers. */
const MAX_REMEMBERED_IDS = 100_000;

/** What a request that is no part of another begins with. */
export function newOrigin(): RequestOrigin {
  const seen = new BoundedSet(MAX_REMEMBERED_IDS);
  return { rounds: 0, seen, answers: new Answers(), previews: new Previews() };
}
