/**
 * How what happens changes a publication: a reducer. Pure.
 *
 * A relay that has taken an event has it, whatever comes later; what was refused or given up is
 * tried again only when the app says so.
 *
 * @module
 */

import type { RelayFailure } from "../nostr/relay_failure.ts";
import {
  isOpenTarget,
  type NewTarget,
  newTarget,
  type PublicationRecord,
  type PublicationTarget,
} from "./publication.ts";

/** How an offer at one relay ended. Times are milliseconds since 1970. */
export type OfferOutcome =
  /** The relay has the event. */
  | { readonly type: "taken" }
  /** It refused for good. */
  | { readonly type: "refused"; readonly failure: RelayFailure; readonly reason: string }
  /** It refused for now. */
  | {
    readonly type: "postponed" | "sign-in";
    readonly failure: RelayFailure;
    readonly reason: string;
    readonly nextAt: number;
  }
  /** It could not be reached, or did not answer. */
  | { readonly type: "unreachable"; readonly failure: RelayFailure; readonly reason: string }
  /** The event must not be offered there any longer. */
  | { readonly type: "gone" | "given-up"; readonly reason: string };

/** What changes a publication. */
export type PublicationChange =
  /** An offer ended. */
  | { readonly type: "offered"; readonly relay: string; readonly outcome: OfferOutcome }
  /** More relays count, or count again. Other targets stay as they are. */
  | { readonly type: "added"; readonly targets: readonly NewTarget[]; readonly now: number }
  /** Relays that have not taken the event are left out. */
  | {
    readonly type: "gone" | "given-up";
    readonly reason: string;
    readonly relays?: (url: string) => boolean;
  }
  /** Time has passed. */
  | { readonly type: "passed"; readonly now: number; readonly reason: string }
  /** The app wants it tried again wherever it was not taken. */
  | { readonly type: "retried"; readonly now: number; readonly until: number };

/** Most characters of a relay's word that are kept. */
const MAX_REASON_LENGTH = 300;

/** The publication after a change; the same object if nothing changed. */
export function changedPublication(
  record: PublicationRecord,
  change: PublicationChange,
): PublicationRecord {
  switch (change.type) {
    case "offered":
      return withTargets(
        record,
        (target) => target.relay === change.relay ? afterOffer(target, change.outcome) : target,
      );
    case "added": {
      const more = new Map(change.targets.map((target) => [target.relay, target]));
      const targets = record.targets.map((target) => {
        const again = more.get(target.relay);
        more.delete(target.relay);
        if (!again || target.state !== "gone") return target;
        return { ...newTarget(again, change.now), tries: target.tries };
      });
      const added = [...more.values()].map((target) => newTarget(target, change.now));
      const isSame = added.length === 0 && targets.every((one, i) => one === record.targets[i]);
      return isSame ? record : { ...record, targets: [...targets, ...added] };
    }
    case "gone":
    case "given-up": {
      const { type, reason, relays = () => true } = change;
      return withTargets(
        record,
        (target) =>
          isOpenTarget(target) && relays(target.relay) ? ended(target, type, reason) : target,
      );
    }
    case "passed":
      if (change.now < record.until) return record;
      return withTargets(record, (target) => {
        if (!isOpenTarget(target)) return target;
        const last = target.reason === undefined ? "" : `: ${target.reason}`;
        return ended(target, "given-up", `${change.reason}${last}`);
      });
    case "retried": {
      const { now, until } = change;
      const retried = withTargets(
        record,
        (target) =>
          target.state === "taken" ? target : { ...target, state: "pending", nextAt: now },
      );
      return retried === record ? record : { ...retried, until };
    }
  }
}

function afterOffer(target: PublicationTarget, outcome: OfferOutcome): PublicationTarget {
  if (target.state === "taken") return target;
  const { nextAt, ...rest } = { ...target, tries: target.tries + 1 };
  if (outcome.type === "taken") {
    const { relay, why, tries } = rest;
    return { relay, why, state: "taken", tries };
  }
  // An offer may end after the event was given up, and counts then only if it was taken.
  if (!isOpenTarget(target)) return target;
  const reason = cut(outcome.reason);
  switch (outcome.type) {
    case "gone":
    case "given-up":
      return ended(rest, outcome.type, reason);
    case "refused":
      return { ...rest, state: "refused", failure: outcome.failure, reason };
    case "postponed":
    case "sign-in": {
      const state = outcome.type === "sign-in" ? "sign-in" : "pending";
      return { ...rest, state, failure: outcome.failure, reason, nextAt: outcome.nextAt };
    }
    case "unreachable":
      return { ...rest, state: "pending", failure: outcome.failure, reason, nextAt };
  }
}

function ended(
  { nextAt: _, ...target }: PublicationTarget,
  state: "gone" | "given-up",
  reason: string,
): PublicationTarget {
  return { ...target, state, reason: cut(reason) };
}

function cut(reason: string): string {
  return reason.slice(0, MAX_REASON_LENGTH);
}

function withTargets(
  record: PublicationRecord,
  change: (target: PublicationTarget) => PublicationTarget,
): PublicationRecord {
  const targets = record.targets.map(change);
  const isSame = targets.every((target, i) => target === record.targets[i]);
  return isSame ? record : { ...record, targets };
}
