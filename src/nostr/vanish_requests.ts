/**
 * Tells which requests to vanish (kind 62, NIP-62) count at a place: those that name it, and those
 * that name all relays.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { checkOption } from "../base/check_option.ts";
import { ANY_RELAY } from "./relay_list.ts";
import { checkRelayUrl } from "./relay_url.ts";

/** What a request names to vanish from all relays. */
export const ALL_RELAYS = "ALL_RELAYS";

const RULE = "be an array of relays' URLs";

/**
 * The URLs of one place, in the form of {@link placeText}.
 *
 * @throws {TypeError} If one is no URL of a relay.
 */
export function placesOf(urls: unknown = []): readonly string[] {
  checkOption("relayUrls", Array.isArray(urls), RULE, urls);
  return urls.map((value: unknown) => {
    const { url } = typeof value === "string" ? checkRelayUrl(value, ANY_RELAY) : {};
    checkOption("relayUrls", url !== undefined, RULE, value);
    return placeText(url);
  });
}

/** A URL by which a tag is recognized: ASCII letters in lower case, without slashes at the end. */
export function placeText(url: string): string {
  return url.replace(/\/+$/, "").replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Whether a request to vanish counts at a place. */
export function vanishesFrom(
  { tags }: Pick<NostrEvent, "tags">,
  places: readonly string[],
): boolean {
  return tags.some(([name, value = ""]) =>
    name === "relay" && (value === ALL_RELAYS || places.includes(placeText(value)))
  );
}
