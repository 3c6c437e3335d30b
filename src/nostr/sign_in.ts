/**
 * Why a client may sign in to a relay (NIP-42), and what it signs. Pure.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { DRAFT_KIND, GIFT_WRAP_KINDS, PRIVATE_KINDS, PRIVATE_LIST_KIND } from "./kinds.ts";

/** The kind of the event that answers a challenge (NIP-42). */
const AUTH_KIND = 22242;

/**
 * What a sign-in is for.
 * - `messages`: the user's own direct messages and gift wraps.
 * - `drafts`: the user's own private drafts.
 * - `groups`: the user's own groups, at their host.
 * - `own`: other events by the user alone, or that mention the user alone.
 * - `posts`: everything else that is read.
 * - `publish`: an event of the user.
 * - `deliver`: a gift wrap for somebody.
 */
export type SignInPurpose =
  | "messages"
  | "drafts"
  | "groups"
  | "own"
  | "posts"
  | "publish"
  | "deliver";

/** What a relay refuses without a sign-in. */
export interface SignInRequest {
  /** The relay, in normal form. */
  readonly relay: string;
  /** What the sign-in is for. */
  readonly purpose: SignInPurpose;
  /** The pubkeys that the refused filter or event names, each once. */
  readonly people: readonly string[];
  /** The kinds that it names. Empty: a filter of any kind. */
  readonly kinds: readonly number[];
}

/** The option `auth` of an outbox. */
export type AuthOption =
  | "never"
  | "own"
  | "throwaway"
  | ((request: SignInRequest) => boolean | Promise<boolean>);

/** A filter, or an event to publish, that a relay may refuse. */
export type SignInSubject =
  | { readonly relay: string; readonly filter: NostrFilter }
  | { readonly relay: string; readonly event: NostrEvent };

/** Whose sign-in it would be. */
export interface SignInUser {
  /** The user's pubkey; absent without a user. */
  readonly user?: string;
  /** Whether the user's own groups have this one, at this host. */
  readonly hasGroup: (id: string, host: string) => boolean;
}

/**
 * What a sign-in for a filter or an event would be for; `undefined` if it is nothing of the
 * user's, so that no sign-in is of use to them.
 */
export function signInRequest(
  subject: SignInSubject,
  of: SignInUser,
): SignInRequest | undefined {
  const { relay } = subject;
  if ("event" in subject) {
    const { pubkey, kind, tags } = subject.event;
    const isOwn = pubkey === of.user;
    if (!isOwn && !GIFT_WRAP_KINDS.includes(kind)) return undefined;
    const tagged = tags.flatMap(([name, value]) => name === "p" && value ? [value] : []);
    const people = [...new Set(tagged)];
    return { relay, purpose: isOwn ? "publish" : "deliver", people, kinds: [kind] };
  }
  const { filter } = subject;
  const people = [...new Set([...filter.authors ?? [], ...filter["#p"] ?? []])];
  const purpose = readingPurpose(filter, relay, of);
  return { relay, purpose, people, kinds: filter.kinds ?? [] };
}

function readingPurpose(
  filter: NostrFilter,
  relay: string,
  { user, hasGroup }: SignInUser,
): SignInPurpose {
  const { authors, kinds = [], search } = filter;
  const isOnly = (values: readonly string[] | undefined) =>
    user !== undefined && values?.length !== 0 && (values?.every((one) => one === user) ?? false);
  const isAll = (some: readonly number[]) =>
    kinds.length > 0 && kinds.every((kind) => some.includes(kind));
  if (user === undefined || search !== undefined) return "posts";
  const groups = filter["#h"];
  if (groups) return groups.every((id) => hasGroup(id, relay)) ? "groups" : "posts";
  const [isByUser, isToUser] = [isOnly(authors), isOnly(filter["#p"])];
  if (isAll(PRIVATE_KINDS) && (isByUser || isToUser)) return "messages";
  if (isByUser && isAll([DRAFT_KIND, PRIVATE_LIST_KIND])) return "drafts";
  const namesOthers = authors && !isByUser || filter["#p"] && !isToUser;
  return (isByUser || isToUser) && !namesOthers ? "own" : "posts";
}

/** An event without what a signer adds. */
export type AuthTemplate = Pick<NostrEvent, "kind" | "created_at" | "tags" | "content">;

/**
 * The event that answers a challenge, to be signed.
 *
 * @param relay In normal form.
 * @param now In milliseconds since 1970.
 */
export function authTemplate(relay: string, challenge: string, now: number): AuthTemplate {
  return {
    kind: AUTH_KIND,
    created_at: Math.floor(now / 1000),
    tags: [["relay", relay], ["challenge", challenge]],
    content: "",
  };
}

/** Whether an event is this template, signed by this pubkey: a signer may return anything. */
export function isSignedTemplate(
  event: NostrEvent,
  { kind, tags }: AuthTemplate,
  pubkey: string,
): boolean {
  return event?.kind === kind && event.pubkey === pubkey &&
    JSON.stringify(event.tags) === JSON.stringify(tags);
}
