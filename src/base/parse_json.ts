/**
 * Reads text that may not be JSON, and values that may not be objects.
 *
 * @module
 */

/** The value that a text stands for; `undefined` if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Whether the brackets of a text of JSON nest deeper than `max`, told in far less time than parsing
 * such a text takes. A text that is no JSON may be taken either way.
 */
export function nestsDeeper(text: string, max: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      do i = text.indexOf('"', i + 1); while (i > 0 && isEscaped(text, i));
      if (i < 0) return false;
    } else if (code === OPENING_BRACKET || code === OPENING_BRACE) {
      if (++depth > max) return true;
    } else if (code === CLOSING_BRACKET || code === CLOSING_BRACE) depth--;
  }
  return false;
}

const QUOTE = 0x22, BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b, CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b, CLOSING_BRACE = 0x7d;

/** Whether an odd number of backslashes stands before a character. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first--;
  return (at - first) % 2 === 1;
}

/** Whether a value is a JSON object: neither `null` nor an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value's fields if it is a JSON object; none otherwise. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}
