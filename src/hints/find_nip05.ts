/**
 * Finds whom an internet identifier stands for, `name` at a `domain` (NIP-05).
 *
 * @module
 */

import { fetchJson, type FetchJsonOptions } from "../base/fetch_json.ts";
import { checkRelayUrl } from "../nostr/relay_url.ts";
import { type Nip05Person, nip05Person } from "./nip05_document.ts";

/** How an identifier is looked up. */
export interface FindNip05Options extends FetchJsonOptions {
  /**
   * Accept loopback, private and otherwise non-public hosts. Open it for tests and in
   * your own network.
   * @default false
   */
  readonly allowLocal?: boolean;
}

/**
 * Finds whom an identifier stands for, and the relays that the domain names for them.
 *
 * The domain's document is fetched over `https:` from a public host (the same that relays
 * may be at), without following a redirect. The domain learns that somebody asks.
 *
 * @param address `name@domain`; a bare `domain` is `_@domain`. Case does not matter.
 * @returns The relays as they stand there: no policy has looked at them.
 * @throws {TypeError} If the address is malformed or its host is not allowed.
 * @throws {Error} If there is no document, or it does not name the user.
 * @throws The reason of `signal`, if that ends it.
 */
export async function findNip05(
  address: string,
  options: FindNip05Options = {},
): Promise<Nip05Person> {
  const { signal, allowLocal } = options;
  const { name, host } = partsOf(address, allowLocal);
  const url = `https://${host}/.well-known/nostr.json?name=${name}`;
  signal?.throwIfAborted();

  const { document, reason } = await fetchJson(url, "application/json", options);
  signal?.throwIfAborted();
  if (reason !== undefined) throw new Error(`Cannot look up ${name}@${host}: ${reason}`);
  const person = nip05Person(document, name);
  if (person) return person;
  throw new Error(`Cannot look up ${name}@${host}: ${url} names no pubkey for it`);
}

/** The local part, and the host with its port. */
function partsOf(address: string, allowLocal?: boolean): { name: string; host: string } {
  const [, name = "_", domain] = ADDRESS.exec(String(address).trim().toLowerCase()) ?? [];
  if (domain === undefined) throw malformed(address, 'it must read "name@domain"');
  const { url, reason } = checkRelayUrl(`wss://${domain}/`, { allowLocal });
  if (url === undefined) throw malformed(address, `its host is refused (${reason})`);
  return { name, host: url.slice("wss://".length, -1) };
}

const ADDRESS = /^(?:([a-z0-9._-]{1,100})@)?([^\s@/\\?#%]+)$/;

function malformed(address: unknown, rule: string): TypeError {
  return new TypeError(
    `Cannot look up an identifier: ${rule}, got ${JSON.stringify(String(address).slice(0, 256))}`,
  );
}
