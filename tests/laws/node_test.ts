import assert from "node:assert/strict";
import { sourceFiles } from "../support/source_files.ts";

const src = sourceFiles("src");

Deno.test("Files of src run on Node 22: none declares with `using`, which that does not know", () => {
  assert.ok(src.length > 100);
  for (const { path, code } of src) assert.doesNotMatch(code, /\busing \w+ =/, path);
});

Deno.test("Files of src/cli run on Node: none uses what Deno alone has", () => {
  const cli = src.filter(({ path }) => path.startsWith("src/cli/"));
  assert.ok(cli.length > 10);
  for (const { path, code } of cli) assert.doesNotMatch(code, /\bDeno\b/, path);
});

Deno.test("Files of src that browsers load call no method of iterators: Safari has none before 18.4", () => {
  const served = src.filter(({ path }) => !/^src\/cli\/|page_bundle/.test(path));
  assert.ok(served.length > 100);
  const call = /\b(?:values|keys|entries)\(\)\s*\.\s*(?!next\b)\w+/;
  for (const { path, code } of served) assert.doesNotMatch(code, call, path);
});
