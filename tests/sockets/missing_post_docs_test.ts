import assert from "node:assert/strict";
import { MISSING_POST_STEPS, startMissingPost } from "../support/missing_post.ts";
import { ROOT } from "../support/source_files.ts";
import { terminalPicture } from "../support/terminal_picture.ts";

const page = Deno.readTextFileSync(new URL("docs/missing-posts.md", ROOT));

/** The commands of the page, each with the picture or the text that follows it. */
function commandsOfPage() {
  const blocks = page.matchAll(
    /^```sh\n(outbox [^\n]+)\n```\n\n(?:!\[[^\]]+\]\(images\/(\w+)\.svg\)|```text\n([^]*?)\n```)$/gm,
  );
  return [...blocks].map(([, line, picture, text]) => ({ line, picture, text }));
}

Deno.test("docs/missing-posts.md has no command but those of its story, in their order", () => {
  const commands = commandsOfPage();
  assert.deepEqual(
    commands.map(({ line, picture }) => ({ line, picture })),
    MISSING_POST_STEPS.map(({ line, picture }) => ({ line, picture })),
  );
  assert.equal(commands.length, page.match(/^```sh$/gm)!.length);
});

Deno.test("docs/missing-posts.md shows what its commands print, and its pictures do", async () => {
  await using story = startMissingPost();
  for (const [i, { line, picture, text }] of commandsOfPage().entries()) {
    if (MISSING_POST_STEPS[i].isRepaired) story.repair();
    const isColoured = picture !== undefined;
    const printed = await story.run(line, { isColoured });
    if (isColoured) {
      const shown = Deno.readTextFileSync(new URL(`docs/images/${picture}.svg`, ROOT));
      const drawn = terminalPicture(line, printed.text);
      assert.equal(oneLine(shown), oneLine(drawn), `${picture}.svg is old: see cli_pictures.ts`);
    } else assert.equal(text, printed.text, line);
  }
});

/** A picture however its lines are broken. */
function oneLine(svg: string): string {
  return svg.replace(/\s+/g, " ");
}
