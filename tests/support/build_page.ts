/**
 * Bundles the explorer's page and writes it as a module, so that it is there wherever the library
 * is: `deno task explorer:build`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { PAGE_ENTRY, PAGE_FILES, pageSourcesHash } from "./page_sources.ts";
import { ROOT } from "./source_files.ts";

const OUTPUT = new URL("src/explorer/page_bundle.ts", ROOT);

const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
  args: ["bundle", "--quiet", "--platform", "browser", "--minify", PAGE_ENTRY],
  cwd: ROOT,
}).output();
assert.ok(success, new TextDecoder().decode(stderr));
const script = new TextDecoder().decode(stdout).trim();
// The worker runs it as a script that is no module.
assert.doesNotMatch(script, /\bimport\s*[{("'*]|\bexport\s*[{*]|\bimport\.meta/);
// Either would end the script where it stands in HTML.
assert.doesNotMatch(script, /<\/script|<!--/i);
const [css, html] = PAGE_FILES.map((path) => Deno.readTextFileSync(new URL(path, ROOT)));
const style = css.replace(/\/\*[^]*?\*\//g, "").replace(/\s+/g, " ").trim();
const page = { html, style, script, styleHash: sha256(style), scriptHash: sha256(script) };
Deno.writeTextFileSync(
  OUTPUT,
  `/**
 * The page as it is served, bundled from \`page\`. Written by \`deno task explorer:build\`.
 *
 * @module
 */

/** A hash of what it was bundled from. */
export const PAGE_SOURCES = "${pageSourcesHash()}";

/** Its parts; the hashes are SHA-256 in Base64, as a content security policy names them. */
export const PAGE: Readonly<
  Record<"html" | "style" | "script" | "styleHash" | "scriptHash", string>
> = ${JSON.stringify(page, null, 2)};
`,
);
console.log(`${script.length} characters of script, ${style.length} of style`);

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
