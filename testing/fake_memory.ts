/**
 * A memory of relays that a test controls, and that records its calls.
 *
 * @module
 */

import type { AnswerProof } from "../src/nostr/answer_proof.ts";
import type { RelayLimits } from "../src/nostr/relay_failure.ts";
import type { RelayMemory } from "../src/relays/relay_memory.ts";
import type { RelayRecord } from "../src/relays/relay_record.ts";

/** Stands in for a {@link RelayMemory}; see the module. */
export class FakeMemory implements
  Pick<
    RelayMemory,
    | "alive"
    | "answered"
    | "connected"
    | "deadlines"
    | "failed"
    | "informed"
    | "learned"
    | "learnLimits"
    | "limits"
    | "record"
    | "report"
    | "retryAt"
    | "unanswered"
  > {
  /** The calls so far: method, relay, and the other arguments. */
  readonly told: (readonly [what: string, url: string, ...rest: unknown[]])[] = [];
  /** The deadlines of every relay. */
  readonly times = { connect: 5_000, soft: 3_000, hard: 8_000 };
  /** The records of relays. */
  readonly records = new Map<string, Partial<RelayRecord>>();
  readonly #limits = new Map<string, RelayLimits>();
  readonly #retryAt = new Map<string, number>();

  /** Itself, typed as a {@link RelayMemory}. */
  get memory(): RelayMemory {
    return this as unknown as RelayMemory;
  }

  /** The arguments of the calls of one method, without the relay. */
  of(what: string): readonly unknown[][] {
    return this.told.filter(([name]) => name === what).map(([, ...rest]) => rest);
  }

  /** Makes a relay back off until a time, in milliseconds since 1970. */
  backOff(url: string, until: number): void {
    this.#retryAt.set(url, until);
  }

  alive(url: string): void {
    this.told.push(["alive", url]);
  }

  connected(url: string, ms?: number): void {
    this.told.push(["connected", url, ms]);
  }

  failed(url: string, failure: string, startedAt: number): void {
    this.told.push(["failed", url, failure, startedAt]);
  }

  /** What the last answer of each relay proved. */
  readonly proofs = new Map<string, AnswerProof>();

  answered(url: string, ms: number, proof: AnswerProof): void {
    this.proofs.set(url, proof);
    this.told.push(["answered", url, ms]);
  }

  delivered(url: string, events: number): void {
    if (events > 0) this.told.push(["delivered", url, events]);
  }

  unanswered(url: string): void {
    this.told.push(["unanswered", url]);
  }

  learned(url: string, hits: number, misses: number): void {
    this.told.push(["learned", url, hits, misses]);
  }

  report(url: string, factor: number): void {
    this.told.push(["report", url, factor]);
  }

  informed(url: string, limits: RelayLimits): void {
    this.told.push(["informed", url, limits]);
  }

  limits(url: string): RelayLimits {
    return this.#limits.get(url) ?? {};
  }

  learnLimits(url: string, patch: Partial<RelayLimits>): void {
    this.told.push(["learnLimits", url, patch]);
    this.#limits.set(url, { ...this.limits(url), ...patch });
  }

  deadlines(): { connect: number; soft: number; hard: number } {
    return this.times;
  }

  retryAt(url: string): number {
    return this.#retryAt.get(url) ?? 0;
  }

  record(url: string): RelayRecord | undefined {
    return this.records.get(url) as RelayRecord | undefined;
  }
}
