import assert from "node:assert/strict";
import { ROOT, type SourceFile, sourceFiles } from "../support/source_files.ts";
import { filesOfPart, isIsolated, ISOLATED_FOLDERS, PARTS } from "../support/test_files.ts";

/** Files of `src` without tests of their own name, and what tests them. */
const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  "base/bounded_records": "create_outbox_store_test.ts",
  "base/pending_changes": "base/persistent_map_test.ts and base/persistent_map_shared_test.ts",
  "base/record_store": "types",
  "cli/await_publications": "sockets/cli_commands_test.ts",
  "cli/check_command": "sockets/cli_commands_test.ts",
  "cli/check_copies": "cli/check_report_test.ts",
  "cli/check_relays": "cli/check_report_test.ts",
  "cli/check_source": "types",
  "cli/check_text": "cli/check_report_test.ts",
  "cli/check_use": "cli/check_report_test.ts",
  "cli/command": "types",
  "cli/commands": "cli/run_cli_test.ts",
  "cli/event_places": "types",
  "cli/finding": "cli/check_report_test.ts",
  "cli/list_versions": "sockets/cli_commands_test.ts",
  "cli/main": "processes/cli_terminal_test.ts",
  "cli/people": "sockets/cli_commands_test.ts",
  "cli/plan_command": "sockets/cli_commands_test.ts",
  "cli/plan_options_of": "sockets/cli_commands_test.ts",
  "cli/plan_text": "cli/plan_report_test.ts",
  "cli/post_text": "sockets/cli_commands_test.ts",
  "cli/publications_command": "sockets/cli_commands_test.ts",
  "cli/publish_command": "sockets/cli_commands_test.ts",
  "cli/reading_records": "sockets/cli_reading_test.ts and processes/explorer_command_test.ts",
  "cli/relay_prober": "sockets/cli_commands_test.ts",
  "cli/relay_text": "sockets/cli_commands_test.ts",
  "cli/relays_command": "sockets/cli_commands_test.ts",
  "cli/session": "sockets/cli_commands_test.ts",
  "cli/show_progress": "processes/cli_terminal_test.ts",
  "cli/streams": "types",
  "cli/sync_command": "sockets/cli_commands_test.ts",
  "cli/terminal": "cli/run_cli_test.ts and processes/cli_terminal_test.ts",
  "cli/thread_command": "sockets/cli_commands_test.ts",
  "cli/usage_error": "cli/run_cli_test.ts",
  "cli/version": "cli/run_cli_test.ts",
  "cli/why_command": "sockets/cli_commands_test.ts",
  "cli/why_event_findings": "cli/why_event_report_test.ts",
  "cli/why_event_text": "cli/why_event_report_test.ts",
  "cli/why_person_text": "cli/why_person_report_test.ts",
  "connections/connect_named": "connections/named_connection_test.ts",
  "connections/connection_sign_in": "create_outbox_sign_in_test.ts",
  "connections/named_queries": "create_outbox_sign_in_test.ts and sockets/sign_in_test.ts",
  "connections/identity": "types",
  "connections/open_relay": "types",
  "connections/relay_query_options": "types",
  "connections/sign_in_query": "create_outbox_sign_in_test.ts and sockets/sign_in_test.ts",
  "connections/refused_req": "connections/relay_query_notice_test.ts",
  "connections/relay_connection_options": "types",
  "feed_plan": "create_outbox_feed_test.ts",
  "feeds/event_matcher": "feeds/feed_reader_test.ts",
  "nostr/request_shape": "nostr/join_filters_test.ts",
  "nostr/holds_secret": "nostr/nip19_text_test.ts",
  "hints/attached_hints": "hints/with_hints_test.ts",
  "requests/asked_subjects": "requests/live_assignment_test.ts and requests/early_plan_test.ts",
  "nostr/checked_people": "people_directory_test.ts",
  "discovery/thread_authors": "discovery/knowledge_threads_test.ts",
  "requests/relay_progress": "types",
  "explorer/reach": "explorer/explorer_plan_test.ts and cli/coverage_curve_test.ts",
  "query_all": "create_outbox_test.ts",
  "db/any_kysely": "types",
  "db/claims": "db/records_contract.ts and processes/shared_records_test.ts",
  "db/check_records": "the contract of records in tests/db",
  "db/database_options": "db/sqlite_test.ts and processes/open_postgres_test.ts",
  "db/delete_events": "db/kysely_test.ts and the contracts in tests/db",
  "db/event_runs": "db/bulk_test.ts, db/indexeddb_test.ts and the contracts in tests/db",
  "db/event_sql": "db/kysely_test.ts and the contracts in tests/db",
  "db/filter_sql": "db/kysely_test.ts and the contracts in tests/db",
  "db/idb_claims": "the contract of records in tests/db and db/indexeddb_test.ts",
  "db/idb_connection": "browser/indexeddb_tabs_test.ts and db/indexeddb_test.ts",
  "db/idb_deletions": "db/indexeddb_test.ts and the contracts in tests/db",
  "db/idb_event": "db/indexeddb_test.ts and the contracts in tests/db",
  "db/idb_filter": "db/indexeddb_test.ts and the contracts in tests/db",
  "db/idb_read": "db/indexeddb_test.ts and the contracts in tests/db",
  "db/idb_records": "db/indexeddb_test.ts and the contracts in tests/db",
  "db/idb_schema": "db/indexeddb_test.ts and the contracts in tests/db",
  "db/idb_write": "db/indexeddb_test.ts and the contracts in tests/db",
  "db/find_versions": "db/kysely_test.ts and the contracts in tests/db",
  "db/node_sqlite_dialect": "db/sqlite_test.ts",
  "db/node_sqlite_handle": "db/sqlite_test.ts",
  "db/postgres": "processes/open_postgres_test.ts",
  "db/prepared_event": "db/kysely_test.ts and the contracts in tests/db",
  "db/read_events": "db/kysely_test.ts and the contracts in tests/db",
  "db/schema": "db/sqlite_ndatabase_test.ts and processes/postgres_test.ts",
  "db/sql_flavour": "db/kysely_test.ts and the contracts in tests/db",
  "db/sql_savepoint": "db/group_commit_test.ts",
  "db/stored_notes": "db/indexeddb_test.ts and processes/shared_records_test.ts",
  "db/shared_records": "processes/shared_records_test.ts",
  "db/transact": "db/bulk_test.ts and processes/postgres_test.ts",
  "db/write_events": "db/kysely_test.ts and the contracts in tests/db",
  "discovery/discovery_options": "discovery/discovery_test.ts",
  "discovery/search_rounds": "discovery/discovery_rounds_test.ts",
  "lists/bounded_store": "lists/relay_list_store_outage_test.ts",
  "lists/list_cache": "lists/relay_list_store_test.ts",
  "lists/check_all": "lists/relay_list_store_writes_test.ts",
  "lists/list_writer": "lists/relay_list_store_writes_test.ts",
  "lists/write_lists": "browser/loaded_parts_test.ts and lists/late_memory_store_test.ts",
  "lists/writing_part": "browser/bundle_size_test.ts and browser/loaded_parts_test.ts",
  "lists/relay_list_store_options": "lists/relay_list_store_test.ts",
  "req_gatherer": "create_outbox_together_test.ts",
  "requests/scope_progress": "create_outbox_together_test.ts and requests/coverage tests",
  "requests/outbox_request_options": "types",
  "requests/request_member": "create_outbox_together_test.ts",
  "mod": "laws/architecture_test.ts, and everything it exports has its own tests",
  "nostr/event_relay_reason": "types",
  "nostr/kinds": "constants",
  "nostr/verification_cache": "signatures/event_verifier_test.ts",
  "signatures/create_worker": "processes/verify_worker_test.ts",
  "signatures/verify_pool": "signatures/worker_verifier_test.ts",
  "signatures/threads_part": "browser/verify_worker_test.ts",
  "signatures/useful_workers": "signatures/default_verifier_test.ts",
  "signatures/verify_threads": "signatures/worker_verifier_test.ts",
  "signatures/verify_worker": "processes/verify_worker_test.ts",
  "nostr/relay_failure": "types",
  "nostr/relay_knowledge": "types",
  "nostr/versions": "db/bulk_test.ts and lists/relay_list_store_model_test.ts",
  "outbox_options": "types; outbox_settings_test.ts checks the options",
  "plan": "laws/architecture_test.ts, and everything it exports has its own tests",
  "plan/assignment": "plan/plan_req_strict_test.ts",
  "plan/candidate_rows": "plan/plan_req_test.ts",
  "plan/choose_relays": "plan/plan_req_test.ts",
  "plan/default_indexers": "constants",
  "plan/event_inboxes": "plan/plan_event_test.ts",
  "plan/event_plan": "plan/plan_event_test.ts",
  "plan/relay_shares": "plan/plan_req_test.ts",
  "plan/replan": "req_planner_test.ts",
  "plan/route_report": "plan/plan_req_people_test.ts",
  "router_options": "create_req_router_test.ts and create_event_router_test.ts",
  "explorer/page/curve": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/details": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/dot_cursor": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/dom": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/explorer_state": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/feed_section": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/figures": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/follow_address": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/show_page": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/follow_changes": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/health_chart": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/keep_focus": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/main": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/paint_map": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/people_list": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/people_map": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/relay_table": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/search_box": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/strips": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/unreached_section": "processes/explorer_page_test.ts, in Chromium",
  "explorer/page/health_days": "explorer/page/relay_rows_test.ts",
  "explorer/page/map_labels": "explorer/page/map_layout_test.ts",
  "explorer/page/reaches": "constants",
  "explorer/page/reasons": "constants",
  "explorer/page/relay_facts": "explorer/page/relay_rows_test.ts",
  "explorer/page_bundle": "explorer/explorer_page_test.ts",
  "explorer/relay_url_flags": "constants",
  "explorer/serve_explorer": "processes/explorer_server_test.ts",
  "cli/explorer_command": "processes/explorer_command_test.ts",
  "cli/explorer_source": "processes/explorer_command_test.ts",
  "cli/write_explorer": "processes/explorer_command_test.ts",
  "feeds/feed_filters": "create_outbox_feed_test.ts",
  "feeds/feed_options": "create_outbox_feed_test.ts and feeds/feed_handle_test.ts",
  "feeds/feed_sources": "types",
  "find_filter": "people_directory_test.ts",
  "outbox_parts": "types",
  "wire_outbox": "create_outbox_test.ts",
  "learning_part": "browser/bundle_size_test.ts and browser/loaded_parts_test.ts",
  "parts": "browser/bundle_size_test.ts and browser/loaded_parts_test.ts",
  "publishing_part": "browser/bundle_size_test.ts and browser/loaded_parts_test.ts",
  "reading_part": "browser/bundle_size_test.ts and browser/loaded_parts_test.ts",
  "plan_together": "create_outbox_together_test.ts",
  "sharing_part": "browser/bundle_size_test.ts and browser/loaded_parts_test.ts",
  "outbox_questions": "create_outbox_explain_test.ts and create_outbox_coverage_test.ts",
  "outbox_sign_in": "create_outbox_sign_in_test.ts",
  "ledger/max_probes": "constants",
  "outbox_feeds": "create_outbox_feed_test.ts",
  "hint_finder": "create_outbox_publish_test.ts",
  "late_inboxes": "create_outbox_publish_test.ts",
  "outbox_ledger": "create_outbox_publish_test.ts",
  "ledger/ledger_book": "ledger/ledger_test.ts",
  "ledger/ledger_handle": "ledger/ledger_test.ts and ledger/publishers_test.ts",
  "ledger/ledger_writer": "ledger/ledger_test.ts and ledger/ledger_laws_test.ts",
  "ledger/publication_handle": "ledger/ledger_test.ts",
  "ledger/queued_offers": "ledger/ledger_test.ts",
  "ledger/stored_publications": "ledger/ledger_test.ts",
  "ledger/superseded": "ledger/ledger_test.ts",
  "tabs/sharing_tab": "sockets/sharing_tab_test.ts and browser/tabs_test.ts",
  "tabs/tab_messages": "types",
  "tabs/tabs": "sockets/sharing_tab_test.ts and browser/tabs_test.ts",
};

