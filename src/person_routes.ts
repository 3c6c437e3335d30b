/**
 * What a plan says of each person: where they are asked for, and why not elsewhere.
 *
 * @module
 */

import type { Choice } from "./choose_relays.ts";
import type { PlanSettings } from "./options.ts";
import { INVALID, OWN_LIST, type PlanRows } from "./plan_rows.ts";
import type { RefusalReason, RelayList, Side } from "./types.ts";

/** A relay of somebody's list that is not asked for them. */
export interface PassedRelay {
  /** In normal form, or as the list has it where it is refused. */
  readonly url: string;
  /**
   * `cap`: not among the `maxRelays` chosen. `enough`: chosen, but the person is
   * asked for on `relaysPerAuthor` others. `weight`: its weight is 0. Otherwise
   * why it is no relay to connect to.
   */
  readonly reason: "cap" | "enough" | "weight" | RefusalReason;
}

/** Where one person is asked for. */
export interface PersonRoute {
  /** Who. */
  readonly pubkey: string;
  /** As an author (`write`) or as a tagged user (`read`). */
  readonly side: Side;
  /** The relays that are asked, best first; empty where the person is unrouted. */
  readonly relays: readonly string[];
  /**
   * `list`: relays of their own. `no-list`: fallback relays, for want of a usable
   * list. `cap`: fallback relays, since none of their own is among the chosen.
   * `invalid-pubkey`: nobody can be asked for.
   */
  readonly reason: "list" | "no-list" | "cap" | "invalid-pubkey";
  /** The relays of their list that are not asked. */
  readonly passed: readonly PassedRelay[];
}

/** One entry a row: first all authors, then all tagged users. */
export function personRoutes(
  rows: PlanRows,
  choice: Choice,
  lists: ReadonlyMap<string, RelayList>,
  settings: PlanSettings,
): PersonRoute[] {
  const chosen = new Set(choice.relays.map((id) => rows.graph.urls[id]));
  return rows.pubkeys.map((pubkey, row) => {
    const side = row < rows.authors ? "write" : "read";
    const { places, copies } = choice.deal;
    const relays = [...places.subarray(row * copies, (row + 1) * copies)]
      .filter((place) => place >= 0)
      .map((place) => rows.graph.urls[choice.relays[place]]);
    const list = lists.get(pubkey);
    const own = list?.[side] ?? [];
    const passed = own.map((url) => passedRelay(url, chosen, settings))
      .filter(({ url }) => !relays.includes(url));
    return {
      pubkey,
      side,
      relays,
      reason: reasonOf(rows.kinds[row], choice.leftOut[row] === 1 || relays.length === 0),
      passed: [...passed, ...list?.refused ?? []],
    };
  });
}

function reasonOf(kind: number, capped: boolean): PersonRoute["reason"] {
  if (kind === INVALID) return "invalid-pubkey";
  if (kind !== OWN_LIST) return "no-list";
  return capped ? "cap" : "list";
}

function passedRelay(
  value: string,
  chosen: ReadonlySet<string>,
  settings: PlanSettings,
): PassedRelay {
  const { url, reason } = settings.check(value);
  if (url === undefined) return { url: value, reason };
  if (chosen.has(url)) return { url, reason: "enough" };
  return { url, reason: settings.weight(url) === 0 ? "weight" : "cap" };
}
