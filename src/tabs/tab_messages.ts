/**
 * What tabs say to each other about their lines. Pure.
 *
 * @module
 */

/** From a tab to the tab that leads. */
export type ToLeader =
  & { readonly tab: string; readonly line: number }
  & (
    | { readonly verb: "open"; readonly url: string }
    | { readonly verb: "send"; readonly text: string }
    | { readonly verb: "close" }
  );

/** From the tab that leads to another one. */
export type ToTab =
  & { readonly line: number }
  & (
    /** The leader is there, and connects. */
    | { readonly verb: "taken" }
    | { readonly verb: "open" }
    | { readonly verb: "message"; readonly data: string }
    | { readonly verb: "closed"; readonly code?: number; readonly reason?: string }
  );

/** To all tabs: another one leads from now on. */
export interface NewLeader {
  readonly leader: string;
}

/** The names of channels and locks. */
export function tabNames(name: string): {
  readonly lead: string;
  readonly news: string;
  readonly leader: string;
  readonly tab: (id: string) => string;
} {
  return {
    lead: `${name} lead`,
    news: `${name} news`,
    leader: `${name} leader`,
    tab: (id) => `${name} tab ${id}`,
  };
}
