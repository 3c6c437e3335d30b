import assert from "node:assert/strict";
import { parseStory } from "./story.ts";
import { planLines } from "./story_plan.ts";

/** Set by `deno task stories`: the expected plans are written anew instead of compared. */
const isRewriting = Deno.env.get("STORIES") === "rewrite";

const FOLDER = new URL("./", import.meta.url);
const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
  .filter((name) => name.endsWith(".txt"))
  .sort();

for (const file of files) {
  const url = new URL(file, FOLDER);
  const story = parseStory(`tests/stories/${file}`, Deno.readTextFileSync(url));
  const planner = story.event ? "planEvent()" : "planReq()";
  Deno.test(`${planner} plans as the story says: ${story.title}`, () => {
    const lines = planLines(story);
    if (isRewriting) Deno.writeTextFileSync(url, `${[story.head, ...lines].join("\n")}\n`);
    else assert.deepEqual(lines, story.expected, file);
  });
}

Deno.test("parseStory() refuses a line that it does not understand, with the file and the line", () => {
  for (
    const line of [
      "alice write to wss://a.example",
      "alice writes to",
      "event may be at wss://a.example",
      "max relay: 2",
      "max relays: two",
      "ask: post of alice",
      "ask: posts from alice",
      "ask: posts of alice bob",
      "publish: posts by alice",
      "publish: post of alice",
      "=> wss://a.example: posts of alice",
    ]
  ) {
    assert.throws(() => parseStory("some.txt", `# A title\n\n${line}\nplan:\n`), {
      name: "SyntaxError",
      message: `some.txt:3: Cannot understand the line "${line}"`,
    });
  }
  assert.throws(() => parseStory("some.txt", "# A title\n"), {
    message: 'some.txt: Cannot read the story: it has no line "plan:"',
  });
});
