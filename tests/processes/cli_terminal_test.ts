import assert from "node:assert/strict";
import { npubEncode } from "nostr-tools/nip19";
import { RelayServer } from "../../testing/relay_server.ts";
import { READER_NPUB, startSmallNetwork } from "../support/small_network.ts";
import { testUnless } from "../support/test_unless.ts";

/** `script` of util-linux gives a program a terminal; Debian and Ubuntu always have it. */
const REASON = hasScript() ? undefined : "there is no `script` of util-linux to make a terminal";

function hasScript(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const { stdout } = new Deno.Command("script", { args: ["--version"] }).outputSync();
    return new TextDecoder().decode(stdout).includes("util-linux");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const HIDE_CURSOR = "\u001b[?25l", SHOW_CURSOR = "\u001b[?25h", COLOUR = "\u001b[36m";
const CTRL_C = "\u0003", CTRL_D = "\u0004";

/** A command line in a terminal of its own. */
class Terminal {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  readonly #listeners = new Set<() => void>();
  /** What the terminal showed, escape sequences included. */
  shown = "";

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    const main = new URL("../../src/cli/main.ts", import.meta.url).pathname;
    const line = [Deno.execPath(), "run", "-A", main, ...args].map((arg) => `'${arg}'`).join(" ");
    this.#child = new Deno.Command("script", {
      args: ["--quiet", "--return", "--command", line, "/dev/null"],
      cwd: new URL("../..", import.meta.url),
      env: { TERM: "xterm-256color", NO_COLOR: "", ...env },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    for await (const chunk of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      this.shown += chunk;
      for (const listener of this.#listeners) listener();
    }
  }

  /** Presses keys. */
  async type(keys: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(keys));
  }

  /** Resolves once the terminal has shown a text. */
  async sees(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => void (this.shown.includes(text) && resolve());
    this.#listeners.add(look);
    look();
    const ended = this.#reading.then(() => {
      assert.ok(this.shown.includes(text), `The program never showed "${text}": ${this.shown}`);
    });
    await Promise.race([promise, ended]);
    this.#listeners.delete(look);
  }

  /** The exit code of the command line, once it has ended. */
  async ended(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#reading;
    await this.#input.close().catch((error) => assert.ok(error instanceof Error));
    return code;
  }
}

testUnless(
  REASON,
  "src/cli/main.ts shows a bar and colours in a terminal, and the cursor is back",
  async () => {
    await using network = startSmallNetwork();
    // Others' lists come late, so that the bar is drawn.
    network.hub.options.latency = () => new Promise((resolve) => setTimeout(resolve, 100));
    const terminal = new Terminal(["plan", READER_NPUB, ...network.options]);
    assert.equal(await terminal.ended(), 0);
    const { shown } = terminal;
    assert.match(shown, /Relay lists .*━* *─+.* %/);
    assert.ok(shown.includes(COLOUR));
    assert.ok(shown.includes(HIDE_CURSOR));
    assert.ok(shown.lastIndexOf(SHOW_CURSOR) > shown.lastIndexOf(HIDE_CURSOR));
    assert.match(shown, /3 people\. 3 relays would be asked/);
  },
);

testUnless(
  REASON,
  "src/cli/main.ts shows no colours with NO_COLOR, and no bar with --quiet",
  async () => {
    await using network = startSmallNetwork();
    const args = ["plan", READER_NPUB, "--quiet", ...network.options];
    const terminal = new Terminal(args, { NO_COLOR: "1" });
    assert.equal(await terminal.ended(), 0);
    assert.ok(!terminal.shown.includes("\u001b["), terminal.shown);
  },
);

testUnless(
  REASON,
  "src/cli/main.ts ends at Ctrl-C, with the cursor back and all connections closed",
  async () => {
    await using network = startSmallNetwork();
    const waiting = Promise.withResolvers<void>();
    const isSearch = (message: readonly unknown[]) =>
      message[0] === "REQ" && JSON.stringify(message).includes("10002");
    // The indexer never answers the search for lists.
    network.hub.options.intercept = (message) => {
      if (!isSearch(message) || !JSON.stringify(message).includes("kinds")) return false;
      waiting.resolve();
      return true;
    };
    const terminal = new Terminal(["plan", READER_NPUB, ...network.options]);
    await terminal.sees(HIDE_CURSOR);
    await waiting.promise;
    await terminal.type(CTRL_C);
    assert.equal(await terminal.ended(), 130);
    assert.ok(terminal.shown.lastIndexOf(SHOW_CURSOR) > terminal.shown.lastIndexOf(HIDE_CURSOR));
    assert.doesNotMatch(terminal.shown, /Error|Cannot|at file:/);
    while (network.hub.open > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  },
);

testUnless(
  REASON,
  "src/cli/main.ts asks before it writes, and takes no for an answer",
  async () => {
    for (const [keys, received] of [["n\r", 0], [CTRL_D, 0], ["y\r", 1]] as const) {
      await using network = startSmallNetwork();
      const terminal = new Terminal(["check", READER_NPUB, "--write", ...network.options]);
      await terminal.sees("Send the relay list again to 2 relays? [y/N] ");
      await terminal.type(keys);
      await terminal.ended();
      assert.equal(network.alices.stats.eventsReceived, received, terminal.shown);
    }
  },
);

testUnless(REASON, "src/cli/main.ts ends at Ctrl-C while it asks", async () => {
  await using network = startSmallNetwork();
  const terminal = new Terminal(["check", READER_NPUB, "--write", ...network.options]);
  await terminal.sees("[y/N] ");
  await terminal.type(CTRL_C);
  assert.equal(await terminal.ended(), 130);
  assert.equal(network.alices.stats.eventsReceived, 0);
});

testUnless(REASON, "src/cli/main.ts pages a feed for as long as its reader wants", async () => {
  await using network = startSmallNetwork();
  const terminal = new Terminal(["feed", READER_NPUB, "--limit", "1", ...network.options]);
  await terminal.sees("More? [y/N] ");
  assert.ok(terminal.shown.includes("second") && !terminal.shown.includes("first"));
  await terminal.type("y\r");
  await terminal.sees("first");
  await terminal.type("n\r");
  assert.equal(await terminal.ended(), 0);
  assert.ok(!terminal.shown.includes("too old"));
});

testUnless(REASON, "src/cli/main.ts says what is wrong in one line", async () => {
  const dead = RelayServer.start();
  await dead.stop();
  const cases: [string[], RegExp, number][] = [
    [["plan", "npub1junk"], /^Cannot tell who is meant: .* got "npub1junk"\r\n$/, 2],
    [
      ["plan", npubEncode("a".repeat(64)), "-q", "-r", dead.url],
      /^Cannot find whom [^\n]*\r\n$/,
      1,
    ],
    [
      ["pln"],
      /^Cannot read the arguments: unknown command 'pln'\r\n\(Did you mean plan\?\)\r\n$/,
      2,
    ],
  ];
  for (const [args, message, code] of cases) {
    const terminal = new Terminal(args);
    assert.equal(await terminal.ended(), code);
    assert.match(terminal.shown, message);
  }
});
