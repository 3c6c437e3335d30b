import assert from "node:assert/strict";
import { neventEncode, npubEncode } from "nostr-tools/nip19";
import { packagesIn } from "../../npm/package_json.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { ALICE, BOB, READER_NPUB, startSmallNetwork } from "../support/small_network.ts";
import { ROOT } from "../support/source_files.ts";
import { testUnless } from "../support/test_unless.ts";
import { InstalledPackage, programsFor, type Runtime } from "./npm/installed_package.ts";
import { HostedRelays, NETWORK, writeExamples } from "./npm/written_examples.ts";
import { postgres } from "./postgres.ts";

/** What runs in the gate, and what runs each week, with this variable. */
const GATE: readonly Runtime[] = ["node@22.13.0"];
const WEEKLY: readonly Runtime[] = ["node@22", "node@24", "bun@1"];
const isWeekly = Deno.env.get("OUTBOX_ALL_RUNTIMES") !== undefined;

const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
const installed = await InstalledPackage.install();
globalThis.addEventListener("unload", () => installed.remove());
/** The command line is started as a command instead. */
const entries = Object.keys(config.exports).filter((entry) => entry !== "./cli");
const programs = programsFor(config.name, entries);
for (const [name, text] of programs) await installed.write(`${name}.ts`, text);
const examples = await writeExamples(installed);
const compiled = await installed.compile("nodenext");

Deno.test("Package for npm has what JSR gets, and the same entries, version and licence", () => {
  const { name, version, license, exports, bin } = JSON.parse(installed.read("package.json"));
  assert.deepEqual({ name, version, license }, {
    name: config.name,
    version: config.version,
    license: config.license,
  });
  const entries = Object.keys(exports).filter((entry) => entry !== "./package.json");
  assert.deepEqual(entries, Object.keys(config.exports));
  const files = new Set(installed.files);
  for (const entry of entries) {
    for (const file of Object.values<string>(exports[entry])) assert.ok(files.has(file.slice(2)));
  }
  assert.equal(bin !== undefined, "./cli" in config.exports);
  for (const file of ["README.md", "CHANGELOG.md", "LICENSE", "docs/guide.md"]) {
    assert.equal(installed.read(file), Deno.readTextFileSync(new URL(file, ROOT)), file);
  }
  const sources = [...files].filter((file) => /^src\/.*\.ts$/.test(file));
  assert.ok(sources.length > 200);
  for (const path of config.publish.exclude ?? []) {
    assert.ok(!sources.some((source) => source.startsWith(`${path}/`)), path);
  }
  for (const source of sources) {
    const stem = source.replace(/^src\/(.*)\.ts$/, "lib/$1");
    for (const end of [".js", ".js.map", ".d.ts", ".d.ts.map"]) assert.ok(files.has(stem + end));
  }
});

