import assert from "node:assert/strict";
import {
  pathsIn,
  resolvePath,
  ROOT,
  type SourceFile,
  sourceFiles,
} from "../support/source_files.ts";
import { type Room, ROOMS } from "./rooms.ts";

/** Clocks and timers that are no defaults of options, and what for. */
const DECLARED: Readonly<Record<string, string>> = {
  "src/base/clock.ts Date.now": "the clock of the machine, a default of options",
  "src/base/clock.ts setTimeout": "the timers of the machine, a default of options",
  "src/db/node_sqlite_handle.ts performance.now": "bounds the waiting for another process's lock",
  "src/db/node_sqlite_handle.ts setTimeout": "waits for another process's lock",
};

const src = sourceFiles("src");
const FOLDERS = ["testing", "tests", "bench", "examples", "npm"];
const everything = [...src, ...FOLDERS.flatMap(sourceFiles)];
const config = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
const byPath = new Map(everything.map((file) => [file.path, file]));

/** Which other files of the project a file imports. */
function ownImports({ path, imports }: SourceFile): string[] {
  return imports.filter(({ specifier }) => /^\..*\.tsx?$/.test(specifier))
    .map(({ specifier }) => resolvePath(path, specifier)).filter((other) => other !== path);
}

/** What a file imports from outside. */
function outside({ imports }: SourceFile) {
  return imports.filter(({ specifier }) => !specifier.startsWith("."));
}

/** A file and all that it imports, however indirectly. */
function reachedFrom(path: string, seen = new Set<string>()): SourceFile[] {
  seen.add(path);
  for (const next of ownImports(byPath.get(path)!)) if (!seen.has(next)) reachedFrom(next, seen);
  return [...seen].map((path) => byPath.get(path)!);
}

/** The room of a file of `src`: its folder's name, empty for those in none. */
function roomOf(path: string): string {
  return /^src\/(?:([^/]+)\/)?/.exec(path)![1] ?? "";
}

/** The room of a file of `src`, and what it may do. */
function rulesOf({ path }: SourceFile): Room {
  return ROOMS[roomOf(path)] ?? assert.fail(`${path} is in no room`);
}

/** A file's imports of other rooms that the room may not have. */
function trespasses(file: SourceFile): string[] {
  const { rooms } = rulesOf(file);
  return ownImports(file).filter((path) => {
    const room = roomOf(path);
    if (room === roomOf(file.path)) return false;
    return !rooms.includes(room) && !rooms.includes(path.replace(/^src\/|\.ts$/g, ""));
  }).map((path) => `${file.path} imports ${path}`);
}

/** Files that import each other in a loop, from one of them round to it again. */
function* cycles(path: string, trail: readonly string[] = []): Generator<string> {
  if (trail.includes(path)) yield [...trail.slice(trail.indexOf(path)), path].join(" -> ");
  else if (!free.has(path)) {
    for (const next of ownImports(byPath.get(path)!)) yield* cycles(next, [...trail, path]);
    free.add(path);
  }
}

/** Files from which no loop can be reached. */
const free = new Set<string>();

Deno.test("ROOMS are in an order in which each imports only those before it", () => {
  const names = Object.keys(ROOMS);
  for (const [i, name] of names.entries()) {
    for (const other of ROOMS[name].rooms) {
      const [room] = other.split("/");
      assert.ok(names.slice(0, i).includes(room), `${name} imports ${room}`);
    }
  }
  const folders = new Set(src.map(({ path }) => roomOf(path)));
  assert.deepEqual([...folders].sort(), names.toSorted());
});

Deno.test("Files of src import only the rooms that their room may import", () => {
  assert.deepEqual(src.flatMap(trespasses), []);
});

Deno.test("Files never import each other in a loop", () => {
  assert.deepEqual(everything.flatMap(({ path }) => [...cycles(path)]), []);
});

Deno.test("Files of src import only the packages that their room may import", () => {
  for (const file of src) {
    const { packages } = rulesOf(file);
    for (const { specifier, isType } of outside(file)) {
      const [, name] = /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier)!;
      assert.ok(packages.includes(name), `${file.path} imports ${specifier}`);
      if (name === "@nostrify/types") assert.ok(isType, `${file.path} imports ${specifier} to run`);
    }
  }
});

