/**
 * Relays on loopback that misbehave, each in one way that has a name.
 *
 * ```text
 * await using relay = startFault("eose-never", { events });
 * ```
 *
 * @module
 */

import type { NRelay } from "@nostrify/types";
import { answers } from "./faults/answers.ts";
import { disconnects } from "./faults/disconnects.ts";
import type { Fault, FaultHost, FaultSettings } from "./faults/fault.ts";
import { floods } from "./faults/floods.ts";
import { frames } from "./faults/frames.ts";
import { lies } from "./faults/lies.ts";
import { limits } from "./faults/limits.ts";
import { closedWith, type Prefix, PREFIXES, refusals, refusedWith } from "./faults/refusals.ts";
import { unreachable } from "./faults/unreachable.ts";

export type { FaultHost, FaultSettings } from "./faults/fault.ts";
export { type Prefix, PREFIXES, reasonOf } from "./faults/refusals.ts";

const named = {
  ...unreachable,
  ...answers,
  ...refusals,
  ...lies,
  ...floods,
  ...frames,
  ...disconnects,
  ...limits,
};

/** A way to misbehave. `closed:` refuses every REQ and `refused:` every EVENT with that prefix. */
export type FaultName = keyof typeof named | `closed:${Prefix}` | `refused:${Prefix}`;

const withPrefix = [...PREFIXES, "none" as const].flatMap((prefix): [FaultName, Fault][] => [
  [`closed:${prefix}`, closedWith(prefix)],
  [`refused:${prefix}`, refusedWith(prefix)],
]);

const faults = new Map<FaultName, Fault>([
  ...Object.entries<Fault>(named) as [FaultName, Fault][],
  ...withPrefix,
]);

/** All faults. */
export const FAULTS: readonly FaultName[] = [...faults.keys()];

/** A relay that misbehaves in one way. */
export interface FaultyRelay extends FaultHost {
  /** Its fault. */
  readonly name: FaultName;
}

/**
 * Starts a relay that misbehaves in one way.
 *
 * @throws {RangeError} If there is no such fault.
 */
export function startFault(name: FaultName, settings: FaultSettings = {}): FaultyRelay {
  const fault = faults.get(name);
  if (!fault) {
    throw new RangeError(`Cannot start a relay with fault "${name}": no fault has this name`);
  }
  return Object.create(fault(settings), { name: { value: name } });
}

/** An `open` that throws for some relays before it connects. */
export function throwingOpen<Options, Relay extends NRelay>(
  open: (url: string, options: Options) => Relay,
  isBad: (url: string) => boolean,
): (url: string, options: Options) => Relay {
  return (url, options) => {
    if (isBad(url)) throw new Error(`Cannot open ${url}: the app does not want to`);
    return open(url, options);
  };
}
