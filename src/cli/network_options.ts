/**
 * The options of every command that talks to relays, and what they mean. Pure.
 *
 * @module
 */

import { type Command, InvalidArgumentError } from "commander";
import type { RelayUrlPolicy } from "../nostr/relay_policy.ts";
import { checkRelayUrl } from "../nostr/relay_url.ts";
import type { OutboxOptions } from "../outbox_options.ts";
import { UsageError } from "./usage_error.ts";

/** The options as they were typed. */
export interface NetworkOptions {
  readonly relay?: readonly string[];
  readonly indexer?: readonly string[];
  readonly db?: string;
}

/** Big public relays, for people without a relay list. */
const FALLBACK_RELAYS = ["wss://relay.damus.io/", "wss://nos.lol/", "wss://relay.primal.net/"];

/** The policy if a user names a relay on their own machine or network. */
const LOCAL: RelayUrlPolicy = { allowLocal: true, allowInsecure: true };

/** Adds the options to a command that connects to relays. */
export function addNetworkOptions(command: Command): Command {
  command
    .option("-r, --relay <url>", "relay for people without a relay list; repeatable", collected)
    .option("-i, --indexer <url>", "relay that collects relay lists; repeatable", collected);
  return addFileOptions(command);
}

/** Adds the options of every command to one that connects to nothing. */
export function addFileOptions(command: Command): Command {
  return command
    .option("--db <file>", "SQLite file that keeps what was found and learned")
    .option("-q, --quiet", "print no progress and no remarks");
}

/** Puts the values of an option that is repeated into a list. */
export function collected(value: string, others: readonly string[] = []): string[] {
  return [...others, value];
}

/** Reads the number of an option: an integer from 1 on. */
export function count(value: string): number {
  return checkedCount(value, Infinity, "an integer >= 1");
}

/** Reads the number of an option: an integer from 1 to `most`. */
export function countUpTo(most: number): (value: string) => number {
  return (value) => checkedCount(value, most, `an integer from 1 to ${most}`);
}

function checkedCount(value: string, most: number, rule: string): number {
  if (/^[1-9]\d{0,8}$/.test(value) && Number(value) <= most) return Number(value);
  throw new InvalidArgumentError(`It must be ${rule}.`);
}

/**
 * What the options mean to an outbox. Where relays are named, those alone are asked at first:
 * `--relay` without `--indexer` stands for both, and the other way round.
 *
 * @param without Relays that are never connected to.
 * @throws {UsageError} If a value is no relay.
 */
export function networkSettings(
  { relay = [], indexer = [] }: Pick<NetworkOptions, "relay" | "indexer">,
  without: readonly string[] = [],
): Pick<OutboxOptions, "fallbackRelays" | "indexerRelays" | "policy"> {
  const local = localPolicy([...relay, ...indexer]);
  const policy = local ?? {};
  const refused = new Set(relayUrls("--without", without, LOCAL));
  const isAllowed = (url: string) => !refused.has(url) && policy.allow?.(url) !== false;
  const relays = relayUrls("--relay", relay, policy);
  const indexers = relayUrls("--indexer", indexer, policy);
  const fallbackRelays = relays.length > 0
    ? relays
    : indexers.length > 0
    ? indexers
    : FALLBACK_RELAYS;
  const indexerRelays = indexers.length > 0 ? indexers : relays;
  return {
    fallbackRelays: fallbackRelays.filter(isAllowed),
    ...indexerRelays.length > 0 ? { indexerRelays: indexerRelays.filter(isAllowed) } : {},
    policy: refused.size > 0 || local ? { ...policy, allow: isAllowed } : policy,
  };
}

/**
 * The policy if a user names relays on their own machine or network; `undefined` if they do not.
 * Lists hold junk that names private networks: of these, only what the user named is connected to,
 * unless that is the machine itself, which then means all of it.
 */
function localPolicy(named: readonly string[]): RelayUrlPolicy | undefined {
  const urls = named.flatMap((value) => checkRelayUrl(value, LOCAL).url ?? []);
  const local = new Set(urls.filter((url) => !isPublic(url)));
  if (local.size === 0) return undefined;
  const isMachine = [...local].some(isLoopback);
  return {
    ...LOCAL,
    allow: (url) => isPublic(url) || local.has(url) || isMachine && isLoopback(url),
  };
}

function isPublic(url: string): boolean {
  return checkRelayUrl(url).url !== undefined;
}

/** Whether a relay, in normal form, is on this machine. */
function isLoopback(url: string): boolean {
  return /^wss?:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\])(?:[:/]|$)/.test(url);
}

/** Relays in normal form. */
function relayUrls(option: string, values: readonly string[], policy: RelayUrlPolicy): string[] {
  return values.map((value) => {
    const { url, reason } = checkRelayUrl(value, policy);
    if (url !== undefined) return url;
    throw new UsageError(
      `Cannot use ${option}: it must be a relay such as wss://relay.example, got "${
        value.slice(0, 100)
      }" (${reason})`,
    );
  });
}
