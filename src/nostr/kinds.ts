/**
 * The event kinds that routing depends on.
 *
 * @module
 */

/** A follow list (NIP-02). */
export const FOLLOW_LIST_KIND = 3;
/** A relay list (NIP-65). */
export const RELAY_LIST_KIND = 10002;
/** A deletion request (NIP-09). */
export const DELETION_KIND = 5;
/** A request to vanish (NIP-62). */
export const VANISH_KIND = 62;
/** Gift wraps, stored and ephemeral (NIP-17, NIP-59). */
export const GIFT_WRAP_KINDS: readonly number[] = [1059, 21059];
/**
 * How much older than its arrival a gift wrap may claim to be, in seconds: wraps are dated up to
 * two days back (NIP-59).
 */
export const WRAP_OVERLAP_S = 50 * 3_600;
/**
 * Direct messages (NIP-04) and gift wraps. Relays may hand them out to those involved alone
 * (NIP-17, NIP-42), and leave them out of the answer to a REQ that also asks for other kinds.
 */
export const PRIVATE_KINDS: readonly number[] = [4, ...GIFT_WRAP_KINDS];
/** A user's relays for gift wraps (NIP-17). */
export const DM_LIST_KIND = 10050;
/** A user's blocked relays (NIP-51). */
export const BLOCKED_LIST_KIND = 10006;
/** A user's search relays (NIP-51). */
export const SEARCH_LIST_KIND = 10007;
/** A user's groups (NIP-51), each with its host. */
export const GROUP_LIST_KIND = 10009;
/** A user's relays for private drafts, encrypted (NIP-37). */
export const PRIVATE_LIST_KIND = 10013;
/** A user's indexers (a draft). */
export const INDEXER_LIST_KIND = 10086;
/** Relays that a user trusts (a draft). */
export const TRUSTED_LIST_KIND = 10089;
/** Private drafts (NIP-37). */
export const DRAFT_KIND = 31234;
/** A monitor's report that a relay is there (NIP-66). */
export const RELAY_REPORT_KIND = 30166;
/** A monitor's announcement of how often it reports (NIP-66). */
export const MONITOR_KIND = 10166;
/** Lists by which others find a user. Everybody's are looked up, and cached. */
export const ADDRESS_LIST_KINDS: readonly number[] = [RELAY_LIST_KIND, DM_LIST_KIND];
/** Lists that only their user needs. */
export const USER_LIST_KINDS: readonly number[] = [
  BLOCKED_LIST_KIND,
  SEARCH_LIST_KIND,
  GROUP_LIST_KIND,
  PRIVATE_LIST_KIND,
  INDEXER_LIST_KIND,
  TRUSTED_LIST_KIND,
];
/** All lists of relays. */
export const LIST_KINDS: readonly number[] = [...ADDRESS_LIST_KINDS, ...USER_LIST_KINDS];
