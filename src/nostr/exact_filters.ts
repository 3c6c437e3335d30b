/**
 * Takes values out of filters that no event can match: pubkeys and event ids that are not exact
 * (NIP-01).
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { show } from "../base/check_option.ts";
import { holdsSecret } from "./holds_secret.ts";
import { isPubkey } from "./pubkeys.ts";
import type { Unrouted } from "./unrouted.ts";

/** The keys of a filter whose values are 64 lowercase hex characters, and what they name. */
const EXACT_KEYS = { authors: "pubkeys", "#p": "pubkeys", ids: "event ids", "#e": "event ids" };

/** A value that no event can match. */
export interface InvalidValue {
  readonly key: keyof typeof EXACT_KEYS;
  readonly value: unknown;
  /** The index of the filter. */
  readonly filter: number;
}

/** Filters without invalid values, and these. */
export interface ExactFilters {
  /** A filter without invalid values is the same object. One may be left with an empty list. */
  readonly filters: readonly NostrFilter[];
  /** Each value once for each key of a filter. */
  readonly invalid: readonly InvalidValue[];
}

/** Takes invalid values out of filters. */
export function exactFilters(filters: readonly NostrFilter[]): ExactFilters {
  const invalid: InvalidValue[] = [];
  const exact = filters.map((given, filter) => {
    let copy: NostrFilter | undefined;
    for (const key of Object.keys(EXACT_KEYS) as InvalidValue["key"][]) {
      const values: unknown = given[key];
      if (!Array.isArray(values) || values.every(isPubkey)) continue;
      copy = { ...copy ?? given, [key]: values.filter(isPubkey) };
      const wrong = new Set(values.filter((value: unknown) => !isPubkey(value)));
      for (const value of wrong) invalid.push({ key, value, filter });
    }
    return copy ?? given;
  });
  return { filters: invalid.length > 0 ? exact : filters, invalid };
}

/** What a plan says of an invalid value. */
export function invalidEntry({ key, value, filter }: InvalidValue): Unrouted {
  const text = holdsSecret(String(value)) ? "(a secret key)" : String(value).slice(0, 200);
  return EXACT_KEYS[key] === "pubkeys"
    ? { reason: "invalid-pubkey", pubkey: text, filter }
    : { reason: "invalid-id", id: text, filter };
}

/** Most invalid values that an error shows. */
const MAX_SHOWN_VALUES = 3;

/** The error of invalid values; `action` is what could not be done. It repeats no secret. */
export function invalidError(action: string, invalid: readonly InvalidValue[]): TypeError {
  const shown = invalid.slice(0, MAX_SHOWN_VALUES).map(({ key, value }) =>
    `"${key}" must be ${EXACT_KEYS[key]} of 64 lowercase hex characters, got ${advised(value)}`
  );
  const more = invalid.length - shown.length;
  const rest = more > 0 ? `; and ${more} more such values` : "";
  return new TypeError(`Cannot ${action}: ${shown.join("; ")}${rest}`);
}

/** A value that should be a pubkey or an event id, and what to write instead. */
export function advised(value: unknown): string {
  const text = typeof value === "string" ? value : "";
  if (holdsSecret(text)) return "a secret key, which belongs in no request";
  if (/^[0-9a-f]{64}$/i.test(text)) return `${show(value)}: write it in lower case`;
  if (/(?:npub|nprofile|note|nevent|naddr)1/i.test(text)) {
    return `${show(value)}: decode it with nip19.decode() of nostr-tools, or use outbox.find()`;
  }
  return /.[@.]./.test(text) ? `${show(value)}: use outbox.find()` : show(value);
}
