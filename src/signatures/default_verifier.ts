/**
 * The verifier of outboxes that have none of their own.
 *
 * @module
 */

import { type Clock, systemClock } from "../base/clock.ts";
import { VerificationCache, type VerifyEvent } from "../nostr/verification_cache.ts";
import { EventVerifier } from "./event_verifier.ts";
import { checkPlainly } from "./signature_check.ts";
import { usefulWorkers } from "./useful_workers.ts";
import { verifyThreads } from "./verify_threads.ts";
import { WorkerVerifier, type WorkerVerifierOptions } from "./worker_verifier.ts";

/** A verifier as an outbox has it, from its beginning to its end. */
export interface VerifierUse extends Pick<EventVerifier, "verify" | "trust"> {
  /** Says that so many events are about to come: what takes time is done while relays do. */
  readonly expect: (count: number) => void;
  /** Ends the use. What only this outbox waits for counts as not genuine. */
  readonly close: () => void;
}

/** What an outbox may say of its verifier. */
export interface VerifierOptions {
  /** A verifier of the app's own. @default signatures, in threads where there are many */
  readonly verifyEvent?: VerifyEvent;
  /** Starts a worker that runs `verify_worker`. @default from beside this module */
  readonly verifyWorker?: () => Worker;
  /** @default the clock of the machine */
  readonly clock?: Clock;
}

/** The default verifier of the whole program, and how many outboxes use it. */
let shared: VerifierUse | undefined;
let users = 0;

/**
 * A verifier for one outbox. Outboxes without options share one, since what is genuine and how many
 * threads a machine has is the same for all.
 *
 * @param isFlooded Whether relays send more than this thread reads as it comes.
 */
export function useVerifier(
  options: VerifierOptions = {},
  isFlooded?: WorkerVerifierOptions["isFlooded"],
): VerifierUse {
  const { verifyEvent, verifyWorker, clock } = options;
  if (verifyEvent || verifyWorker || clock) return ownVerifier(options, isFlooded);
  // What an app's store holds convinces only the outbox of that app.
  const trusted = new VerificationCache();
  let isUsed = false;
  let isTrusting = false;
  const used = (): VerifierUse => {
    if (!isUsed) users++;
    isUsed = true;
    return shared ??= ownVerifier({}, isFlooded);
  };
  return {
    verify: (event) => (isTrusting ? trusted.check(event) : undefined) ?? used().verify(event),
    expect: (count) => used().expect(count),
    trust: (events) => {
      isTrusting = true;
      trusted.addAll(events);
    },
    close: () => {
      if (isUsed && --users === 0) shared?.close();
      isUsed = false;
    },
  };
}

function ownVerifier(
  { verifyEvent, verifyWorker, clock }: VerifierOptions,
  isFlooded?: WorkerVerifierOptions["isFlooded"],
): VerifierUse {
  const workers = new WorkerVerifier({
    clock: clock ?? systemClock,
    check: checkPlainly,
    createWorker: (listener) => {
      const { createWorker, webWorker } = verifyThreads.loaded!;
      return verifyWorker ? webWorker(verifyWorker(), listener) : createWorker(listener);
    },
    maxWorkers: usefulWorkers(),
    isFlooded,
  });
  const verifier = new EventVerifier(verifyEvent ?? ((event) => workers.verify(event)));
  return {
    verify: verifier.verify,
    trust: verifier.trust,
    expect: (count) => verifyEvent || workers.expect(count),
    close: () => workers.close(),
  };
}
