/**
 * Parses relay URLs, in this place alone: gives the normal form, or the reason why a string
 * names no relay to connect to.
 *
 * @module
 */

import { BoundedMap } from "../base/bounded_map.ts";
import { isPublicAddress, isPublicName } from "./public_host.ts";
import type { RefusalReason, RelayUrlPolicy } from "./relay_policy.ts";

/** Most characters of a URL; the longest genuine one seen has 109. */
const MAX_URL_LENGTH = 256;

/** Allows what no list may name: an app may name any relay. */
export const ANY_RELAY: RelayUrlPolicy = Object.freeze({
  allowLocal: true,
  allowInsecure: true,
  allowOnion: true,
});

/** Invisible characters, which nobody means: zero-width ones, joiners, direction marks. */
const ZERO_WIDTH = /[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/g;

/** White space at both ends, percent-encoded or not. */
const AROUND = /^(?:\s|%20|%09|%0[ad])+|(?:\s|%20|%09|%0[ad])+$/gi;

/** The end of a path that names nothing, and dots that `URL` would resolve if it read them again. */
const PATH_END = /(?:\/(?:\.|%2e){0,2}|%20|%09|%0[ad])+$/i;

// deno-lint-ignore no-control-regex -- it finds control characters
const INSIDE = /[\s\u0000-\u001f\u007f]/;

/** The start of another URL, percent-encoded or with a slash missing. */
const ANOTHER_URL = /(?::|%3a)(?:\/|%2f){2}|wss?(?::|%3a)(?:\/|%2f)/i;

/** The normal form of a relay URL, or the reason why there is none. */
export type RelayUrlCheck =
  | { readonly url: string; readonly reason?: undefined }
  | { readonly url?: undefined; readonly reason: RefusalReason };

/**
 * Brings a relay URL to its normal form.
 *
 * The normal form has a lower-case scheme and host, no default port, no trailing dot of the
 * host, no fragment, no empty query, one slash between segments, none at the end except the
 * root's, and no invisible characters. Spellings that differ only in these are one relay.
 * Paths keep their case, and genuine paths and queries stay.
 *
 * @param value The string that a list, a hint or a user gave.
 * @param policy Which relays are allowed; see {@link RelayUrlPolicy}.
 * @returns The normal form, or `undefined` if {@link checkRelayUrl} has a reason to refuse.
 *
 * @example Two spellings of one relay
 * ```ts
 * import assert from "node:assert/strict";
 * import { normalizeRelayUrl } from "@npool/outbox";
 *
 * assert.equal(normalizeRelayUrl(" WSS://Nos.lol:443 "), "wss://nos.lol/");
 * assert.equal(normalizeRelayUrl("wss://192.168.1.2"), undefined);
 * ```
 */
export function normalizeRelayUrl(
  value: unknown,
  policy: RelayUrlPolicy = {},
): string | undefined {
  return checkRelayUrl(value, policy).url;
}

/**
 * Like {@link normalizeRelayUrl}, but says why a string is refused.
 *
 * Addresses in any notation that `URL` accepts (`0x7f.1`, `2130706433`, `[::ffff:7f00:1]`) are
 * recognized. Names are not resolved: a public name that points into a private network passes,
 * so such a network needs a firewall, too.
 *
 * @param value The string that a list, a hint or a user gave.
 * @param policy Which relays are allowed; see {@link RelayUrlPolicy}.
 */
export function checkRelayUrl(
  value: unknown,
  policy: RelayUrlPolicy = {},
): RelayUrlCheck {
  if (typeof value !== "string") return refused("not-a-string");
  // Also guards the work below against a megabyte of white space.
  if (value.length > 4 * MAX_URL_LENGTH) return refused("too-long");
  const text = value.replace(ZERO_WIDTH, "").replace(AROUND, "");
  if (text.length > MAX_URL_LENGTH) return refused("too-long");

  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text);
  if (!scheme) return refused(/\bwss?:\/\//i.test(text) ? "several-urls" : "no-scheme");
  if (!/^wss?$/i.test(scheme[1])) return refused("scheme");

  // `URL` reads a backslash as a slash.
  const rest = text.slice(scheme[0].length).replaceAll("\\", "/");
  if (ANOTHER_URL.test(rest) || INSIDE.test(rest)) return refused("several-urls");
  if (rest.includes(",")) return refused("comma");
  if (/^[^/?#]*@/.test(rest)) return refused("credentials");
  if (!URL.canParse(text)) return refused("unparsable");
  return checkParsed(new URL(text), policy);
}

/**
 * {@link checkRelayUrl} with a memory, since lists name few relays very often.
 *
 * @param policy Which relays are allowed. Calls with the same object share one memory.
 * @param max Most strings that are remembered.
 */
export function rememberedCheck(
  policy: RelayUrlPolicy,
  max = 20_000,
): (value: string) => RelayUrlCheck {
  const existing = checkers.get(policy);
  if (existing) return existing;
  const remembered = new BoundedMap<string, RelayUrlCheck>({ max });
  // Results outlive a change to the policy, so changes are ignored altogether.
  const { allowLocal, allowInsecure, allowOnion, allow } = policy;
  const own = { allowLocal, allowInsecure, allowOnion, allow: allow?.bind(policy) };
  const checker = (value: string) => {
    // Strings that are too long must not fill the memory.
    if (value?.length > MAX_URL_LENGTH) return checkRelayUrl(value, own);
    let check = remembered.get(value);
    if (check === undefined) {
      check = checkRelayUrl(value, own);
      remembered.set(value, check);
    }
    return check;
  };
  checkers.set(policy, checker);
  return checker;
}

/** The host and port of a relay in normal form. */
export function hostOf(url: string): string {
  return url.split("/", 3)[2];
}

/** The URL of a host and port with no path, from one in normal form. */
export function rootOf(url: string): string {
  const start = url.indexOf("//") + 2;
  const end = url.indexOf("/", start) + 1;
  if (end === url.length && url.startsWith("wss:")) return url;
  return start < 2 || end === 0 ? url : `wss://${url.slice(start, end)}`;
}

const checkers = new WeakMap<RelayUrlPolicy, (value: string) => RelayUrlCheck>();

function checkParsed(url: URL, policy: RelayUrlPolicy): RelayUrlCheck {
  if (url.username !== "" || url.password !== "") return refused("credentials");
  const host = url.hostname.replace(/\.$/, "");
  if (host === "" || host.split(".").includes("")) return refused("host");
  // Spelled `%2c` or in full width, which `URL` reads as a comma.
  if (host.includes(",")) return refused("comma");
  if (url.port === "0") return refused("host");

  const isOnion = host.endsWith(".onion");
  if (isOnion && !policy.allowOnion) return refused("onion");
  const isPublic = isPublicAddress(host) ?? isPublicName(host);
  if (!isPublic && !policy.allowLocal) return refused("local");
  if (url.protocol === "ws:" && !isOnion && !policy.allowInsecure) {
    return refused("insecure");
  }

  const port = url.port === "" ? "" : `:${url.port}`;
  const path = url.pathname.replace(/\/{2,}/g, "/").replace(PATH_END, "");
  const query = url.search.replace(AROUND, "").replace(/^\?$/, "");
  const normal = `${url.protocol}//${host}${port}${path || "/"}${query}`;
  if (normal.length > MAX_URL_LENGTH) return refused("too-long");
  if (policy.allow && !policy.allow(normal)) return refused("policy");
  return { url: normal };
}

function refused(reason: RefusalReason): RelayUrlCheck {
  return { reason };
}
