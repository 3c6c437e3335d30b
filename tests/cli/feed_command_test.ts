import assert from "node:assert/strict";
import { gapsText, printPages } from "../../src/cli/feed_command.ts";
import { createTerminal } from "../../src/cli/terminal.ts";
import type { FeedPage, GapReason } from "../../src/feeds/feed_sources.ts";
import { Signer } from "../../testing/signer.ts";
import { fakeProcess } from "../support/cli_process.ts";

const alice = new Signer(1);
const post = alice.sign({});

/** A page of so many posts, and why somebody is behind. */
function page(events: number, reason?: GapReason, late = 0): FeedPage {
  const behind = reason === undefined ? [] : [{ pubkey: alice.pubkey, since: 0, reason }];
  return { events: Array(events).fill(post), late: Array(late).fill(post), since: 0, behind };
}

/** What is printed of a feed with these pages, and how many of them are asked for. */
async function printed(pages: readonly FeedPage[], wanted?: number) {
  const left = [...pages];
  const feed = {
    next: () => {
      const value = left.shift();
      return Promise.resolve(value ? { value } : { value: undefined, done: true as const });
    },
  };
  const sizes: number[] = [];
  const printer = {
    print: ({ events, late }: FeedPage) =>
      Promise.resolve(void sizes.push(events.length + late.length)),
  };
  const call = {
    terminal: createTerminal(fakeProcess()),
    signal: new AbortController().signal,
    options: {},
  };
  const behind = await printPages(
    feed,
    { isLive: false, ...wanted === undefined ? {} : { pages: wanted } },
    printer,
    call,
  );
  return { sizes, behind: behind.map(({ reason }) => reason), left: left.length };
}

Deno.test("printPages() waits for relays that are late, before it says that there is nothing", async () => {
  assert.deepEqual(await printed([page(0, "late"), page(0, "late"), page(3), page(3)], 1), {
    sizes: [3],
    behind: [],
    left: 1,
  });
  assert.deepEqual(await printed([page(0, "late"), page(0, "late", 2), page(1)], 2), {
    sizes: [2, 1],
    behind: [],
    left: 0,
  });
  assert.deepEqual(await printed([page(0, "late")], 2), { sizes: [], behind: ["late"], left: 0 });
});

Deno.test("printPages() ends with an empty page of which nobody is waited for", async () => {
  assert.deepEqual(await printed([page(2), page(0, "unreachable"), page(2)], 9), {
    sizes: [2],
    behind: ["unreachable"],
    left: 1,
  });
});

Deno.test("printPages() prints as many pages as are wanted, and one where nobody can be asked", async () => {
  const pages = [page(1), page(2), page(3)];
  assert.deepEqual((await printed(pages, 2)).sizes, [1, 2]);
  assert.deepEqual((await printed(pages)).sizes, [1]);
});

Deno.test("gapsText() says whose posts may be missing, and why, in one sentence", () => {
  assert.equal(gapsText([]), "Nothing is known to be missing.");
  const [a, b, c] = ["a", "b", "c"].map((letter) => letter.repeat(64));
  const gap = { since: 0, relay: "wss://x.example/" };
  assert.equal(
    gapsText([
      { ...gap, pubkey: a, reason: "late" },
      { since: 0, pubkey: b, reason: "fallback" },
      { since: 0, pubkey: c, reason: "fallback" },
    ]),
    "Posts of 3 people may be missing: none of the own relays of 2 people can be asked, " +
      "late at 1 relay.",
  );
});
