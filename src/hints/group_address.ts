/**
 * Parses addresses of groups, as apps show them: `host'group-id` (NIP-29).
 *
 * @module
 */

import { ANY_RELAY } from "../nostr/relay_list.ts";
import { checkRelayUrl } from "../nostr/relay_url.ts";

/** A group, and the relay that hosts it. */
export interface GroupAddress {
  /** The host, in normal form. No policy has checked it. */
  readonly url: string;
  /** The id of the group: 1 to 100 characters without white space. */
  readonly id: string;
}

const ADDRESS = /^((?:wss?:\/\/)?)([^\s'/@]{1,255})\/?'([^\s']{1,100})$/i;

/**
 * Parses an address; white space around it does not matter. Without a scheme the host is one of
 * `wss://`, and must have a dot inside or a port: a word with an apostrophe is no address.
 *
 * @returns `undefined` if the text does not have the form of an address.
 */
export function parseGroupAddress(text: string): GroupAddress | undefined {
  const [, scheme, host, id] = ADDRESS.exec(text.trim()) ?? [];
  if (host === undefined || scheme === "" && !/[^.]\.[^.]|:\d/.test(host)) return undefined;
  const { url } = checkRelayUrl(`${scheme || "wss://"}${host}`, ANY_RELAY);
  return url === undefined ? undefined : { url, id };
}
