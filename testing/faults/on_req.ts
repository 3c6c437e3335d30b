/**
 * Lets a fault answer a REQ before the relay does.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { RelayConnection } from "../client_connection.ts";
import { asFilters } from "../relay_messages.ts";
import type { RelayServerOptions } from "../relay_server_options.ts";

/** Handles a REQ before the relay does. `true` means that it is answered, and the relay does nothing. */
export type OnReq = (
  id: string,
  filters: NostrFilter[],
  to: RelayConnection,
) => boolean | void;

/** Options with which `answer` handles each REQ first. */
export function onReq(answer: OnReq): RelayServerOptions {
  return {
    intercept(message, to) {
      if (message[0] !== "REQ") return false;
      return answer(message[1], asFilters(message.slice(2)) ?? [], to) ?? false;
    },
  };
}
