/**
 * Finds the person behind an internet identifier (NIP-05).
 *
 * @module
 */

import { fetchJson, type FetchJsonOptions } from "../base/fetch_json.ts";
import { refusalText } from "../nostr/relay_policy.ts";
import { checkRelayUrl } from "../nostr/relay_url.ts";
import { parseNip05Address } from "./nip05_address.ts";
import { type Nip05Person, nip05Person } from "./nip05_document.ts";

/** How {@link findNip05} looks an identifier up. */
export interface FindNip05Options extends FetchJsonOptions {
  /**
   * Accept loopback, private and otherwise non-public hosts. Set it in tests and in your
   * own network.
   * @default false
   */
  readonly allowLocal?: boolean;
}

/**
 * Finds the person behind an identifier, and the relays that the domain names for them.
 *
 * Fetches the domain's document over `https:` from a public host (the same hosts that relays
 * may have), without following a redirect. The domain learns that somebody asks.
 *
 * @param address `name@domain`; a bare `domain` stands for `_@domain`. Case does not matter.
 * @returns The relays as the document names them: no policy has checked them.
 * @throws {TypeError} If the address is malformed or its host is not allowed.
 * @throws {Error} If there is no document, or it does not name the user.
 * @throws The reason of `signal`, if that ends it.
 */
export async function findNip05(
  address: string,
  options: FindNip05Options = {},
): Promise<Nip05Person> {
  const { signal, allowLocal } = options;
  const { name, host } = checkAddress(address, allowLocal);
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
function checkAddress(address: string, allowLocal?: boolean): { name: string; host: string } {
  const parsed = parseNip05Address(address);
  if (!parsed || !NAME.test(parsed.name) || /[\\?#%]/.test(parsed.domain)) {
    throw malformed(address, 'it must read "name@domain"');
  }
  const { url, reason } = checkRelayUrl(`wss://${parsed.domain}/`, { allowLocal });
  if (url === undefined) throw malformed(address, `its host is ${refusalText(reason)}`);
  return { name: parsed.name, host: url.slice("wss://".length, -1) };
}

/** The local parts that NIP-05 allows; they stand in a URL as they are. */
const NAME = /^[a-z0-9._-]{1,100}$/;

function malformed(address: unknown, rule: string): TypeError {
  return new TypeError(
    `Cannot look up an identifier: ${rule}, got ${JSON.stringify(String(address).slice(0, 256))}`,
  );
}
