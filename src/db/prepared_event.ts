/**
 * Turns an event into the form that the tables need: its row, address and indexed tags.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isAddressableKind, isReplaceableKind } from "nostr-tools/kinds";
import { shapeFault } from "../nostr/check_event.ts";
import { checkNotExpired } from "../nostr/expiration.ts";
import { EventRefusedError } from "../nostr/errors.ts";

/** A row of `nostr_events`. */
export interface EventRow {
  readonly id: string;
  readonly kind: number;
  readonly pubkey: string;
  readonly content: string;
  readonly created_at: number;
  /** The tags as JSON. */
  readonly tags: string;
  readonly sig: string;
}

/** An event in the form that the tables need. */
export interface PreparedEvent {
  /** The original event, for errors. */
  readonly event: NostrEvent;
  readonly row: EventRow;
  /** `kind:pubkey:d`, for replaceable and addressable kinds. */
  readonly address: string | undefined;
  /** The first `d` tag; empty if there is none. */
  readonly d: string;
  /** Name and value of each tag that filters can match. */
  readonly tags: readonly (readonly [string, string])[];
}

function dTag(tags: readonly (readonly string[])[]): string {
  return tags.find(([name]) => name === "d")?.[1] ?? "";
}

/** The address that all versions of this event share, if its kind has versions. */
export function addressOf(
  kind: number,
  pubkey: string,
  tags: readonly (readonly string[])[],
): string | undefined {
  if (isReplaceableKind(kind)) return `${kind}:${pubkey}:`;
  if (isAddressableKind(kind)) return `${kind}:${pubkey}:${dTag(tags)}`;
}

/**
 * Whether both databases return this text as it was. PostgreSQL refuses NUL,
 * `node:sqlite` cuts the text there, and neither stores half a surrogate pair.
 */
export function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

/**
 * Whether a tag is in the index: a single letter, a value under 200 characters,
 * as `NDatabase` has it. A deletion's `a` tag may be longer, since it must be
 * found when what it names comes back.
 */
export function isIndexed(kind: number, name: string, value: unknown): boolean {
  return name?.length === 1 && typeof value === "string" &&
    value.length < (kind === 5 ? 500 : 200) && isStorable(value) &&
    isStorable(name);
}

/**
 * Turns an event into the form that the tables need.
 *
 * @param now In Unix seconds.
 * @throws {EventRefusedError} If it is not shaped like an event, or holds text that
 * would come back changed (`malformed`), or is later than the database's column can
 * hold (`future`), or has expired (`expired`).
 */
export function prepareEvent(
  event: NostrEvent,
  maxCreatedAt: number,
  now: number,
): PreparedEvent {
  const fault = faultOf(event);
  if (fault !== undefined) throw new EventRefusedError("malformed", event, fault);
  const { id, kind, pubkey, content, created_at, tags, sig } = event;
  if (created_at > maxCreatedAt) {
    throw new EventRefusedError(
      "future",
      event,
      `created_at must be at most ${maxCreatedAt}, got ${created_at}`,
    );
  }
  checkNotExpired(event, now);
  return {
    event,
    row: {
      id,
      kind,
      pubkey,
      content,
      created_at,
      tags: JSON.stringify(tags),
      sig,
    },
    address: addressOf(kind, pubkey, tags),
    d: dTag(tags),
    tags: tags.flatMap(([name, value]) =>
      isIndexed(kind, name, value) ? [[name, value] as const] : []
    ),
  };
}

function faultOf(event: NostrEvent): string | undefined {
  const fault = shapeFault(event);
  if (fault !== undefined) return fault;
  for (const field of ["id", "pubkey", "content", "sig"] as const) {
    if (!isStorable(event[field])) return `"${field}" holds a NUL or half a character`;
  }
}
