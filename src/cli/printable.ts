/**
 * Makes what strangers wrote safe to print. Pure.
 *
 * @module
 */

/**
 * Removes what controls a terminal: control characters, with which a name could move the cursor or
 * change colours, and marks that turn the direction of writing round. Keeps line breaks and tabs.
 */
export function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- it finds control characters
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "");
}

/** The same in one line, shortened to some characters. */
export function printableLine(text: string, most = 60): string {
  const line = [...printable(text).replace(/\s+/g, " ").trim()];
  return line.length > most ? `${line.slice(0, most - 1).join("")}…` : line.join("");
}
