/**
 * Reads what the explorer shows from a database alone: nothing is asked of any relay.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { systemClock } from "../base/clock.ts";
import { createOutbox } from "../create_outbox.ts";
import type { EventDatabase } from "../db/kysely.ts";
import { type ExplorerSource, shownName } from "../explorer/explorer_data.ts";
import { HintBook } from "../hints/hint_book.ts";
import { addHints } from "../hints/merge_hints.ts";
import { knownLists } from "../lists/known_lists.ts";
import { RELAY_LIST_KIND } from "../nostr/kinds.ts";
import { checkRelayUrl } from "../nostr/relay_url.ts";
import type { OutboxOptions } from "../outbox_options.ts";
import { parseRelayRecord } from "../relays/relay_record_store.ts";
