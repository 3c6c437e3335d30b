/**
 * Draws the pictures of docs/explorer.md, and measures the page:
 * `deno run -A tests/support/explorer_pictures.ts`, or with `measure`.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { explorerData } from "../../src/explorer/explorer_data.ts";
import { explorerPage } from "../../src/explorer/explorer_page.ts";
import { type ChromiumOptions, type Page, withChromium } from "../../testing/chromium.ts";
import { explorerWorld } from "./explorer_world.ts";
import { ROOT } from "./source_files.ts";

const ROUNDS = 7;
const MOVES = 60;

const file = await Deno.makeTempFile({ suffix: ".html" });
try {
  const html = explorerPage(explorerData(explorerWorld({ follows: 2_784 })));
  await Deno.writeTextFile(file, html);
  await (Deno.args[0] === "measure" ? measure() : draw());
} finally {
  await Deno.remove(file);
}

/** Opens the page, and does something with it once it is drawn. */
async function open(
  options: ChromiumOptions,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  await withChromium(async (context) => {
    const page = await context.newPage();
    await page.goto(`file://${file}`);
    await page.waitForSelector("html[data-drawn]");
    await use(page);
  }, options);
}

/** Waits until the whole curve is drawn, and what moves stands still. */
async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    document.querySelectorAll("path.fill-several")[0]?.getAttribute("d")?.split("C").length! > 98
  );
  await page.waitForTimeout(500);
}

async function draw(): Promise<void> {
  const folder = new URL("docs/images/", ROOT);
  await Deno.mkdir(folder, { recursive: true });
  const shoot = (page: Page, name: string) =>
    page.screenshot({
      path: fileURLToPath(new URL(`explorer_${name}.jpg`, folder)),
      type: "jpeg",
      quality: 80,
    });
  const wide = { viewport: { width: 1160, height: 1290 } };
  await open({ ...wide, colorScheme: "light" }, async (page) => {
    await settled(page);
    await shoot(page, "light");
  });
  await open({ ...wide, colorScheme: "dark" }, async (page) => {
    await settled(page);
    await page.fill("#search", "coracle.example");
    await page.keyboard.press("Enter");
    await page.locator("#map-title").evaluate((title) => title.scrollIntoView());
    await settled(page);
    await shoot(page, "dark");
  });
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
  await open({ ...phone, deviceScaleFactor: 2, colorScheme: "light" }, async (page) => {
    await settled(page);
    await page.locator("#curve-title").evaluate((title) => title.scrollIntoView());
    await shoot(page, "phone");
  });
}

async function measure(): Promise<void> {
  const first: number[] = [], frames: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await open({ viewport: { width: 1280, height: 900 } }, async (page) => {
      first.push(
        await page.evaluate(() =>
          performance.getEntriesByName("first-contentful-paint")[0].startTime
        ),
      );
      if (round < ROUNDS - 3) return;
      await settled(page);
      const box = (await page.locator("svg.curve").boundingBox())!;
      await page.evaluate(() => {
        const times: number[] = [];
        Object.assign(globalThis, { times });
        const next = (now: number) => {
          times.push(now);
          requestAnimationFrame(next);
        };
        requestAnimationFrame(next);
      });
      await page.mouse.move(box.x + box.width / 2, box.y + 50);
      await page.mouse.down();
      for (let move = 0; move < MOVES; move++) {
        const share = 0.5 + 0.45 * Math.sin(move / 6);
        await page.mouse.move(box.x + box.width * share, box.y + 50);
      }
      await page.mouse.up();
      const times = await page.evaluate(() => (globalThis as unknown as { times: number[] }).times);
      frames.push(...times.slice(1).map((time, i) => time - times[i]));
    });
  }
  const at = (values: number[], share: number) =>
    Math.round(values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)]);
  console.log(`first drawing: median ${at(first, 0.5)} ms, worst ${at(first, 1)} ms`);
  console.log(
    `frames while dragging: median ${at(frames, 0.5)} ms, 95 % within ${at(frames, 0.95)} ms, ` +
      `worst ${at(frames, 1)} ms, of ${frames.length}`,
  );
}
