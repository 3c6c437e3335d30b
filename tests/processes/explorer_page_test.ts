import assert from "node:assert/strict";
import { explorerData, type ExplorerSource } from "../../src/explorer/explorer_data.ts";
import { explorerPage } from "../../src/explorer/explorer_page.ts";
import { serveExplorer } from "../../src/explorer/serve_explorer.ts";
import { planReq, type RelayKnowledge } from "../../src/plan.ts";
import {
  chromiumMissing,
  type ChromiumOptions,
  type Page,
  withChromium,
} from "../../testing/chromium.ts";
import { explorerWorld } from "../support/explorer_world.ts";
import { testUnless } from "../support/test_unless.ts";

const missing = await chromiumMissing();
const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

/** Opens the page of some data as a file, and waits until it is drawn. */
async function withPage(
  source: ExplorerSource,
  test: (page: Page) => Promise<void>,
  options: ChromiumOptions = DESKTOP,
): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".html" });
  try {
    await Deno.writeTextFile(file, explorerPage(explorerData(source)));
    await withChromium(async (context) => {
      const page = await context.newPage();
      const requested: string[] = [];
      page.on("request", (request) => requested.push(request.url()));
      await page.goto(`file://${file}`);
      await page.waitForSelector("html[data-drawn]");
      await test(page);
      // What is in the page itself is requested from nobody.
      const others = requested.filter((url) => !/^(?:data|blob):/.test(url));
      assert.deepEqual([...new Set(others)], [`file://${file}`]);
    }, options);
  } finally {
    await Deno.remove(file);
  }
}

/** What the figures say: how many are reached in each way. */
async function figures(page: Page): Promise<Record<string, number>> {
  const entries = await page.$$eval("[data-count]", (all) =>
    all.map((it) => [
      it.getAttribute("data-count")!,
      Number(it.textContent!.replaceAll(",", "")),
    ]));
  return Object.fromEntries(entries);
}

/** What the planner says, called here. */
function planned({ people, knowledge, options, records }: ExplorerSource, maxRelays: number) {
  assert.equal(records, undefined);
  const filters = [{ kinds: [1], authors: [...people] }];
  const { subjects, unrouted } = planReq(filters, knowledge, {
    ...options,
    maxRelays,
    indexerRelays: [],
  });
  const own = subjects.filter(({ reason }) => reason === "list");
  const one = own.filter(({ relays }) => relays.length === 1).length;
  const none = unrouted.length;
  const guess = [...people].length - own.length - none;
  return { several: own.length - one, one, guess, none };
}

/** A world whose relays all weigh the same. */
function plainWorld(follows: number): ExplorerSource {
  const { records: _, coverage: __, ...world } = explorerWorld({ follows });
  return world;
}

testUnless(
  missing,
  "explorerPage() draws 2,784 people and 1,641 relays, and asks nobody",
  () =>
    withPage(explorerWorld({ follows: 2_784 }), async (page) => {
      assert.equal(await page.locator(".disc").count(), 20);
      const dots = await page.$eval("#map canvas", (canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const context = (canvas as HTMLCanvasElement).getContext("2d")!;
        const { data } = context.getImageData(0, 0, width, height);
        return data.filter((_, i) => i % 4 === 3 && data[i] > 0).length;
      });
      assert.ok(dots > 50_000, `${dots}`);
      assert.equal(await page.locator("#relays tbody tr").count(), 20);
      assert.match(await page.locator(".about").innerText(), /2,784 people, 1,641 relays/);
      assert.ok(await page.locator(".behind li").count() > 0);
      // All 50 plans of the curve were made, by the worker.
      await page.waitForFunction(() =>
        document.querySelector("path.fill-several")!.getAttribute("d")!.split("C").length > 98
      );
      assert.equal(page.workers().length, 1);
    }),
);

