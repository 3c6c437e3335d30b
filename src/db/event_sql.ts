/**
 * The statements that write events. They decide themselves which event wins and which
 * is deleted, never by a read before.
 *
 * @module
 */

import { ALL_RELAYS } from "../nostr/vanish_requests.ts";
import type { AnyExecutor } from "./any_kysely.ts";
import type { PreparedEvent } from "./prepared_event.ts";
import { REPLACEABLE } from "./schema.ts";
import type { SqlFlavour } from "./sql_flavour.ts";

/** The statements. Their parameter is a JSON array of records unless a line says otherwise. */
export interface EventSql {
  /** What a request to vanish must name to count, besides all relays. */
  readonly places: readonly string[];
  /** Deletes the tags of the events that `replace` would replace. */
  readonly clearReplaced: string;
  /** Stores replaceable events that are newer; returns their ids. */
  readonly replace: string;
  /** Stores events of other kinds; returns the ids of those that are new. */
  readonly insert: string;
  /** Stores tags. */
  readonly insertTags: string;
  /** Returns the ids of the given events that a stored deletion covers. */
  readonly deleted: string;
  /** Stored events by kind, author and an indexed `d` tag, among others. */
  readonly versionsByTag: string;
  /** Stored events by kind and author. */
  readonly versionsByAuthor: string;
  /** Of some ids (records), those of an author's (2) events that kind 5 can delete. */
  readonly deletable: string;
  /** The ids of an author's (1) events up to a time (2), and of gift wraps to them (3, 4). */
  readonly vanished: string;
  /** Deletes the tags of some ids (1, a JSON array). */
  readonly deleteTags: string;
  /** Deletes the events with some ids (1, a JSON array). */
  readonly deleteEvents: string;
  /** Runs in the transaction of each write, with the events that it stored. @default nothing */
  readonly onStored?: (db: AnyExecutor, events: readonly PreparedEvent[]) => Promise<void>;
}

const COLUMNS = "id, kind, pubkey, content, created_at, tags, sig";

/**
 * Writes the statements for one kind of database.
 *
 * @param places What a request to vanish must name to count, besides all relays; as `placesOf`
 * gives it.
 */
export function eventSql(flavour: SqlFlavour, places: readonly string[]): EventSql {
  const { join } = flavour;
  const events = withRecords(flavour, {
    id: "text",
    kind: "integer",
    pubkey: "text",
    content: "text",
    created_at: "integer",
    tags: "text",
    sig: "text",
    address: "text",
  });
  const addresses = withRecords(flavour, {
    kind: "integer",
    pubkey: "text",
    d: "text",
  });
  const version = "e.id, e.kind, e.pubkey, e.created_at, e.tags";
  // From the author's deletions to their tags: an author has few of them, but
  // thousands may have tagged the event.
  const vanished = `x.kind = 62 and x.created_at >= v.created_at and ${
    namesPlace("x.tags", places, flavour)
  }`;
  const deleted = `(
    v.kind <> 62 and exists (
      select 1 from nostr_events x where x.pubkey = v.pubkey and ${vanished}
    ) or v.kind = ${WRAP} and exists (
      select 1 from ${flavour.tagsIn("v.tags", "p")}
      ${join} nostr_events x on x.pubkey = p.value->>1
      where p.value->>0 = 'p' and ${vanished}
    ) or v.kind not in (5, 62) and exists (
      select 1 from nostr_events x ${join} nostr_tags t on t.event_id = x.id
      where x.pubkey = v.pubkey and x.kind = 5 and (
        t.name = 'e' and t.value = v.id
        or t.name = 'a' and t.value = v.address and x.created_at >= v.created_at
      )
    )
  )`;
  return {
    places,
    clearReplaced: `${events} delete from nostr_tags where event_id in (
      select e.id from v
      ${join} nostr_events e on e.kind = v.kind and e.pubkey = v.pubkey
      where ${newer("v", "e", flavour)} and not ${deleted}
    )`,
    replace: `${events} insert into nostr_events (${COLUMNS})
      select ${COLUMNS} from v where not ${deleted}
      on conflict (kind, pubkey) where ${REPLACEABLE} do update set
        id = excluded.id, content = excluded.content, tags = excluded.tags,
        created_at = excluded.created_at, sig = excluded.sig
      where ${newer("excluded", "nostr_events", flavour)}
      returning id`,
    insert: `${events} insert into nostr_events (${COLUMNS})
      select ${COLUMNS} from v where not ${deleted}
      on conflict (id) do nothing
      returning id`,
    insertTags: `${
      withRecords(flavour, { event_id: "text", name: "text", value: "text" })
    } insert into nostr_tags (event_id, name, value)
      select event_id, name, value from v`,
    deleted: `${events} select id from v where ${deleted}`,
    versionsByTag: `${addresses} select distinct ${version} from v
      ${join} nostr_tags t on t.name = 'd' and t.value = v.d
      ${join} nostr_events e on e.id = t.event_id
        and e.kind = v.kind and e.pubkey = v.pubkey`,
    versionsByAuthor: `${addresses} select distinct ${version} from v
      ${join} nostr_events e on e.kind = v.kind and e.pubkey = v.pubkey`,
    deletable: `${withRecords(flavour, { id: "text" })} select e.id from v
      ${join} nostr_events e on e.id = v.id
      where e.pubkey = ${flavour.parameter(2)} and e.kind not in (5, 62)`,
    vanished: `select id from nostr_events
      where pubkey = ${flavour.parameter(1)} and kind <> 62
      and created_at <= ${flavour.integer(2)}
      union select e.id from nostr_tags t ${join} nostr_events e on e.id = t.event_id
      where t.name = 'p' and t.value = ${flavour.parameter(3)}
      and e.kind = ${WRAP} and e.created_at <= ${flavour.integer(4)}`,
    deleteTags: `delete from nostr_tags where ${flavour.isIn("event_id", 1)}`,
    deleteEvents: `delete from nostr_events where ${flavour.isIn("id", 1)}`,
  };
}

/** The kind of stored gift wraps (NIP-59). */
const WRAP = 1059;

/** Whether the tags of a request to vanish name all relays, or one of these places (NIP-62). */
function namesPlace(
  column: string,
  places: readonly string[],
  { tagsIn, byCodeUnit }: SqlFlavour,
): string {
  const texts = places.map((place) => `'${place.replaceAll("'", "''")}'`);
  const isPlace = texts.length > 0
    ? `or lower(rtrim(r.value->>1, '/')${byCodeUnit}) in (${texts})`
    : "";
  return `exists (select 1 from ${tagsIn(column, "r")}
    where r.value->>0 = 'relay' and (r.value->>1 = '${ALL_RELAYS}' ${isPlace}))`;
}

/** Names the records of parameter 1 `v`. */
function withRecords(
  flavour: SqlFlavour,
  columns: Readonly<Record<string, "text" | "integer">>,
): string {
  return `with v as materialized (${flavour.records(columns)})`;
}

/**
 * NIP-01: the later event wins, and of two at once the one with the lower id.
 * The plain range comes first: without it SQLite would read all events of that second.
 */
function newer(a: string, b: string, { byCodeUnit }: SqlFlavour): string {
  return `(${a}.created_at >= ${b}.created_at and (
    ${a}.created_at > ${b}.created_at or ${a}.id${byCodeUnit} < ${b}.id
  ))`;
}
