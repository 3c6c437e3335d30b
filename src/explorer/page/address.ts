/**
 * What the page shows, as the part of its address behind `#`, which no server is ever sent: a
 * reload or a link shows the same. Pure.
 *
 * @module
 */

import type { Selection } from "./explorer_state.ts";
import { REACHES } from "./reaches.ts";

/** What an address says. */
export interface Address {
  /** The most relays that are asked. */
  readonly cap?: number;
  readonly selection?: Selection;
  /** What is typed into the search. */
  readonly search?: string;
}

/** Most characters of a name or a text in an address; others wrote it. */
const MAX_LENGTH = 2_000;

/** An address without its `#`; empty if there is nothing to say. */
export function addressText({ cap, selection, search }: Address): string {
  const parts = new URLSearchParams();
  if (cap !== undefined) parts.set("cap", `${cap}`);
  for (const [name, value] of Object.entries(selection ?? {})) parts.set(name, value);
  if (search) parts.set("search", search);
  return `${parts}`;
}

/** Reads an address, with its `#` or without; what cannot be read is left out. */
export function readAddress(text: string): Address {
  const parts = new URLSearchParams(text.replace(/^#/, ""));
  const value = (name: string) => {
    const text = parts.get(name);
    return text === null || text === "" || text.length > MAX_LENGTH ? undefined : text;
  };
  const cap = value("cap");
  const search = value("search");
  const selection = selectionIn(value);
  return {
    ...cap !== undefined && /^[1-9]\d{0,8}$/.test(cap) ? { cap: Number(cap) } : {},
    ...selection ? { selection } : {},
    ...search === undefined ? {} : { search },
  };
}

function selectionIn(value: (name: string) => string | undefined): Selection | undefined {
  const [relay, person] = [value("relay"), value("person")];
  if (relay !== undefined) return { relay };
  if (person !== undefined) return { person };
  const reach = REACHES.find((reach) => reach === value("reach"));
  return reach && { reach };
}
