/**
 * Keeps what the page shows and the page's address the same.
 *
 * @module
 */
import { addressText, readAddress } from "./address.ts";
import type { ExplorerState } from "./explorer_state.ts";

/** Shows what the address says, and from then on writes there what is shown. */
export function followAddress(state: ExplorerState): void {
  /** What the address is known to say: another one, which is not read yet, stays as it is. */
  let known = textOf(state);
  const read = () => {
    const { cap, selection, search = "" } = readAddress(location.hash);
    state.setCap(cap ?? state.data.plan.maxRelays);
    state.setSearch(search);
    state.select(selection);
    known = textOf(state);
  };
  const write = () => {
    const text = textOf(state);
    if (text === known) return;
    known = text;
    const { pathname, search } = location;
    history.replaceState(null, "", text === "" ? `${pathname}${search}` : `#${text}`);
  };
  if (location.hash !== "") read();
  for (const topic of ["rest", "selection", "search"] as const) state.on(topic, write);
  addEventListener("hashchange", read);
}

function textOf({ cap, selection, search, data }: ExplorerState): string {
  const isUsual = cap === data.plan.maxRelays;
  return addressText({ ...isUsual ? {} : { cap }, selection, search });
}
