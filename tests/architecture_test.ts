import assert from "node:assert/strict";
import { resolvePath, ROOT, type SourceFile, sourceFiles } from "./support/source_files.ts";

/**
 * The cut: what stands on each level of `src`, the lowest first. A file imports
 * only files that are named before it.
 */
const LEVELS: Readonly<Record<string, string>> = {
  "0 values":
    "types errors kinds indexers public_host pubkeys versions seats clock relay_hooks hint parse_json record_store check_option subject_key",
  "1 one URL, filter, event":
    `relay_url relay_graph options filters req_parts hinted_relays event_check event_people
    event_rules event_wishes relay_words answer_pages seen_ids rate_meter
    nip19_text hints/hint_list hints/nip19 hints/follow_list hints/event_tags hints/delivery hints/nip05_doc
    attached_hints filter_of`,
  "2 choices":
    `relay_list deletions greedy_cover deal_people choose_inboxes event_plan event_inboxes select_relays
    cut_filters plan_rows choose_relays person_routes share_out narrow_to_length split_reqs live_filters
    deep_requests liveness beta limit_lessons relay_record relay_health relay_history relay_weight
    hint_weight hint_record known_hints coverage`,
  "3 plans": "plan_req plan_event replan live_relays live_shares live_seats live_plan",
  "4 stores":
    `write_behind kept_records relay_record_text hint_book unless_aborted list_loader list_memory
    list_writer store_events list_store_options relay_list_store list_spreader private_entries own_lists`,
  "4 databases": `db/any_kysely db/sql_flavour db/schema db/event_sql db/prepared_event
    db/filter_sql db/find_versions db/delete_events db/write_events db/read_events db/transact
    db/group_commit db/bulk db/records db/kysely db/node_sqlite_handle db/node_sqlite_dialect db/sqlite`,
  "4 supervision":
    `gate after_silence outlet verifier usual_connect pulse network_witness relay_memory fetch_json nip05 relay_info relay_informer
    subscription_places relay_subscription relay_session relay_link relay_answer relay_leg liveness_reader`,
  "4 discovery":
    `list_checks list_lookup list_pauses list_search list_watch list_intake ask_relay list_queue
    list_rounds discovery_progress discovery_options discovery passing_events outbox_knowledge`,
  "5 routers": "router_options create_req_router create_event_router",
  "5 outbox":
    `publish request_listeners outbox_request live_request live_routes supervisor supervised_relay outbox_options explain outbox
    outbox_settings outbox_people create_outbox`,
  "6 the door": "mod",
};

/** What each level takes from outside; below 4 nothing but types and `nostr-tools`. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "4 stores": ["@nostrify/types", "nostr-tools", "lru-cache"],
  "4 databases": ["@nostrify/types", "nostr-tools", "kysely", "node:sqlite"],
  "4 supervision": ["@nostrify/types", "nostr-tools", "lru-cache"],
  "4 discovery": ["@nostrify/types", "nostr-tools", "lru-cache"],
  "5 outbox": ["@nostrify/types", "nostr-tools", "@nostrify/nostrify"],
};

/** Clocks and timers that are no defaults of options, and what for. */
const DECLARED: Readonly<Record<string, string>> = {
  "src/clock.ts Date.now": "the clock of the machine, a default of options",
  "src/clock.ts setTimeout": "the timers of the machine, a default of options",
  "src/db/bulk.ts setTimeout": "lets sockets have their turn between statements",
  "src/db/node_sqlite_handle.ts performance.now": "bounds the waiting for another process's lock",
  "src/db/node_sqlite_handle.ts setTimeout": "waits for another process's lock",
};

const levelOf = new Map<string, string>(
  Object.entries(LEVELS).flatMap(([level, files]) =>
    files.split(/\s+/).map((name) => [`src/${name}.ts`, level])
  ),
);
const order = [...levelOf.keys()];
const src = sourceFiles("src");
const everything = [...src, ...["tests", "bench", "examples"].flatMap(sourceFiles)];
const config = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
const byPath = new Map(src.map((file) => [file.path, file]));

/** Which other files of the project a file imports. */
function ownImports({ path, imports }: SourceFile): string[] {
  return imports.filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier }) => resolvePath(path, specifier));
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

Deno.test("every file of src has its place in the table of levels, and only one", () => {
  assert.deepEqual(order.toSorted(), src.map(({ path }) => path));
  assert.equal(Object.values(LEVELS).join(" ").split(/\s+/).length, order.length);
});

