/**
 * All that a relay can do wrong, on loopback, by name.
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

/** What a relay can do wrong. `closed:` and `refused:` are for REQ and for EVENT. */
export type FaultName = keyof typeof named | `closed:${Prefix}` | `refused:${Prefix}`;

const withPrefix = [...PREFIXES, "none" as const].flatMap((prefix): [FaultName, Fault][] => [
  [`closed:${prefix}`, closedWith(prefix)],
  [`refused:${prefix}`, refusedWith(prefix)],
]);

const faults = new Map<FaultName, Fault>([
  ...Object.entries<Fault>(named) as [FaultName, Fault][],
  ...withPrefix,
]);

/** Every fault there is. */
export const FAULTS: readonly FaultName[] = [...faults.keys()];

/** A relay that does one thing wrong. */
export interface FaultyRelay extends FaultHost {
  /** What it does. */
  readonly name: FaultName;
}

/**
 * Starts a relay that does one thing wrong.
 *
 * @throws {RangeError} If there is no such fault.
 */
export function startFault(name: FaultName, settings: FaultSettings = {}): FaultyRelay {
  const fault = faults.get(name);
  if (!fault) throw new RangeError(`Cannot start a relay with fault "${name}": there is no such`);
  return Object.create(fault(settings), { name: { value: name } });
}

/** An `open` that throws for some relays, before there is any connection. */
export function throwingOpen<Options, Relay extends NRelay>(
  open: (url: string, options: Options) => Relay,
  isBad: (url: string) => boolean,
): (url: string, options: Options) => Relay {
  return (url, options) => {
    if (isBad(url)) throw new Error(`Cannot open ${url}: the app does not want to`);
    return open(url, options);
  };
}
