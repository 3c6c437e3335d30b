import assert from "node:assert/strict";
import { nsecEncode } from "nostr-tools/nip19";
import type { CliCommand } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { runCli } from "../../src/cli/run_cli.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { VERSION } from "../../src/cli/version.ts";
import { fakeProcess, type FakeProcessOptions } from "../support/cli_process.ts";
import { ROOT } from "../support/source_files.ts";

/** A command that does this. */
function command(run: CliCommand["run"]): CliCommand {
  return {
    name: "do",
    summary: "Does something",
    description: "It does.",
    examples: [["do it", "Do it"]],
    configure(command) {
      command.argument("[words...]");
      command.option("-q, --quiet", "be quiet");
    },
    run,
  };
}

/** Runs a command line of one command. */
async function run(args: string[], what: CliCommand["run"], options: FakeProcessOptions = {}) {
  const process = fakeProcess(options);
  const code = await runCli(args, process, [command(what)]);
  return { code, ...process.printed() };
}

Deno.test("runCli() calls the command with its arguments, and returns its exit code", async () => {
  const { code, stdout, stderr } = await run(["do", "a", "b"], ({ args, options, terminal }) => {
    terminal.print(JSON.stringify({ args, options }));
    terminal.note("a remark");
    return Promise.resolve(1);
  });
  assert.deepEqual([code, stdout, stderr], [1, '{"args":["a","b"],"options":{}}\n', "a remark\n"]);
});

Deno.test("runCli() prints no remark and no bar with --quiet", async () => {
  const { code, stderr } = await run(["do", "-q"], ({ terminal }) => {
    terminal.note("a remark");
    const bar = terminal.progress("Bar", 9);
    bar.update(3);
    bar.close();
    return Promise.resolve(0);
  });
  assert.deepEqual([code, stderr], [0, ""]);
});

Deno.test("runCli() says each error in one line, and tells wrong arguments by the exit code", async () => {
  const fails = (error: unknown) => run(["do"], () => Promise.reject(error));
  const failed = await fails(new Error("Cannot\nfind  it\u001b[2J"));
  assert.deepEqual([failed.code, failed.stdout, failed.stderr], [1, "", "Cannot find it[2J\n"]);
  const caused = await fails(new Error("Cannot read", { cause: new Error("it is locked") }));
  assert.equal(caused.stderr, "Cannot read: it is locked\n");
  assert.equal((await fails(new UsageError("no"))).code, 2);
  assert.deepEqual([(await fails("text")).code, (await fails("text")).stderr], [1, "text\n"]);
  for (const args of [[], ["does"], ["do", "--nothing"]]) {
    assert.equal((await run(args, () => Promise.resolve(0))).code, 2, `${args}`);
  }
  const { stderr } = await run(["do", "--quit"], () => Promise.resolve(0));
  assert.match(
    stderr,
    /^Cannot read the arguments: unknown option '--quit'\n\(Did you mean --quiet\?\)/,
  );
});

Deno.test("runCli() takes a secret key for nothing, wherever it is, and never shows it", async () => {
  const secret = nsecEncode(new Uint8Array(32).fill(1));
  const cases = [
    [secret],
    ["plan", secret],
    ["plan", `nostr:${secret}`.toUpperCase()],
    ["plan", "a.example", secret],
    ["plan", "a.example", "--db", secret],
    ["plan", "a.example", `--relay=wss://${secret}`],
    ["why", `x${secret}`.slice(0, 50)],
    ["thread", secret],
    ["publish", secret],
    [
      "publish",
      "ncryptsec1qgg9947rlpvqu76pj5ecreduf9jxhselq2nae2kghhvd5g7dgjtcxfqtd67p9m0w57lspw8",
    ],
  ];
  for (const args of cases) {
    const process = fakeProcess();
    assert.equal(await runCli(args, process), 2, args[0]);
    const { stdout, stderr } = process.printed();
    assert.equal(stdout, "");
    assert.match(stderr, /^Cannot use a secret key: [^\n]*\n$/);
    assert.doesNotMatch(stderr, /sec1/i);
  }
});

Deno.test("runCli() returns 130 and prints no error after an interruption", async () => {
  for (const fails of [true, false]) {
    const stopping = new AbortController();
    const { code, stderr } = await run(["do"], ({ signal }) => {
      stopping.abort();
      return fails ? Promise.reject(signal.reason) : Promise.resolve(0);
    }, { signal: stopping.signal });
    assert.deepEqual([code, stderr], [130, ""]);
  }
});

Deno.test("runCli() prints colours on a terminal alone, and none with NO_COLOR", async () => {
  const cases: [FakeProcessOptions, boolean][] = [
    [{}, false],
    [{ isTTY: true }, true],
    [{ isTTY: true, env: { NO_COLOR: "1" } }, false],
    [{ isTTY: true, env: { TERM: "dumb" } }, false],
    [{ env: { FORCE_COLOR: "1" } }, true],
    [{ isTTY: true, env: { FORCE_COLOR: "0" } }, false],
  ];
  for (const [options, hasColors] of cases) {
    const { stdout } = await run(["do"], ({ terminal }) => {
      terminal.print(terminal.colors.red("text"));
      return Promise.resolve(0);
    }, options);
    assert.equal(stdout.includes("\u001b["), hasColors, JSON.stringify(options));
    const help = await run(["--help"], () => Promise.resolve(0), options);
    assert.equal(help.stdout.includes("\u001b["), hasColors, JSON.stringify(options));
  }
});

Deno.test("runCli() asks nobody where nobody is at a terminal", async () => {
  await run(["do"], async ({ terminal, signal }) => {
    assert.equal(await terminal.confirm("Sure?", signal), undefined);
    return 0;
  });
});

Deno.test("COMMANDS each have a help that teaches with examples, and take --json, --quiet", async () => {
  for (const { name, summary, examples } of COMMANDS) {
    const process = fakeProcess();
    assert.equal(await runCli([name, "--help"], process), 0);
    const { stdout } = process.printed();
    for (const text of [summary, "--quiet", "--db", "Examples:", ...examples.flat()]) {
      assert.ok(stdout.includes(text), `${name}: ${text}`);
    }
    // A page is for people alone.
    assert.equal(stdout.includes("--json"), name !== "explorer", name);
    assert.match(summary, /[^.]$/);
    // Each example is a line of one of the commands.
    for (const [line] of examples) {
      assert.ok(COMMANDS.some((one) => line.startsWith(`${one.name} `)), line);
    }
  }
  const process = fakeProcess();
  assert.equal(await runCli(["--help"], process), 0);
  for (const { name } of COMMANDS) {
    assert.match(process.printed().stdout, new RegExp(`^  ${name} `, "m"));
  }
});

Deno.test("VERSION is that of deno.json", async () => {
  const { version } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  assert.equal(VERSION, version);
  const process = fakeProcess();
  assert.equal(await runCli(["--version"], process), 0);
  assert.equal(process.printed().stdout, `${version}\n`);
});
