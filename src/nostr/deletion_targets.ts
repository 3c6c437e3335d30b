/**
 * Reads what a deletion request (NIP-09) names.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isAddressableKind, isReplaceableKind } from "nostr-tools/kinds";

/** What replaceable and addressable events share with their newer versions. */
export interface Address {
  readonly kind: number;
  readonly pubkey: string;
  /** The `d` tag; empty for a replaceable kind. */
  readonly d: string;
}

/** What a deletion request names. */
export interface DeletionTargets {
  /** Ids of events, whoever wrote them; only those by the same author count. */
  readonly ids: readonly string[];
  /** Addresses of the same author. */
  readonly addresses: readonly Address[];
}

/** Reads the `e` and `a` tags of a kind 5 event. Other authors' addresses are left out. */
export function deletionTargets(
  { pubkey, tags }: Pick<NostrEvent, "pubkey" | "tags">,
): DeletionTargets {
  return {
    ids: tags.flatMap(([name, id]) => name === "e" && id ? [id] : []),
    addresses: tags.flatMap(([name, value]) => name === "a" ? parseAddress(value, pubkey) : []),
  };
}

/** The author's own `kind:pubkey:d`, or nothing. */
function parseAddress(value = "", author: string): Address[] {
  const [, digits, pubkey, d] = /^(\d{1,5}):([^:]*):(.*)$/s.exec(value) ?? [];
  const kind = Number(digits);
  const named = isAddressableKind(kind) || (isReplaceableKind(kind) && d === "");
  return named && pubkey === author ? [{ kind, pubkey, d }] : [];
}
