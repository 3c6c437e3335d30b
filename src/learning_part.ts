/**
 * What learns from the answers of relays, and has open requests follow it. It is of no use before
 * the first answer.
 *
 * @module
 */

// Each part has what is loaded before it, or bundlers would cut that into ten files.
export { wireOutbox } from "./wire_outbox.ts";
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