testUnless(
  missing,
  "explorerPage() shows what planReq() says, at every cap that the handle is dragged to",
  () => {
    const world = plainWorld(400);
    return withPage(world, async (page) => {
      assert.deepEqual(await figures(page), planned(world, 20));
      const slider = page.getByRole("slider");
      const box = (await page.locator("svg.curve").boundingBox())!;
      const knob = (await page.locator(".handle-knob").boundingBox())!;
      await page.mouse.move(knob.x + knob.width / 2, knob.y + knob.height / 2);
      await page.mouse.down();
      for (const share of [0.3, 0.2, 0.08]) {
        await page.mouse.move(box.x + box.width * share, box.y + 40, { steps: 4 });
      }
      await page.mouse.up();
      // A cap is drawn with the next frame.
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)));
      const cap = Number(await slider.getAttribute("aria-valuenow"));
      assert.ok(cap < 10, `${cap}`);
      await page.waitForFunction(
        (cap) => document.querySelector("#cap")!.textContent === cap,
        `${cap}`,
      );
      assert.deepEqual(await figures(page), planned(world, cap));
      assert.ok(await page.locator(".disc").count() <= cap);
    });
  },
);

testUnless(missing, "explorerPage() is used by keyboard: the handle, the map, the search", () => {
  const world = plainWorld(300);
  return withPage(world, async (page) => {
    const slider = page.getByRole("slider");
    await slider.focus();
    for (
      const [key, cap] of [["ArrowRight", 21], ["PageDown", 16], ["Home", 1], ["End", 50]] as const
    ) {
      await page.keyboard.press(key);
      await page.waitForFunction(
        (cap) => document.querySelector("#cap")!.textContent === cap,
        `${cap}`,
      );
      assert.equal(await slider.getAttribute("aria-valuenow"), `${cap}`);
      assert.deepEqual(await figures(page), planned(world, cap));
    }
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement!.className), "disc");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    assert.equal(await page.locator(".disc[aria-pressed=true]").count(), 1);
    assert.match(await page.locator("#details").innerText(), /Asked for \d+ pe/);
    await page.keyboard.press("Escape");
    assert.match(await page.locator("#details").innerText(), /How to read/);
    await page.keyboard.press("/");
    await page.keyboard.type("lovelace");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.match(await page.locator("#details").innerText(), /Ada Lovelace/);
  });
});

testUnless(
  missing,
  "explorerPage() goes from dot to dot by keyboard, and says to screen readers who it is",
  () => {
    const world = plainWorld(300);
    return withPage(world, async (page) => {
      const focused = () =>
        page.evaluate(() => {
          const { ariaLabel, className, ariaPressed } = document.activeElement!;
          return { name: ariaLabel!, kind: className, pressed: ariaPressed };
        });
      await page.getByRole("slider").focus();
      await page.keyboard.press("Tab");
      const disc = await focused();
      assert.equal(disc.kind, "disc");
      await page.keyboard.press("Tab");
      const first = await focused();
      assert.equal(first.kind, "dot-cursor");
      const relay = disc.name.split(":")[0];
      assert.match(first.name, new RegExp(`^.+, at ${relay}(?:, also at .+)?$`));
      await page.keyboard.press("ArrowRight");
      const second = await focused();
      assert.equal(second.kind, "dot-cursor");
      assert.notEqual(second.name, first.name);
      assert.equal(await page.locator(".dot-cursor").count(), 1);
      await page.keyboard.press("Enter");
      assert.deepEqual([(await focused()).pressed, (await focused()).name], ["true", second.name]);
      const person = second.name.split(", ")[0];
      assert.ok((await page.locator("#details h3").innerText()).includes(person));
      // Away from the edge there is always somebody in each direction.
      for (const key of ["ArrowLeft", "ArrowUp", "ArrowDown", "ArrowRight"]) {
        await page.keyboard.press(key);
        assert.equal((await focused()).kind, "dot-cursor");
      }
      await page.keyboard.press("Escape");
      assert.equal((await focused()).kind, "disc");
      assert.ok((await page.locator("#details h3").innerText()).includes(person));
      await page.keyboard.press("Escape");
      assert.match(await page.locator("#details").innerText(), /How to read/);
    });
  },
);

