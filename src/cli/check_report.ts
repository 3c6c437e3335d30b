/**
 * Checks somebody's lists: what others' apps can do with them, and what to change. Pure.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isExpired } from "../nostr/expiration.ts";
import { DM_LIST_KIND, RELAY_LIST_KIND } from "../nostr/kinds.ts";
import type { RelayKnowledge, RelayList } from "../nostr/relay_knowledge.ts";
import { parseRelayList } from "../nostr/relay_list.ts";
import { copyFindings } from "./check_copies.ts";
import { relayFindings } from "./check_relays.ts";
import type { CheckedRelay, CheckSource } from "./check_source.ts";
import { useFindings } from "./check_use.ts";
import type { Finding } from "./finding.ts";
import { dateTime, many } from "./text.ts";

/** What a check found. */
export interface CheckReport {
  readonly pubkey: string;
  /** Their newest relay list; absent if nobody has one. */
  readonly list?: RelayList;
  readonly relays: readonly CheckedRelay[];
  readonly findings: readonly Finding[];
}

/** Makes a report. */
export function checkReport(source: CheckSource): CheckReport {
  const { newest, policy, pubkey, now } = source;
  const parse = (event: NostrEvent | undefined) =>
    event && !isExpired(event, now) ? parseRelayList(event, { policy }) : undefined;
  const event = newest.get(RELAY_LIST_KIND);
  const list = parse(event);
  const messages = parse(newest.get(DM_LIST_KIND));
  const relays = checkedRelays(list, messages, source);
  const knowledge: RelayKnowledge = { ...list, ...messages ? { dm: messages.write } : {} };
  const findings = [
    ...listFindings(event, list, now),
    ...sizeFindings(list, messages),
    ...relayFindings(relays, [...list?.refused ?? [], ...messages?.refused ?? []]),
    ...copyFindings(source, relays),
    ...list ? useFindings(pubkey, knowledge, source.planOptions) : [],
  ];
  return { pubkey, ...list ? { list } : {}, relays, findings };
}

function checkedRelays(
  list: RelayList | undefined,
  messages: RelayList | undefined,
  { answers, infos, offers }: CheckSource,
): CheckedRelay[] {
  const uses = new Map<string, CheckedRelay["uses"][number][]>();
  const add = (urls: readonly string[] = [], use: CheckedRelay["uses"][number]) => {
    for (const url of urls) uses.set(url, [...uses.get(url) ?? [], use]);
  };
  add(list?.write, "write");
  add(list?.read, "read");
  add(messages?.write, "messages");
  return [...uses].map(([url, uses]) => {
    const failure = answers.get(url)?.failure;
    const info = infos.get(url);
    const refusal = offers?.get(url);
    return {
      url,
      uses,
      ...failure ? { failure } : {},
      ...info ? { info } : {},
      ...offers?.has(url) ? { accepts: refusal === undefined } : {},
      ...refusal ? { refusal } : {},
    };
  });
}

function listFindings(
  event: NostrEvent | undefined,
  list: RelayList | undefined,
  now: number,
): Finding[] {
  if (!event) {
    return [{
      level: "wrong",
      code: "no-list",
      text: "No relay that answered has a relay list (kind 10002): apps guess where the posts are.",
      advice: "Publish one with 2 to 4 relays, in the settings of an app.",
    }];
  }
  if (!list) {
    return [{
      level: "wrong",
      code: "expired",
      text: "The relay list has expired (NIP-40), and counts as none.",
      advice: "Publish it again, without an expiration.",
    }];
  }
  const text = `The relay list is of ${dateTime(event.created_at)}.`;
  if (event.created_at <= now + 900) return [{ level: "good", code: "list", text }];
  return [{
    level: "wrong",
    code: "future",
    text: `${text} That is in the future: relays and apps may refuse it.`,
    advice: "Set the clock of the device right, and publish the list again.",
  }];
}

/** NIP-65 asks for 2 to 4 relays of each side, NIP-17 for 1 to 3. */
const SIZES = { write: [2, 4], read: [2, 4], messages: [1, 3] } as const;

const SIDES = {
  write: ["write relay", "write relays", "NIP-65"],
  read: ["read relay", "read relays", "NIP-65"],
  messages: ["relay for private messages", "relays for private messages", "NIP-17"],
} as const;

function sizeFindings(list: RelayList | undefined, messages: RelayList | undefined): Finding[] {
  const found: Finding[] = [];
  const add = (side: keyof typeof SIZES, count: number) => {
    const [least, most] = SIZES[side];
    const [one, more, nip] = SIDES[side];
    const code = `${side}-size`;
    const text = `${many(count, one, more)}; ${nip} asks for ${least} to ${most}.`;
    if (count >= least && count <= most) found.push({ level: "good", code, text });
    else if (count > most) {
      const advice = "Keep those that work best: apps ask two or three, and not always the same.";
      found.push({ level: "unsure", code, text, advice });
    } else {
      const advice = count === 0
        ? "Add some: without them others cannot tell where to look."
        : "Add another: if this one fails, nothing is left.";
      found.push({ level: count === 0 ? "wrong" : "unsure", code, text, advice });
    }
  };
  if (list) {
    add("write", list.write.length);
    add("read", list.read.length);
  }
  if (messages) add("messages", messages.write.length);
  else {
    found.push({
      level: "unsure",
      code: "no-messages",
      text: "No list of relays for private messages (kind 10050): nobody can send any (NIP-17).",
      advice: "Publish one with 1 to 3 relays, if you want private messages.",
    });
  }
  return found;
}
