/**
 * Checks whose relay lists an app wants to be found.
 *
 * @module
 */

import { show } from "../base/check_option.ts";
import { advised } from "./exact_filters.ts";
import { isPubkey } from "./pubkeys.ts";

/**
 * The pubkeys among some values.
 *
 * @param onError Called with the error of the others.
 * @throws {TypeError} If it is no list, or there are only others.
 */
export function checkedPeople(
  pubkeys: Iterable<string>,
  onError: (error: Error) => void,
): readonly string[] {
  const isList = typeof pubkeys === "object" && pubkeys !== null && Symbol.iterator in pubkeys;
  if (!isList) {
    throw new TypeError(
      `Cannot search for relay lists: "pubkeys" must be an array or a set, got ${show(pubkeys)}`,
    );
  }
  const values = [...pubkeys];
  const wrong = values.filter((value) => !isPubkey(value));
  if (wrong.length === 0) return values;
  const error = new TypeError(
    `Cannot search for ${wrong.length} of ${values.length} relay lists: each pubkey must be ` +
      `64 lowercase hex characters, got ${advised(wrong[0])}`,
  );
  if (wrong.length === values.length) throw error;
  onError(error);
  return values.filter(isPubkey);
}