Deno.test("Files of rooms that decide never wait, nor does a file whose head says that it is pure", () => {
  for (const file of src) {
    const [head] = /^\/\*\*[^]*?\*\//.exec(file.text)!;
    if (rulesOf(file).awaits && !/\bPure\b/.test(head)) continue;
    assert.doesNotMatch(file.code, /\b(?:async|await)\b|\bPromise[.(]|\.then\(/, file.path);
  }
});

Deno.test("Files of testing, bench, examples and npm import nothing from tests, and tests nothing from bench", () => {
  for (const { path, imports } of everything) {
    const folder = path.split("/")[0];
    for (const { specifier } of imports) {
      if (!specifier.startsWith(".")) continue;
      const [other] = resolvePath(path, specifier).split("/");
      const allowed = folder === "src"
        ? ["src"]
        : folder === "tests"
        ? ["src", "testing", "tests", "examples", "npm"]
        : ["src", "testing", folder];
      assert.ok(allowed.includes(other), `${path} imports ${specifier}`);
    }
  }
});

Deno.test("mod.ts reaches no database and no module of a runtime, and re-exports by name", () => {
  const files = reachedFrom("src/mod.ts");
  assert.ok(files.length > 20);
  for (const file of files) {
    assert.ok(!file.path.startsWith("src/db/"), file.path);
    for (const { specifier } of outside(file)) assert.doesNotMatch(specifier, /^node:|kysely/);
  }
  assert.doesNotMatch(byPath.get("src/mod.ts")!.code, /^(?!export |import |[ }]|$)/m);
  assert.doesNotMatch(byPath.get("src/mod.ts")!.code, /export \*/);
});

Deno.test("EventDatabase over any Kysely instance needs no runtime of its own", () => {
  for (const file of reachedFrom("src/db/kysely.ts")) {
    for (const { specifier } of outside(file)) assert.doesNotMatch(specifier, /^node:/, file.path);
  }
});

Deno.test("Files are short: the median at most 100 lines, nine in ten 250, none above 400", () => {
  const lines = everything.map(({ path, text }) => [text.split("\n").length - 1, path] as const)
    .sort(([a], [b]) => a - b);
  const at = (share: number) => lines[Math.ceil(lines.length * share) - 1];
  assert.ok(at(0.5)[0] <= 100, `the median has ${at(0.5)}`);
  assert.ok(at(0.9)[0] <= 250, `one in ten has at least ${at(0.9)}`);
  assert.ok(at(1)[0] <= 400, `the longest has ${at(1)}`);
});

Deno.test("Exports of deno.json exist, and the import map knows them by the same names", () => {
  for (const [name, path] of Object.entries<string>(config.exports)) {
    assert.ok(byPath.has(path.slice(2)), path);
    assert.equal(config.imports[config.name + name.slice(1)], path);
  }
});

Deno.test("Files that run by themselves import nothing from JSR", () => {
  for (const { path, imports } of everything) {
    if (path === "examples/deno_sqlite.ts") continue;
    for (const { specifier } of imports) {
      assert.doesNotMatch(config.imports[specifier] ?? specifier, /^jsr:/, path);
    }
  }
});

Deno.test("Files of src begin with what they are for", () => {
  for (const { path, text } of src) {
    const [, doc] = /^\/\*\*\n([^]*?)\*\//.exec(text) ?? assert.fail(`${path} has no doc`);
    assert.match(doc, /^ \* [^@\n]{10,}\n[^]* \* @module\n $/, path);
  }
});

Deno.test("Exports of all entry points are documented", async () => {
  const modules = await entryPoints();
  assert.equal(modules.size, Object.keys(config.exports).length);
  for (const { name, declarations } of [...modules.values()].flat()) {
    for (const { kind, jsDoc } of declarations) {
      // What two entry points export is described at one of them.
      if (kind !== "reference") assert.ok(jsDoc?.doc, `${name} has no doc comment`);
    }
  }
});

Deno.test("Exports of mod.ts are what an app uses: at most 62 names", async () => {
  const names = (await entryPoints()).get("src/mod.ts")!.map(({ name }) => name);
  assert.ok(names.length <= 62, `${names.length} names`);
  for (const name of PUBLIC) assert.ok(names.includes(name), name);
});

Deno.test("Exports of the databases are a few names of their own, and none of Kysely's", async () => {
  const modules = await entryPoints();
  const names = (path: string) => modules.get(path)!.map(({ name }) => name).sort();
  assert.deepEqual(names("src/db/sqlite.ts"), ["SqliteOptions", "openSqlite"]);
  assert.deepEqual(names("src/db/kysely.ts"), [
    "BulkOptions",
    "BulkResult",
    "EventDatabase",
    "EventDatabaseOptions",
    "KyselyInstance",
  ]);
  assert.deepEqual(names("src/db/indexeddb.ts"), [
    "BulkOptions",
    "BulkResult",
    "EventDatabaseOptions",
    "IndexedDb",
    "IndexedDbOptions",
    "openIndexedDb",
  ]);
  assert.deepEqual(names("src/db/postgres.ts"), [
    "PostgresOptions",
    "PostgresPool",
    "openPostgres",
  ]);
});

Deno.test("Docstrings have no line that deno doc shows as a block quote", () => {
  for (const { path, text } of src) assert.doesNotMatch(text, /^ *\* *>/m, path);
});

/** Names without which an app cannot begin. */
const PUBLIC = [
  "createOutbox",
  "createReqRouter",
  "createEventRouter",
  "RelayListStore",
  "parseRelayList",
  "normalizeRelayUrl",
  "filterOf",
  "withHints",
];

/** What each entry point exports, by its path. */
async function entryPoints(): Promise<Map<string, DocSymbol[]>> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...Object.values<string>(config.exports)],
    cwd: ROOT,
  }).output();
  assert.ok(success);
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as DocOutput;
  return new Map(
    Object.entries(nodes).map(([url, { symbols }]) => [url.slice(ROOT.href.length), symbols]),
  );
}