testUnless(
  missing,
  "explorerPage() tells screen readers what each control is, and of a picture its name alone",
  () =>
    withPage(explorerWorld({ follows: 300 }), async (page) => {
      const session = await page.context().newCDPSession(page);
      const { nodes } = await session.send("Accessibility.getFullAXTree");
      const byId = new Map(nodes.map((node) => [node.nodeId, node]));
      const told = nodes.filter(({ ignored }) => !ignored);
      const role = (node: typeof nodes[number]) => `${node.role?.value}`;
      const controls = ["button", "slider", "combobox", "image", "table", "link"];
      for (const node of told.filter((node) => controls.includes(role(node)))) {
        assert.notEqual(`${node.name?.value ?? ""}`.trim(), "", JSON.stringify(node));
      }
      for (const kind of ["slider", "combobox", "image", "table"]) {
        assert.ok(told.some((node) => role(node) === kind), kind);
      }
      const inside = (node: typeof nodes[number]): typeof nodes =>
        (node.childIds ?? []).flatMap((id) => {
          const child = byId.get(id);
          return child ? [...child.ignored ? [] : [child], ...inside(child)] : [];
        });
      for (const picture of told.filter((node) => role(node) === "image")) {
        const symbols = inside(picture).filter((node) => role(node) === "graphics-symbol");
        assert.deepEqual(symbols.map(({ name }) => name?.value), []);
      }
    }),
);

testUnless(
  missing,
  "explorerPage() keeps what it shows in its address, for a reload or a link",
  () => {
    const world = plainWorld(300);
    return withPage(world, async (page) => {
      const capIs = (cap: number) =>
        page.waitForFunction(
          (cap) => document.querySelector("#cap")!.textContent === cap,
          `${cap}`,
        );
      const details = page.locator("#details h3");
      assert.equal(new URL(page.url()).hash, "");
      await page.getByRole("slider").focus();
      await page.keyboard.press("PageDown");
      await page.fill("#search", "Ada Lovelace");
      await page.waitForFunction(() => /cap=15&search=Ada\+Lovelace/.test(location.hash));
      await page.reload();
      await capIs(15);
      assert.equal(await page.inputValue("#search"), "Ada Lovelace");
      assert.equal(await page.getByRole("option").count(), 1);
      await page.focus("#search");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => /^#cap=15&person=[0-9a-f]{64}$/.test(location.hash));
      const { hash } = new URL(page.url());
      await page.reload();
      await capIs(15);
      assert.match(await details.innerText(), /Ada Lovelace/);
      assert.deepEqual(await figures(page), planned(world, 15));
      // A link that somebody opens in the same tab, and one that says nothing.
      await page.evaluate(() => location.hash = "#cap=3&reach=one");
      await capIs(3);
      assert.match(await details.innerText(), /One relay alone/);
      await page.evaluate((hash) => location.hash = hash, hash);
      await capIs(15);
      assert.match(await details.innerText(), /Ada Lovelace/);
      await page.evaluate(() => location.hash = "#cap=999999&person=<b>");
      await capIs(50);
      assert.match(await details.innerText(), /<b>/);
      await page.evaluate(() => location.hash = "");
      await capIs(20);
      assert.match(await details.innerText(), /How to read/);
    });
  },
);

testUnless(
  missing,
  "explorerPage() finds a person by the name and shows where they are asked for",
  () => {
    const world = plainWorld(300);
    return withPage(world, async (page) => {
      const { subjects } = planReq([{ kinds: [1], authors: [...world.people] }], world.knowledge, {
        ...world.options,
        indexerRelays: [],
      });
      const route = subjects.find(({ subject }) => subject === world.user)!;
      await page.fill("#search", "Ada Lovelace");
      await page.getByRole("option").first().click();
      const text = await page.locator("#details").innerText();
      for (const url of route.relays) assert.ok(text.includes(new URL(url).host), text);
      assert.match(text, /npub1/);
    });
  },
);

