/**
 * Keeps the focus where it is while parts of the page are drawn anew.
 *
 * @module
 */
/** Runs a change; then the button that had the focus has it again, if there is one in its place. */
export function keepFocus(change: () => void): void {
  const focused = document.activeElement;
  const part = focused?.closest("[id]");
  const buttons = part?.querySelectorAll<HTMLElement>("button, summary, [tabindex]") ?? [];
  const index = [...buttons].findIndex((button) => button === focused);
  change();
  if (!part || focused?.isConnected || index < 0) return;
  const now = document.getElementById(part.id);
  const again = now?.querySelectorAll<HTMLElement>("button, summary, [tabindex]")[index];
  again?.focus({ preventScroll: true });
}
