import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import {
  parentOf,
  peopleIn,
  rootOf,
  type ThreadNode,
  threadTrees,
} from "../../src/cli/thread_tree.ts";

const event = (id: string, tags: string[][] = [], kind = 1, created_at = 0): NostrEvent => ({
  ...{ id, kind, tags, created_at },
  ...{ pubkey: "a".repeat(64), content: "", sig: "" },
});

/** The ids of trees, as nested arrays. */
function shape(trees: readonly ThreadNode[]): unknown[] {
  return trees.map(({ event: { id }, replies }) => [id, ...shape(replies)]);
}

Deno.test("parentOf() and rootOf() read NIP-10 with markers and without, and NIP-22", () => {
  const cases: [tags: string[][], parent?: string, root?: string, kind?: number][] = [
    [[], undefined, undefined],
    [[["e", "r"]], "r", "r"],
    [[["e", "r"], ["e", "p"]], "p", "r"],
    [[["e", "r", "", "root"]], "r", "r"],
    [[["e", "r", "", "root"], ["e", "p", "", "reply"]], "p", "r"],
    [[["e", "m", "", "mention"], ["e", "r", "", "root"]], "r", "r"],
    [[["e", "m", "", "mention"]], undefined, undefined],
    [[["E", "r"], ["e", "p"]], "p", "r", 1111],
  ];
  for (const [tags, parent, root, kind] of cases) {
    assert.equal(parentOf(event("x", tags, kind)), parent);
    assert.equal(rootOf(event("x", tags, kind)), root);
  }
});

Deno.test("peopleIn() gives those whom tags name, each once, and nothing that is no pubkey", () => {
  const [alice, bob] = ["aa", "bb"].map((byte) => byte.repeat(32));
  const tags = [["p", alice], ["e", "x", "", "root", bob], ["p", alice], ["p", "junk"], ["e", "y"]];
  assert.deepEqual(peopleIn(event("x", tags)), [alice, bob]);
});

Deno.test("threadTrees() puts answers below what they answer, the oldest first", () => {
  const events = [
    event("c", [["e", "a"]], 1, 2),
    event("a"),
    event("d", [["e", "a"], ["e", "b"]], 1, 3),
    event("b", [["e", "a"]], 1, 1),
    event("lone", [["e", "unknown"]], 1, 9),
  ];
  assert.deepEqual(shape(threadTrees(events)), [["a", ["b", ["d"]], ["c"]], ["lone"]]);
});

Deno.test("threadTrees() shows each event once, below what it answers", () => {
  // An id is a hash of the tags: an event answers only what was there before.
  const parents = fc.array(fc.nat(), { maxLength: 20 });
  fc.assert(fc.property(parents, fc.boolean(), (numbers, isReversed) => {
    const events = numbers.map((number, i) =>
      event(`${i}`, number % (i + 1) === i ? [] : [["e", `${number % (i + 1)}`]])
    );
    const trees = threadTrees(isReversed ? events.toReversed() : events);
    const ids: string[] = [];
    const walk = ({ event, replies }: ThreadNode, parent?: string) => {
      ids.push(event.id);
      assert.equal(parentOf(event), parent);
      for (const reply of replies) walk(reply, event.id);
    };
    for (const tree of trees) walk(tree);
    assert.deepEqual(ids.toSorted(), events.map(({ id }) => id).toSorted());
  }));
});
