import assert from "node:assert/strict";
import { type DenoConfig, packageJson, packagesIn } from "../../npm/package_json.ts";

const config: DenoConfig = {
  name: "@npool/outbox",
  version: "1.2.3",
  license: "MIT",
  exports: { ".": "./src/mod.ts", "./sqlite": "./src/db/sqlite.ts" },
  imports: {
    "@nostrify/nostrify": "npm:@nostrify/nostrify@0.54",
    "@db/sqlite": "jsr:@db/sqlite@^0.12.0",
    "lru-cache": "npm:lru-cache@^11.5.3",
    "pg": "npm:pg@^8.23.1",
  },
};

Deno.test("packagesIn() names what a source imports, whatever its form, and nothing of its comments", () => {
  const source = [
    "/**",
    ' * import { no } from "in-a-comment";',
    " */",
    'import { a } from "one";',
    'import type { b } from "@scope/two/path";',
    "import {",
    "  c,",
    '} from "three";',
    'import "four";',
    'export { d } from "five";',
    'import fs from "node:fs";',
    'import { e } from "./own.ts";',
    'const text = "six";',
    'export const seven = "seven";',
    'const late = await import("eight/late");',
  ].join("\n");
  const names = ["@scope/two", "eight", "five", "four", "one", "three"];
  assert.deepEqual(packagesIn(source), names);
});

Deno.test("packageJson() takes entries and versions from deno.json, Nostrify as a peer", () => {
  const json = packageJson(config, ["@nostrify/nostrify", "lru-cache", "pg"]);
  assert.equal(json.version, "1.2.3");
  assert.deepEqual(json.exports["./sqlite"], {
    types: "./lib/db/sqlite.d.ts",
    default: "./lib/db/sqlite.js",
  });
  assert.deepEqual(json.dependencies, { "lru-cache": "^11.5.3" });
  assert.deepEqual(json.peerDependencies, { "@nostrify/nostrify": "0.54", pg: "^8.23.1" });
  assert.deepEqual(json.peerDependenciesMeta, { pg: { optional: true } });
  assert.equal(json.bin, undefined);
  assert.equal(json.repository, undefined);
});

Deno.test("packageJson() has a command where there is a command line, and the repository it is told", () => {
  const exports = { ...config.exports, "./cli": "./src/cli/main.ts" };
  const json = packageJson({ ...config, exports }, [], "https://git.example/npool/outbox");
  assert.deepEqual(json.bin, { outbox: "bin/outbox.js" });
  assert.deepEqual(json.repository, {
    type: "git",
    url: "git+https://git.example/npool/outbox.git",
  });
});

Deno.test("packageJson() throws for a package that npm does not have", () => {
  assert.throws(() => packageJson(config, ["@db/sqlite"]), /"@db\/sqlite" must be an npm package/);
  assert.throws(() => packageJson(config, ["unknown"]), /"unknown" must be .*got undefined/);
});
