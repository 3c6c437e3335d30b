/**
 * Reads a client's messages without trusting them.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { validateEvent } from "nostr-tools";

/** A client's message, of which the type and the subscription id are checked. */
export type ClientMessage =
  | ["REQ", id: string, ...filters: unknown[]]
  | ["CLOSE", id: string]
  | ["EVENT", event: unknown]
  | ["AUTH", event: unknown];

/** Reads a frame; `undefined` if it is none of the four messages. */
export function parseClientMessage(data: unknown): ClientMessage | undefined {
  const value = parseJson(data);
  if (!Array.isArray(value)) return undefined;
  const [type, first] = value;
  const isId = typeof first === "string" && first.length > 0 &&
    first.length <= 64;
  if ((type === "EVENT" || type === "AUTH") && value.length === 2) return value as ClientMessage;
  if (type === "CLOSE" && isId) return value as ClientMessage;
  if (type === "REQ" && isId && value.length > 2) return value as ClientMessage;
  return undefined;
}

/** A copy that holds an event's seven fields, or undefined if one is wrong. */
export function asEvent(value: unknown): NostrEvent | undefined {
  if (!isObject(value) || !validateEvent(value)) return undefined;
  const { id, sig } = value as { id?: unknown; sig?: unknown };
  if (!isHex(id, 64) || !isHex(sig, 128)) return undefined;
  const { pubkey, created_at, kind, tags, content } = value;
  return { id, pubkey, created_at, kind, tags, content, sig };
}

/** The values as filters; `undefined` if one of them is malformed. */
export function asFilters(values: unknown[]): NostrFilter[] | undefined {
  return values.every(isFilter) ? values : undefined;
}

function isFilter(value: unknown): value is NostrFilter {
  if (!isObject(value)) return false;
  return Object.entries(value).every(([key, condition]) => {
    switch (key) {
      case "ids":
      case "authors":
        return isArrayOf(condition, (item) => isHex(item, 64));
      case "kinds":
        return isArrayOf(condition, isNatural);
      case "since":
      case "until":
      case "limit":
        return isNatural(condition);
      default:
        return !key.startsWith("#") ||
          isArrayOf(condition, (item) => typeof item === "string");
    }
  });
}

function parseJson(data: unknown): unknown {
  if (typeof data !== "string") return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined; // The caller answers with a NOTICE.
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isArrayOf(value: unknown, test: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(test);
}

function isNatural(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}

function isHex(value: unknown, length: number): value is string {
  return typeof value === "string" && value.length === length &&
    /^[0-9a-f]*$/.test(value);
}