/** What `deno doc --json` prints, as far as it matters here. */
interface DocOutput {
  nodes: Record<string, { symbols: DocSymbol[] }>;
}

/** An exported name. */
interface DocSymbol {
  name: string;
  declarations: { kind: string; jsDoc?: { doc?: string } }[];
}

Deno.test("Errors are never swallowed in an empty catch", () => {
  for (const { path, code } of everything) {
    assert.doesNotMatch(code, /\bcatch\s*(?:\([^)]*\)\s*)?\{\s*\}/, path);
    assert.doesNotMatch(code, /\.catch\(\s*\(\w*\)\s*=>\s*(?:\{\s*\}|undefined|null)\s*\)/, path);
  }
});

Deno.test("Clocks, dice and timers occur in src only as defaults of injected options", () => {
  const found = src.flatMap(({ path, code }) =>
    [...code.matchAll(/(\w+ = )?\b(Date\.now|Math\.random|performance\.now|set\w+?)\b(?=(.?))/g)]
      .filter(([, , name]) => /\.|^set(?:Timeout|Interval|Immediate)$/.test(name))
      .filter(([, isDefault, , next]) => !isDefault || next === "(")
      .map(([, , name]) => `${path} ${name}`)
  );
  assert.deepEqual([...new Set(found)].sort(), Object.keys(DECLARED).sort());
});

Deno.test("Files hold no mark of unfinished work, what is bundled included", () => {
  // In parts: this file is one of them.
  const mark = new RegExp(["TO" + "DO", "FIX" + "ME", "X".repeat(3), "TB" + "D"].join("|"));
  const pages = ["docs", ".github"].flatMap((folder) => [...pathsIn(folder)])
    .filter((path) => /\.(?:md|svg|yml)$/.test(path));
  const others = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "deno.json"];
  for (const path of [...everything.map(({ path }) => path), ...pages, ...others]) {
    const [found] = mark.exec(Deno.readTextFileSync(new URL(path, ROOT))) ?? [];
    assert.equal(found, undefined, path);
  }
});
