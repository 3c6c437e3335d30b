import assert from "node:assert/strict";
import { bundle } from "../../testing/bundle.ts";

/** What an app has anyway, or would have once for all who use it. */
const EXTERNAL = [
  "@nostrify/nostrify",
  "nostr-tools",
  "nostr-tools/*",
  "lru-cache",
  "idb",
];

/** Own code of an entry, minified and gzipped, in kB. */
async function ownSize(path: string): Promise<number> {
  const text = await bundle(path, { minify: true, external: EXTERNAL });
  const gzipped = new Blob([text]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  return (await new Response(gzipped).arrayBuffer()).byteLength / 1_000;
}

/** Entries that a browser loads, and how many kB of own code they may have. */
const MOST: Readonly<Record<string, number>> = {
  "src/mod.ts": 117,
  "src/db/indexeddb.ts": 11,
  "src/tabs/tabs.ts": 8,
};

Deno.test("Bundles for browsers stay small, and reach no module of Node", async () => {
  for (const [path, most] of Object.entries(MOST)) {
    const size = await ownSize(path);
    assert.ok(
      size > 1 && size <= most,
      `${path} has ${size.toFixed(1)} kB gzipped, not ${most}`,
    );
    assert.doesNotMatch(await bundle(path), /from\s*"node:/, path);
  }
});