Deno.test("Package for npm imports packages that its package.json names, and compiled files", () => {
  const { dependencies, peerDependencies } = JSON.parse(installed.read("package.json"));
  const named = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
  const code = installed.files.filter((file) => /^lib\/.*(?:\.js|\.d\.ts)$/.test(file));
  const used = new Set<string>();
  for (const file of code) {
    const text = installed.read(file);
    for (const name of packagesIn(text)) used.add(name);
    assert.doesNotMatch(text, /^(?!\s*\*).*(?:from |import\()"\.[^"]*\.ts"/m, file);
    assert.doesNotMatch(text, /(?:from |import\()"(?:npm|jsr):/, file);
  }
  assert.deepEqual([...used].sort(), [...named].sort());
});

Deno.test("Package for npm has types that strict programs take, of Node and of bundlers", async () => {
  for (const { output } of [compiled, await installed.compile("bundler")]) {
    // Others' declarations are checked, too, and have faults of their own.
    const faults = output.match(/^\S+\(\d+,\d+\): .*/gm) ?? [];
    const own = faults.filter((fault) => !/^node_modules\/(?!@npool\/)/.test(fault));
    assert.deepEqual(own, []);
  }
});

for (const runtime of [...GATE, ...WEEKLY]) {
  const skipped = isWeekly || GATE.includes(runtime) ? undefined : "weekly";

  testUnless(skipped, `Package for npm runs on ${runtime}, each entry of it`, async () => {
    await using indexer = RelayServer.start();
    await using hers = RelayServer.start();
    const alice = new Signer(1);
    const post = alice.sign({ created_at: Math.floor(Date.now() / 1000) - 60 });
    indexer.seed([alice.relayList({ both: [hers.url] })]);
    hers.seed([post]);
    const url = typeof postgres === "string" ? [] : [(await postgres.schema()).url];
    const args: Record<string, string[]> = {
      mod: [indexer.url, alice.pubkey, post.id],
      postgres: url,
    };
    for (const name of programs.keys()) {
      const { code, output } = await installed.run(runtime, name, ...args[name] ?? []);
      assert.equal(code, 0, `${name}: ${output}`);
    }
    assert.ok(hers.stats.connections > 0);
  });

  const noBin = "./cli" in config.exports ? skipped : "there is no ./cli yet";
  testUnless(noBin, `Package for npm has a command that runs on ${runtime}`, async () => {
    const { code, output } = await installed.runBin(runtime, "--help");
    assert.equal(code, 0, output);
    assert.match(output, /\bplan\b/);
  });

  testUnless(noBin, `Package for npm runs each command on ${runtime}`, async () => {
    await using network = startSmallNetwork();
    const post = network.alices.events.find(({ kind }) => kind === 1)!;
    const code = neventEncode({ id: post.id, author: ALICE.pubkey });
    const db = installed.path(`${runtime.replace(/\W/g, "_")}.sqlite3`);
    const file = installed.path(`${runtime.replace(/\W/g, "_")}.json`);
    await Deno.writeTextFile(file, JSON.stringify(ALICE.sign({ content: "from npm" })));
    const run = async (expected: RegExp, exit: number, ...args: string[]) => {
      const options = args[0] === "relays" ? [] : network.options;
      const { code, output } = await installed.runBin(runtime, ...args, ...options);
      assert.equal(code, exit, `${args[0]}: ${output}`);
      assert.match(output, expected, args[0]);
    };
    await Promise.all([
      run(/3 relays would be asked/, 0, "plan", READER_NPUB),
      run(/It is at 1 of 1 of its author's relays/, 0, "why", code),
      run(/finds 2 of their newest 2 posts/, 0, "why", npubEncode(BOB.pubkey)),
      run(/1 thing is wrong/, 1, "check", READER_NPUB),
      run(/Alice\n {4}first\n {4}line/, 0, "thread", code),
    ]);
    await run(/second[^]*first/, 0, "feed", READER_NPUB, "--pages", "1", "--db", db);
    await run(/^3 posts of 3 people since /m, 0, "sync", READER_NPUB, "--days", "9999", "--db", db);
    await run(/safe: 1 of 1 relay has it/, 0, "publish", file, "--db", db);
    await run(/safe: 1 of 1 relay has it/, 0, "publications", "--db", db);
    await run(new RegExp(`^${network.bobs.url} `, "m"), 0, "relays", "--db", db);
    const args = ["explorer", READER_NPUB, "--db", db, ...network.options];
    const exit = await installed.runBinUntilUsed(runtime, args, async (url) => {
      assert.match(await (await fetch(url)).text(), /Outbox explorer/);
    });
    assert.equal(exit, 130);
    const names = COMMANDS.map(({ name }) => name);
    assert.deepEqual(names.toSorted(), [
      ...["check", "explorer", "feed", "plan", "publications", "publish", "relays", "sync"],
      ...["thread", "why"],
    ], "Each command is tried here");
  });

  testUnless(skipped, `Package for npm runs the examples of the docs on ${runtime}`, async () => {
    assert.ok(examples.count > 40, `${examples.count}`);
    await using relays = new HostedRelays(examples.hosts);
    const left = [...examples.programs];
    const run = async () => {
      for (let next = left.pop(); next; next = left.pop()) {
        const [path, program] = next;
        const args = [NETWORK, runtime, program, relays.addresses] as const;
        const { code, output } = await installed.runAfter(...args);
        assert.equal(code, 0, `${path}: ${output}`);
      }
    };
    await Promise.all([run(), run(), run()]);
  });
}
