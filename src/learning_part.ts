/**
 * What learns from the answers of relays, and has open requests follow it. It is of no use before
 * the first answer.
 *
 * @module
 */

export * from "./core_part.ts";
export { answeredRanges } from "./answered_ranges.ts";
export { EventSearch } from "./discovery/event_search.ts";
export { ListRebroadcaster } from "./discovery/list_rebroadcaster.ts";
export { ThreadAuthors } from "./discovery/thread_authors.ts";
export { PassiveDiscovery } from "./discovery/passive_discovery.ts";
export { checkedPeople } from "./nostr/checked_people.ts";
export { MonitorReader } from "./relays/monitor_reader.ts";
export { RelayInfoRefresher } from "./relays/relay_info_refresher.ts";
export { LiveRequest } from "./requests/live_request.ts";
export { SpanBook } from "./spans/span_book.ts";
export { UserContacts } from "./user_contacts.ts";
