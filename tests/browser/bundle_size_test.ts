import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { bundle, bundleSplit, importsOf } from "../../testing/bundle.ts";

/** What an app has anyway, or would have once for all who use it. */
const EXTERNAL = [
  "@nostrify/nostrify",
  "nostr-tools",
  "nostr-tools/*",
  "lru-cache",
  "idb",
];

/** Sizes of own code in kB, minified, each file gzipped by itself, as it is sent. */
interface OwnSize {
  /** What is loaded before anything runs: the entry, and all that it imports statically. */
  readonly atOnce: number;
  /** Each part that is loaded on demand, with what it needs besides. */
  readonly onDemand: Readonly<Record<string, number>>;
  /** Everything, each file once. */
  readonly total: number;
}

/** Measures own code of an entry, bundled with code splitting. */
async function ownSize(path: string): Promise<OwnSize> {
  const files = await bundleSplit(path, { minify: true, external: EXTERNAL });
  const entry = path.split("/").at(-1)!.replace(/\.ts$/, ".js");
  /** The files that load with some, and those that these have loaded on demand. */
  const reached = (names: readonly string[], isOnDemand = false) => {
    const seen = new Set(names);
    for (const name of seen) {
      const text = files.get(name) ?? assert.fail(`${name} is not in the bundle of ${path}`);
      for (const other of importsOf(text, false)) seen.add(other);
      if (isOnDemand) { for (const other of importsOf(text, true)) seen.add(other); }
    }
    return seen;
  };
  const size = (names: Iterable<string>) =>
    [...names].reduce((sum, name) => sum + gzipSync(files.get(name)!).byteLength / 1_000, 0);
  const atOnce = reached([entry]);
  const all = reached([entry], true);
  const onDemand: Record<string, number> = {};
  for (const name of new Set([...all].flatMap((name) => importsOf(files.get(name)!, true)))) {
    onDemand[name.replace(/-\w+\.js$/, "")] = size(reached([name]).difference(atOnce));
  }
  return { atOnce: size(atOnce), onDemand, total: size(all) };
}

/** Most kB that an entry for browsers may have, at once and in all. */
const MOST: Readonly<Record<string, readonly [atOnce: number, total: number]>> = {
  "src/create_outbox.ts": [75, 130],
  "src/db/indexeddb.ts": [11, 11],
  "src/tabs/tabs.ts": [8, 8],
};

for (const [path, [atOnce, total]] of Object.entries(MOST)) {
  Deno.test(`${path} is small in a browser, and reaches no module of Node`, async () => {
    const size = await ownSize(path);
    const text = JSON.stringify(size, (_, value) => Math.round(value * 10) / 10 || value);
    console.log(text);
    assert.ok(size.atOnce > 1 && size.atOnce <= atOnce, `not ${atOnce} kB at once: ${text}`);
    assert.ok(size.total <= total, `not ${total} kB in all: ${text}`);
    assert.doesNotMatch(await bundle(path), /from\s*"node:/, path);
  });
}

Deno.test("createOutbox() loads feeds, publishing, storing, what learns and what requests share on demand, and nothing else", async () => {
  const { onDemand } = await ownSize("src/create_outbox.ts");
  assert.deepEqual(Object.keys(onDemand).sort(), [
    "learning_part",
    "publishing_part",
    "reading_part",
    "sharing_part",
    "threads_part",
    "writing_part",
  ]);
});