Deno.test("imports in src point down only, so there are no cycles and nothing imports mod.ts", () => {
  const upwards = src.flatMap((file) =>
    ownImports(file)
      .filter((path) => !(order.indexOf(path) < order.indexOf(file.path)))
      .map((path) => `${file.path} imports ${path}`)
  );
  assert.deepEqual(upwards, []);
});

Deno.test("the core of src imports nothing but types of Nostrify and nostr-tools", () => {
  for (const file of src) {
    const allowed = PACKAGES[levelOf.get(file.path)!] ?? ["@nostrify/types", "nostr-tools"];
    for (const { specifier, isType } of outside(file)) {
      const [, name] = /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier)!;
      assert.ok(allowed.includes(name), `${file.path} imports ${specifier}`);
      if (name === "@nostrify/types") assert.ok(isType, `${file.path} imports ${specifier} to run`);
    }
  }
});

Deno.test("the core of src decides without waiting: no async, no await, no Promise", () => {
  for (const { path, code } of src) {
    if (path === "src/types.ts" || path === "src/clock.ts" || levelOf.get(path)! >= "4") continue;
    assert.doesNotMatch(code, /\b(?:async|await|Promise)\b/, path);
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

Deno.test("the database over any Kysely instance needs no runtime of its own", () => {
  for (const file of reachedFrom("src/db/kysely.ts")) {
    for (const { specifier } of outside(file)) assert.doesNotMatch(specifier, /^node:/, file.path);
  }
});

Deno.test("files are short: the median at most 100 lines, nine in ten 250, none above 400", () => {
  const lines = everything.map(({ path, text }) => [text.split("\n").length - 1, path] as const)
    .sort(([a], [b]) => a - b);
  const at = (share: number) => lines[Math.ceil(lines.length * share) - 1];
  assert.ok(at(0.5)[0] <= 100, `the median has ${at(0.5)}`);
  assert.ok(at(0.9)[0] <= 250, `one in ten has at least ${at(0.9)}`);
  assert.ok(at(1)[0] <= 400, `the longest has ${at(1)}`);
});

Deno.test("the exports of deno.json exist, and the import map knows them by the same names", () => {
  for (const [name, path] of Object.entries<string>(config.exports)) {
    assert.ok(byPath.has(path.slice(2)), path);
    assert.equal(config.imports[config.name + name.slice(1)], path);
  }
});

Deno.test("nothing that runs by itself imports from JSR", () => {
  for (const { path, imports } of everything) {
    if (path === "examples/deno_sqlite.ts") continue;
    for (const { specifier } of imports) {
      assert.doesNotMatch(config.imports[specifier] ?? specifier, /^jsr:/, path);
    }
  }
});

Deno.test("every file of src begins with what it is for", () => {
  for (const { path, text } of src) {
    const [, doc] = /^\/\*\*\n([^]*?)\*\//.exec(text) ?? assert.fail(`${path} has no doc`);
    assert.match(doc, /^ \* [^@\n]{10,}\n[^]* \* @module\n $/, path);
  }
});

Deno.test("everything that the entry points export is documented", async () => {
  const entries = Object.values<string>(config.exports);
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...entries],
    cwd: ROOT,
  }).output();
  assert.ok(success);
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as DocOutput;
  const modules = Object.values(nodes);
  assert.equal(modules.length, entries.length);
  for (const { name, declarations } of modules.flatMap(({ symbols }) => symbols)) {
    for (const { jsDoc } of declarations) assert.ok(jsDoc?.doc, `${name} has no doc comment`);
  }
});

/** What `deno doc --json` prints, as far as it matters here. */
interface DocOutput {
  nodes: Record<string, {
    symbols: { name: string; declarations: { jsDoc?: { doc?: string } }[] }[];
  }>;
}

Deno.test("no error is swallowed in an empty catch", () => {
  for (const { path, code } of everything) {
    assert.doesNotMatch(code, /\bcatch\s*(?:\([^)]*\)\s*)?\{\s*\}/, path);
    assert.doesNotMatch(code, /\.catch\(\s*\(\w*\)\s*=>\s*(?:\{\s*\}|undefined|null)\s*\)/, path);
  }
});

Deno.test("clocks, dice and timers occur in src only as defaults of injected options", () => {
  const found = src.flatMap(({ path, code }) =>
    [...code.matchAll(/(\w+ = )?\b(Date\.now|Math\.random|performance\.now|set\w+?)\b(?=(.?))/g)]
      .filter(([, , name]) => /\.|^set(?:Timeout|Interval|Immediate)$/.test(name))
      .filter(([, isDefault, , next]) => !isDefault || next === "(")
      .map(([, , name]) => `${path} ${name}`)
  );
  assert.deepEqual([...new Set(found)].sort(), Object.keys(DECLARED).sort());
});
