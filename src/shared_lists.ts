/**
 * Follows the relay lists that other processes store in the same database.
 *
 * @module
 */

import { PolledRecords } from "./base/polled_records.ts";
import type { RecordStore } from "./base/record_store.ts";
import type { RelayListStore } from "./lists/relay_list_store.ts";

/** What {@link SharedLists} need. */
export interface SharedListsOptions {
  readonly store: Pick<RelayListStore, "reload">;
  /** Called with each failure to read lists. */
  readonly onError: (error: Error) => void;
}

/** Reloads lists as other processes store them, if any do. */
export class SharedLists {
  readonly #records?: PolledRecords;
  #stopListening?: () => void;
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** `records`: what tells of other processes, if it is {@link PolledRecords}. */
  constructor(records: RecordStore, { store, onError }: SharedListsOptions) {
    if (!(records instanceof PolledRecords)) return;
    this.#records = records;
    this.#stopListening = records.listen("stored", (changes) => {
      const reload = async () => {
        try {
          await store.reload(changes.keys());
        } catch (cause) {
          if (this.#isClosed) return;
          onError(new Error("Cannot read the lists that other processes have stored", { cause }));
        }
      };
      this.#last = this.#last.then(reload);
    });
  }

  /** Follows nothing any longer, and leaves no reading behind. The records must be closed by then. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopListening?.();
    await Promise.all([this.#records?.close(), this.#last]);
  }
}
