import assert from "node:assert/strict";
import { listStoreSettings } from "../../src/lists/relay_list_store_options.ts";
import { outboxSettings } from "../../src/outbox_settings.ts";
import { ROOT } from "../support/source_files.ts";

/** What the table of docs/options.md calls the interface of an option. */
const OF: Readonly<Record<string, string>> = {
  OutboxOptions: "outbox",
  PlanOptions: "outbox, routers, planners",
  RouterOptions: "outbox, routers",
  RelayUrlPolicy: "`policy`",
  FeedOptions: "`feed()`",
  FeedSyncOptions: "`feed.sync()`",
  RelayListStoreOptions: "`RelayListStore`",
  EventDatabaseOptions: "databases",
  SqliteOptions: "`openSqlite()`",
  PostgresOptions: "`openPostgres()`",
  IndexedDbOptions: "`openIndexedDb()`",
  ShareRelaysOptions: "`shareRelays()`",
  BulkOptions: "`db.events()`",
  RouteOptions: "`reqRouter()`",
  ParseRelayListOptions: "`parseRelayList()`",
};
/** Not set by an app: an outbox gives them to the function that opens a relay. */
const GIVEN = ["OpenOptions"];

const config = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));

/** What `deno doc --json` says of an interface, as far as it matters here. */
interface DocInterface {
  name: string;
  declarations: { kind: string; def: { properties?: DocProperty[] } }[];
}

interface DocProperty {
  name: string;
  optional?: boolean;
  jsDoc?: { doc?: string; tags?: { value?: string }[] };
}

/** The public interfaces of options, by name. */
async function optionInterfaces(): Promise<Map<string, DocProperty[]>> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...Object.values<string>(config.exports)],
    cwd: ROOT,
  }).output();
  assert.ok(success);
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as {
    nodes: Record<string, { symbols: DocInterface[] }>;
  };
  const found = new Map<string, DocProperty[]>();
  for (const { name, declarations } of Object.values(nodes).flatMap(({ symbols }) => symbols)) {
    if (!/Options$|Policy$/.test(name) || GIVEN.includes(name)) continue;
    for (const { kind, def } of declarations) {
      if (kind === "interface") found.set(name, def.properties ?? []);
    }
  }
  return found;
}

/** The default in a docstring, as the table writes it. */
function defaultOf({ optional, jsDoc: { doc = "", tags = [] } = {} }: DocProperty): string {
  const text = [doc, ...tags.map(({ value }) => value)].join("\n");
  const [, value] = /@default\s+([^]*)/.exec(text) ?? [];
  if (value === undefined) return optional ? "none" : "required";
  return value.replace(/\s+/g, " ").trim().replace(/\d[\d_]*/g, (n) => n.replaceAll("_", ","));
}

Deno.test("docs/options.md has a row for every option of every public interface, with its default", async () => {
  const text = Deno.readTextFileSync(new URL("docs/options.md", ROOT));
  const cells = text.match(/^\| `.*\|$/gm)!.map((row) => row.split("|").map((s) => s.trim()));
  const rows = cells.map(([, option, of, value]) => `${option} of ${of}: ${value}`);
  const expected: string[] = [];
  for (const [name, properties] of await optionInterfaces()) {
    const of = OF[name] ?? assert.fail(`${name} has no name in this test`);
    for (const property of properties) {
      expected.push(`\`${property.name}\` of ${of}: ${defaultOf(property)}`);
    }
  }
  assert.ok(expected.length > 60);
  assert.deepEqual(rows.toSorted(), expected.toSorted());
  for (const [, option, , , meaning] of cells) assert.ok(meaning.length > 10, option);
});

Deno.test("Defaults in docstrings are those of the code, as far as they are plain values", async () => {
  const outbox = outboxSettings({});
  const settings: Record<string, object> = {
    OutboxOptions: outbox,
    PlanOptions: outbox.router.plan,
    RelayListStoreOptions: listStoreSettings({}),
  };
  const compared = (await optionInterfaces()).entries().flatMap(([name, properties]) =>
    properties.flatMap((property) => {
      const [plain] = /^(?:[\d,]+|true|false|".*")(?= |$)/.exec(defaultOf(property)) ?? [];
      const values = Object.entries(settings[name] ?? {}).filter(([key]) => key === property.name);
      if (plain === undefined || values.length === 0) return [];
      return [{ plain: JSON.parse(plain.replaceAll(",", "")), value: values[0][1] }];
    })
  ).toArray();
  assert.ok(compared.length >= 25, `${compared.length}`);
  assert.deepEqual(compared.map(({ value }) => value), compared.map(({ plain }) => plain));
});