/**
 * How a test's name may begin: with a call, a class, a law, a NIP, a constant, a file or
 * an option. So a function or a file says which of its promises was broken.
 */
const SUBJECT = /^(?:"|\w+(?:\.\w+)*\(|[A-Z][\w-]*|[a-z]+[A-Z]\w*|[\w/]+\.\w+|\w+\/\w+)/;

/** Words that begin a sentence about something that its reader has yet to find. */
const NO_SUBJECT =
  /^(?:An?|The|Each|Every\w*|If|In|Many|No\w*|Of|Some\w*|That|Wh\w+|With\w*)\b(?!\(| (?:\w+ )?[A-Z])/;

const tests = sourceFiles("tests");
const testFiles = tests.filter(({ path }) => path.endsWith("_test.ts"));
const config = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));

/** The names of a file's tests, as far as they are written down in one piece. */
function namesIn(code: string): string[] {
  const plain = code.matchAll(/\bDeno\.test\(\s*(?:\{\s*name: )?(["`])((?:\\.|(?!\1)[^\\])*)\1/g);
  return [...plain].map(([, , name]) => name);
}

Deno.test("Test files run each once: in a module of tests/parts, or from a folder of test:rest", () => {
  const parts = Array.from({ length: PARTS }, (_, part) => filesOfPart(part)).flat();
  const isolated = testFiles.map(({ path }) => path).filter(isIsolated);
  const all = [...parts, ...isolated].sort();
  assert.deepEqual(all, testFiles.map(({ path }) => path));
  assert.ok(parts.length > 100 && isolated.length > 20);

  const modules = tests.filter(({ path }) => path.startsWith("tests/parts/"));
  assert.deepEqual(
    modules.map(({ code }) => /^await importPart\((\d)\);$/m.exec(code)?.[1]),
    Array.from({ length: PARTS }, (_, part) => `${part}`),
  );
  assert.ok(config.tasks.test.command.includes("tests/parts/*.ts"));
  assert.ok(config.tasks["test:rest"].command.endsWith(ISOLATED_FOLDERS.join(" ")));
});

Deno.test("Files of src have tests of their name, or stand in the list of those tested elsewhere", () => {
  const stems = testFiles.map(({ path }) => path.slice("tests/".length, -"_test.ts".length));
  const untested = sourceFiles("src").map(({ path }) => path.slice("src/".length, -".ts".length))
    .filter((stem) => !stems.some((test) => test === stem || test.startsWith(`${stem}_`)));
  const missing = untested.filter((stem) => !(stem in TESTED_ELSEWHERE));
  assertNone(missing, "has no tests");
  const listed = Object.keys(TESTED_ELSEWHERE).filter((stem) => !untested.includes(stem));
  assertNone(listed, "is gone, or has tests of its own");
});

Deno.test("Names of tests begin with what is tested", () => {
  const bad = testFiles.flatMap(({ path, code }) =>
    namesIn(code).filter((name) => !name.startsWith("${"))
      .filter((name) => !SUBJECT.test(name) || NO_SUBJECT.test(name))
      .map((name) => `${path}: ${name}`)
  );
  assertNone(bad, "does not begin with its subject");
});

Deno.test("Examples in docs are all run: none is in a file that no task names", () => {
  const named = ["src", "docs", "README.md"];
  assert.ok(config.tasks.test.command.endsWith(named.join(" ")));
  assert.ok(config.tasks.check.endsWith(" docs/*.md README.md"));
  const others = ["testing", "tests", "bench", "examples"].flatMap(sourceFiles)
    .filter(({ text }) => /^ *\* ```(?:ts|js|typescript)/m.test(text)).map(({ path }) => path);
  assert.deepEqual(others, []);
  for (const { name } of Deno.readDirSync(ROOT)) {
    if (!name.endsWith(".md") || named.includes(name)) continue;
    assert.doesNotMatch(Deno.readTextFileSync(new URL(name, ROOT)), /^```(?:ts|js)/m, name);
  }
});

Deno.test("Laws all go through support/fast_check.ts, and none changes what holds for others", () => {
  for (const { path, code, imports } of tests) {
    assert.doesNotMatch(code, /\bconfigureGlobal\b(?!\\)/, path);
    const own = imports.some(({ specifier }) => /^npm:fast-check\b/.test(specifier));
    assert.equal(own, path === "tests/support/fast_check.ts", path);
  }
  assert.equal(config.imports["fast-check"], "./tests/support/fast_check.ts");
});

Deno.test("deno.lock has no package that only the benchmarks need, or the demo would download it", () => {
  const lock = JSON.parse(Deno.readTextFileSync(new URL("deno.lock", ROOT)));
  const used = new Set([...sourceFiles("tests"), ...sourceFiles("testing")].flatMap(npmImports));
  const peers = sourceFiles("bench").flatMap(npmImports).filter((name) => !used.has(name));
  assert.ok(peers.length >= 4);
  const locked = Object.keys(lock.specifiers).map(npmName);
  assert.deepEqual(peers.filter((name) => locked.includes(name)), []);
});

/** Fails with a line for each of these, in full. */
function assertNone(items: readonly string[], fault: string): void {
  assert.ok(items.length === 0, items.map((item) => `${item} ${fault}`).join("\n"));
}

function npmImports({ imports }: SourceFile): string[] {
  return imports.filter(({ specifier }) => specifier.startsWith("npm:"))
    .map(({ specifier }) => npmName(specifier));
}

/** The package of a specifier such as `npm:@scope/name@1.0.0/path`. */
function npmName(specifier: string): string {
  return /^npm:(@[^/]+\/[^/@]+|[^/@]+)/.exec(specifier)![1];
}
