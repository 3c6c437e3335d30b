/**
 * Parses internet identifiers (NIP-05): a name at a domain, or a bare domain.
 *
 * @module
 */

/** An internet identifier. Both parts are in lower case; neither is checked any further. */
export interface Nip05Address {
  /** The local part; `_` for a bare domain. */
  readonly name: string;
  /** The domain, and its port if the identifier has one. */
  readonly domain: string;
}

/** A host name, an IPv4 address, or an IPv6 address in brackets; and a port. */
const DOMAIN = /^(?:\[[0-9a-f:.]+\]|[^\s/:@']+)(?::\d{1,5})?$/;
/** A domain with a dot inside: a bare word is no identifier. */
const BARE_DOMAIN = /^[^\s/:@'.]+(?:\.[^\s/:@'.]+)+\.?(?::\d{1,5})?$/;

/**
 * Parses an identifier; case and white space around it do not matter.
 *
 * @returns `undefined` if the text does not have the form of an identifier.
 */
export function parseNip05Address(text: string): Nip05Address | undefined {
  const address = String(text).trim().toLowerCase();
  const at = address.indexOf("@");
  const domain = address.slice(at + 1);
  if (at < 0) return BARE_DOMAIN.test(domain) ? { name: "_", domain } : undefined;
  const name = address.slice(0, at);
  return /[\s/:]/.test(name) || !DOMAIN.test(domain) ? undefined : { name, domain };
}