testUnless(missing, "explorerPage() shows names as text, however they are written", async () => {
  const keys = ["aa", "bb", "cc", "dd"].map((byte) => byte.repeat(32));
  const names = new Map([
    [keys[0], "<img src=x onerror=document.title='owned'>"],
    [keys[1], "</script><script>document.title='owned'</script>"],
    [keys[2], "محمد الفارسي"],
    [keys[3], "W".repeat(100_000)],
  ]);
  const write = ["wss://a.example/"];
  const knowledge = new Map<string, RelayKnowledge>([
    ...keys.map((key) => [key, { write }] as const),
    [keys[0], {
      write,
      refused: [{ url: "<svg onload=document.title='owned'>", reason: "scheme" as const }],
    }],
  ]);
  for (const options of [DESKTOP, PHONE]) {
    await withPage({ people: keys, knowledge, names, user: keys[1], now: 0 }, async (page) => {
      for (const text of ["img src", "script", "محمد", "WWW"]) {
        await page.fill("#search", text);
        assert.equal(await page.getByRole("option").count(), 1, text);
        await page.keyboard.press("Enter");
        const heading = page.locator("#details h3");
        assert.ok((await heading.innerText()).includes(text));
        assert.equal(await heading.getAttribute("dir"), "auto");
      }
      assert.equal(await page.locator("main img, main script").count(), 0);
      assert.match(await page.title(), /^Outbox explorer/);
      const [width, view] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        document.documentElement.clientWidth,
      ]);
      assert.ok(width <= view, `${width} > ${view}`);
    }, options);
  }
});

testUnless(
  missing,
  "explorerPage() shows nobody, one person, and people without relays",
  async () => {
    const alice = "aa".repeat(32);
    const sources: Omit<ExplorerSource, "now">[] = [
      { people: [], knowledge: new Map() },
      { people: [alice], knowledge: new Map() },
      { people: [alice], knowledge: new Map([[alice, { write: ["wss://a.example/"] }]]) },
      { people: [alice, "no key"], knowledge: new Map(), options: { maxRelays: 70 } },
    ];
    for (const source of sources) {
      await withPage({ ...source, now: 1e12 }, async (page) => {
        const sum = Object.values(await figures(page)).reduce((sum, value) => sum + value, 0);
        assert.equal(sum, [...source.people].length);
        await page.getByRole("slider").focus();
        await page.keyboard.press("End");
        await page.keyboard.press("Home");
        await page.waitForFunction(() => document.querySelector("#cap")!.textContent === "1");
        assert.doesNotMatch(await page.locator("main").innerText(), /NaN|undefined|Infinity/);
        assert.doesNotMatch(await page.locator("main").innerHTML(), /NaN|undefined|Infinity/);
      });
    }
  },
);

testUnless(
  missing,
  "serveExplorer() shows what changes without a reload, and says when it has ended",
  async () => {
    let source = plainWorld(60);
    const server = await serveExplorer({ data: () => Promise.resolve(explorerData(source)) });
    await withChromium(async (context) => {
      const page = await context.newPage();
      await page.clock.install();
      await page.goto(server.url);
      await page.waitForSelector("html[data-drawn]", { state: "attached" });
      assert.equal(page.workers().length, 1);
      await page.getByRole("slider").focus();
      await page.keyboard.press("Home");
      const first = page.locator("#relays tbody button").first();
      await first.focus();
      source = plainWorld(90);
      await page.clock.runFor(6_000);
      await page.waitForFunction(() => /90 people/.test(document.title));
      assert.match(await page.locator(".about").innerText(), /90 people/);
      assert.equal(await page.getByRole("slider").getAttribute("aria-valuenow"), "1");
      assert.ok(await first.evaluate((button) => button === document.activeElement));
      await server.close();
      await page.clock.runFor(6_000);
      await page.getByText("has ended").waitFor();
    }, { ...DESKTOP, expectedErrors: /ERR_CONNECTION_REFUSED|Failed to load resource/ });
  },
);
