/**
 * The object stores of an IndexedDB of events, and how it is opened.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import type { RecordTopic } from "../base/record_store.ts";

/** A stored event. The field's names are short, since each row has them. */
export interface IdbEvent {
  readonly event: NostrEvent;
  /** `-created_at`, so that what is read in ascending order comes newest first. */
  readonly age: number;
  /** 0 for what stays as long as anything else can go; see {@link EventDatabaseOptions}. */
  readonly rank: 0 | 1;
  /** `kind:pubkey:d`, for an addressable event. */
  readonly address?: string;
  /** Each indexed tag: name, value, age. */
  readonly tags: readonly (readonly [string, string, number])[];
  /** What a deletion or a request to vanish says; absent for other kinds. */
  readonly marks?: readonly Mark[];
}

/**
 * By an author, `e` and an id; or `a`, an address and a time up to which; or `v` and a time, if it is
 * a request to vanish.
 */
export type Mark =
  | readonly [string, "e", string]
  | readonly [string, "a", string, number]
  | readonly [string, "v", number];

/** A stored record; or, by its number, what one transaction noted of the lists that it stored. */
export type IdbRecord =
  & Written
  & ({
    readonly topic: RecordTopic;
    readonly key: string;
    readonly record: string;
  } | {
    readonly topic: "stored";
    readonly key: string;
    /** The notes: one row holds all of them, since a thousand rows take long to write. */
    readonly notes: ReadonlyMap<string, string>;
  });

/** What is known of a writing. */
interface Written {
  /** Grows with each writing, in all topics. */
  readonly version: number;
  /** Which object wrote it last. */
  readonly writer: string;
}

/** What is known of the database as a whole. */
export interface IdbState {
  /** How many events there are. */
  readonly events: number;
  /** The last version of a record. */
  readonly version: number;
  /** The latest `created_at` of an event that went to make room; absent if none did. */
  readonly forgottenUntil?: number;
}

/** The object stores. */
export interface IdbSchema extends DBSchema {
  events: {
    key: string;
    value: IdbEvent;
    indexes: {
      author: [string, number, number];
      kind: [number, number];
      rank: [number, number];
      tag: [string, string, number];
      address: string;
      mark: Mark[number][];
    };
  };
  records: {
    key: [string, string];
    value: IdbRecord;
    indexes: { version: number };
  };
  claims: {
    key: string;
    value: { readonly owner: string; readonly until: number };
  };
  state: { key: 0; value: IdbState };
}

/** The names of all object stores. */
export const IDB_STORES = ["events", "records", "claims", "state"] as const;

/** The open database. */
export type Idb = IDBPDatabase<IdbSchema>;

/** A transaction on all object stores. */
export type IdbTransaction<Mode extends "readonly" | "readwrite" = "readwrite"> = IDBPTransaction<
  IdbSchema,
  typeof IDB_STORES[number][],
  Mode
>;

/**
 * Opens the database, and makes its object stores if they are not there.
 *
 * @param onGone Called when the browser has closed it, or another tab deletes it.
 */
export async function openIdb(name: string, onGone: (why: string) => void): Promise<Idb> {
  return await openDB<IdbSchema>(name, 1, {
    upgrade(db) {
      const events = db.createObjectStore("events", { keyPath: "event.id" });
      events.createIndex("author", ["event.pubkey", "event.kind", "age"]);
      events.createIndex("kind", ["event.kind", "age"]);
      events.createIndex("rank", ["rank", "age"]);
      events.createIndex("tag", "tags", { multiEntry: true });
      events.createIndex("address", "address");
      events.createIndex("mark", "marks", { multiEntry: true });
      const records = db.createObjectStore("records", { keyPath: ["topic", "key"] });
      records.createIndex("version", "version", { unique: true });
      db.createObjectStore("claims");
      db.createObjectStore("state");
    },
    // Another tab would wait for this one for ever.
    blocking(_, __, event) {
      (event.target as IDBDatabase).close();
      onGone("another tab has deleted or upgraded it");
    },
    terminated: () => onGone("the browser has closed it"),
  });
}

/** What is known of the database as a whole. */
export async function readState(
  db: IdbTransaction<"readonly"> | IdbTransaction,
): Promise<IdbState> {
  return await db.objectStore("state").get(0) ?? { events: 0, version: 0 };
}
