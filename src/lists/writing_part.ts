/**
 * What stores lists: what writes them to a database, and a database in memory. What decrypts those
 * of the user, besides, which are stored before that.
 *
 * @module
 */

export { bulkWrite } from "./bulk_write.ts";
export { ListWriter } from "./list_writer.ts";
export { MemoryStore } from "./memory_store.ts";
export { PrivateEntries } from "./private_entries.ts";
export { reloadLists } from "./reload_lists.ts";
