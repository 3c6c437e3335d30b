/**
 * What relays report, passed on to a listener that itself needs the relays.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { Role } from "./nostr/relay_knowledge.ts";

/** What a listener is called for. */
export interface RelayListener {
  /** A relay sent an event that was requested. */
  readonly saw: (event: NostrEvent, url: string) => void;
  /** The whole answer of a relay had nothing of a subject, while another relay had something. */
  readonly missed: (role: Role, subject: string, url: string) => void;
  /** A relay took an event; what it returns resolves once what follows goes by that. */
  readonly published: (event: NostrEvent, url: string) => unknown;
  /** An open request is about these people; call what it returns when it ends. */
  readonly watch: (pubkeys: Iterable<string>) => () => void;
}

/** See the module. The listener is set once, after construction and before any relay is used. */
export class RelayEvents implements RelayListener {
  /** Absent until it is set: nothing is reported before. */
  listener?: RelayListener;

  readonly saw = (event: NostrEvent, url: string): void => this.listener?.saw(event, url);
  readonly missed = (role: Role, subject: string, url: string): void =>
    this.listener?.missed(role, subject, url);
  readonly published = (event: NostrEvent, url: string): unknown =>
    this.listener?.published(event, url);
  readonly watch = (pubkeys: Iterable<string>): () => void =>
    this.listener?.watch(pubkeys) ?? (() => {});
}
