/**
 * The version that the command line shows.
 *
 * @module
 */

/** The same as in `deno.json`. */
export const VERSION = "0.1.0";
