/**
 * Reads what the explorer shows from a database alone: no relay is asked for anything.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import { createOutbox } from "../create_outbox.ts";
import type { EventDatabase } from "../db/kysely.ts";
import type { ExplorerSource } from "../explorer/explorer_data.ts";
import { HintBook } from "../hints/hint_book.ts";
import { addHints } from "../hints/merge_hints.ts";
import { RELAY_LIST_KIND } from "../nostr/kinds.ts";
import { rememberedCheck } from "../nostr/relay_url.ts";
import type { Outbox } from "../outbox.ts";
import type { OutboxOptions } from "../outbox_options.ts";
import { parseRelayRecord } from "../relays/relay_record_store.ts";
import { nameIn, type Names, PROFILE_KIND } from "./people.ts";
import { readingRecords } from "./reading_records.ts";

/** Who is shown, and how the app plans. */
export interface ExplorerReading {
  /** The people. @default everybody whose relay list is stored */
  readonly people?: readonly string[];
  /** Whose follows they are. @default nobody's */
  readonly user?: string;
  /** Names besides those of stored profiles. @default none */
  readonly names?: Names;
  /** How much relays count. @default as the database's records say */
  readonly weight?: (url: string) => number;
  /** What an outbox is made with. */
  readonly settings: OutboxOptions;
  readonly onError: (error: Error) => void;
  readonly signal: AbortSignal;
}

/** Most people who are shown if none are named. */
const MAX_PEOPLE = 5_000;

/** Reads what is stored now. Other programs may write to the database meanwhile. */
export async function explorerSource(
  store: EventDatabase,
  reading: ExplorerReading,
): Promise<ExplorerSource> {
  const { user, weight, settings, onError, signal } = reading;
  const people = reading.people ?? await listedPeople(store, signal);
  const profiles = await store.query([{ kinds: [PROFILE_KIND], authors: [...people] }], { signal });
  const stored = profiles.map((profile) => [profile.pubkey, nameIn(profile)] as const);
  const names = new Map([...stored, ...reading.names ?? []].filter(([, name]) => name !== ""));
  const { fallbackRelays, maxRelays, policy } = settings;
  const { blocked, ...known } = await ofOutbox(store, people, reading);
  const isAllowed = (url: string) => !blocked.has(url) && policy?.allow?.(url) !== false;
  const book = new HintBook({
    clock: systemClock,
    backend: store,
    onError,
    check: rememberedCheck(policy ?? {}),
  });
  await book.ready();
  const hinted = people.filter((pubkey) => !known.knowledge.has(pubkey) && book.has(pubkey));
  const hints = new Map(hinted.map((pubkey) => [pubkey, book.get(pubkey)]));
  await book.close();
  const texts = await store.readRecords("relay");
  const records = [...texts].flatMap(([url, text]) => {
    const record = parseRelayRecord(text);
    return record === undefined ? [] : [[url, record] as const];
  });
  return {
    ...known,
    ...user === undefined ? {} : { user },
    people,
    knowledge: addHints(known.knowledge, hints),
    names,
    now: systemClock.now(),
    records: new Map(records),
    options: {
      fallbackRelays,
      maxRelays,
      policy: { ...policy, allow: isAllowed },
      ...weight === undefined ? {} : { weight },
    },
  };
}

/** Everybody whose relay list is stored, those with the newest lists first. */
async function listedPeople(store: EventDatabase, signal: AbortSignal): Promise<string[]> {
  const lists = await store.query([{ kinds: [RELAY_LIST_KIND], limit: MAX_PEOPLE }], { signal });
  return [...new Set(lists.map(({ pubkey }) => pubkey))];
}

/** What an outbox says that knows what is stored, and is asked nothing that it would send. */
async function ofOutbox(
  store: EventDatabase,
  people: readonly string[],
  { user, settings, onError, signal }: ExplorerReading,
): Promise<
  Required<Pick<ExplorerSource, "knowledge" | "missing" | "coverage">> & {
    blocked: ReadonlySet<string>;
  }
> {
  const outbox: Outbox = createOutbox({
    ...settings,
    user,
    store,
    records: readingRecords(store),
    onError,
  });
  try {
    const knowledge = await outbox.store.get(people, { signal });
    if (people.length === 0) {
      return { knowledge, missing: new Map(), coverage: [], blocked: new Set() };
    }
    const filters = [{ kinds: [1], authors: [...people] }];
    const { plan, missingLists } = await outbox.explain(filters);
    const { people: coverage } = await outbox.coverage(filters);
    const missing = new Map(missingLists.map(({ pubkey, reason }) => [pubkey, reason]));
    const skipped = plan.subjects.flatMap(({ skipped }) => skipped);
    const blocked = skipped.filter(({ reason }) => reason === "blocked").map(({ url }) => url);
    const isKnown = coverage.some(({ relays }) => relays.some(({ spans }) => spans.length > 0));
    return { knowledge, missing, coverage: isKnown ? coverage : [], blocked: new Set(blocked) };
  } finally {
    await outbox.close();
  }
}
