import assert from "node:assert/strict";
import { docExamples, docPages } from "../support/doc_examples.ts";
import { pathsIn, ROOT } from "../support/source_files.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const pages = docPages();

/** The anchors of a page's headings, as GitHub and JSR make them. */
function anchorsOf(page: string): Set<string> {
  const headings = read(page).replace(/^```[^]*?^```$/gm, "").match(/^#+ .*$/gm) ?? [];
  return new Set(headings.map((heading) => {
    const text = heading.replace(/^#+ /, "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    return text.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-");
  }));
}

/** The targets of a page's links to the project's own files. */
function linksIn(page: string): string[] {
  const prose = read(page).replace(/^```[^]*?^```$/gm, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** Whether there is a file or folder of that path. */
function exists(path: string): boolean {
  try {
    Deno.statSync(new URL(path, ROOT));
    return true;
  } catch (error) {
    assert.ok(error instanceof Deno.errors.NotFound);
    return false;
  }
}

Deno.test("Links in docs lead to files that exist, and to headings that they have", () => {
  const dead: string[] = [];
  let links = 0;
  for (const page of pages) {
    for (const target of linksIn(page)) {
      links++;
      const url = new URL(target, new URL(page, ROOT));
      const path = url.href.slice(ROOT.href.length).replace(/#.*/, "");
      const anchor = url.hash.slice(1);
      const isDead = !exists(path) || (anchor !== "" && !anchorsOf(path).has(anchor));
      if (isDead) dead.push(`${page}: ${target}`);
    }
  }
  assert.ok(links > 80, `${links}`);
  assert.deepEqual(dead, []);
});

Deno.test("README.md names every page of the docs", () => {
  const named = linksIn("README.md").map((target) => target.replace(/#.*/, ""));
  const missing = pages.filter((path) => path.startsWith("docs/") && !named.includes(path));
  assert.deepEqual(missing, []);
});

Deno.test("SECURITY.md names tests that exist", () => {
  const tests = [...pathsIn("tests")];
  const names = [...read("SECURITY.md").matchAll(/`([a-z]+\/[a-z0-9_*]+)`/g)].map(([, name]) =>
    name
  );
  assert.ok(names.length > 10);
  for (const name of names) {
    const pattern = new RegExp(`^tests/${name.replaceAll("*", ".*")}(?:_.*)?_test\\.ts$`);
    assert.ok(tests.some((path) => pattern.test(path)), name);
  }
});

Deno.test("Examples in docs need no syntax that Node 22 lacks", () => {
  const examples = docExamples();
  assert.ok(examples.length > 40);
  for (const { path, code } of examples) assert.doesNotMatch(code, /\busing \w+ =/, path);
});
