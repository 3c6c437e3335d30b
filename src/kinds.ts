/**
 * The kinds that routing turns on.
 *
 * @module
 */

/** A relay list (NIP-65). */
export const RELAY_LIST_KIND = 10002;
/** A deletion request (NIP-09). */
export const DELETION_KIND = 5;
/** A request to vanish (NIP-62). */
export const VANISH_KIND = 62;
/** Gift wraps, stored and ephemeral (NIP-17, NIP-59). */
export const GIFT_WRAP_KINDS: readonly number[] = [1059, 21059];
