/**
 * What does it cost to publish to relays that are away, and how soon are they served again?
 *
 * The first part is real: 10,000 events wait in a SQLite file for 500 dead hosts of this machine, of
 * which half refuse connections, a quarter accept them and say nothing, and a quarter answer in
 * HTTP. The second is in virtual time: 500 relays are away for a minute to a week, evenly by the
 * logarithm, and 20 events wait for each; of those that hang, an attempt takes as long as a timeout.
 *
 * @module
 */

import process from "node:process";
import { openSqlite } from "../src/db/sqlite.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { createOutbox } from "../src/mod.ts";
import { RelayFailureError } from "../src/nostr/errors.ts";
import { LineProcess } from "../testing/line_process.ts";
import { createRandom } from "../testing/random.ts";
import { Signer } from "../testing/signer.ts";
import { TestClock } from "../testing/test_clock.ts";
import { count, percent, print, progress, prose, table } from "./report.ts";

const RELAYS = 500, EVENTS = 10_000;
/** Authors with three relays each. */
const AUTHORS = 200;
const WARM_UP_S = Number(Deno.env.get("BENCH_WARM_UP_S") ?? 120);
const MEASURED_S = Number(Deno.env.get("BENCH_MEASURED_S") ?? 120);
const MINUTE_MS = 60_000, WEEK_MS = 167 * 60 * MINUTE_MS;
/** How long an attempt takes at a relay that hangs, in milliseconds. */
const HANG_MS = 10_000;

/** Runs both parts. */
export async function benchPublishing(): Promise<void> {
  print("## Publishing to relays that are away");
  if (MEASURED_S > 0) await benchDead();
  if (Deno.env.get("BENCH_RETURNS") !== "0") await benchReturns();
}

const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

async function benchDead(): Promise<void> {
  const hosts = new LineProcess([
    "run",
    "-A",
    "--no-check",
    new URL("dead_hosts.ts", import.meta.url).pathname,
  ]);
  const [silent, failing] = JSON.parse((await hosts.lines.next()).value!) as number[];
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const refusing = (closed.addr as Deno.NetAddr).port;
  closed.close();
  const urls = Array.from({ length: RELAYS }, (_, i) => {
    const port = [refusing, refusing, silent, failing][i % 4];
    return `ws://127.1.${i >> 8}.${i & 255}:${port}/`;
  });
  const folder = await Deno.makeTempDir();
  const db = await openSqlite(`${folder}/outbox.sqlite3`);
  const outbox = createOutbox({
    store: db,
    indexerRelays: [],
    relayInfo: false,
    policy: { allowLocal: true, allowInsecure: true },
  });
  const authors = Array.from({ length: AUTHORS }, (_, i) => new Signer(i + 1));
  for (const [i, author] of authors.entries()) {
    const own = [0, 1, 2].map((n) => urls[(i * 5 + n * 167) % RELAYS]);
    await outbox.store.event(author.relayList({ both: own }));
  }
  progress(`publishing ${count(EVENTS)} events`);
  for (let i = 0; i < EVENTS; i += 200) {
    await Promise.all(
      Array.from(
        { length: 200 },
        (_, n) => outbox.publish(authors[n % AUTHORS].sign({ content: `${i + n}` })),
      ),
    );
  }
  progress(`warming up for ${WARM_UP_S} s`);
  await sleep(WARM_UP_S);
  const pending = (await outbox.publications({ state: "pending" })).length;
  const before = process.cpuUsage();
  await sleep(MEASURED_S);
  const { user, system } = process.cpuUsage(before);
  const share = (user + system) / 1e6 / MEASURED_S;
  print(prose(
    `${count(pending)} events of ${AUTHORS} authors wait for ${RELAYS} dead hosts, three each. ` +
      `Over ${MEASURED_S} s of real time the process takes ${percent(share)} of a core, ` +
      `${Math.round(process.memoryUsage().rss / 2 ** 20)} MB.`,
  ));
  await outbox.close();
  await db.close();
  hosts.kill("SIGKILL");
  await hosts.status;
  await Deno.remove(folder, { recursive: true });
}

async function benchReturns(): Promise<void> {
  const rows: string[][] = [];
  for (const hanging of [0, 0.25, 1]) rows.push(await returns(hanging));
  print(
    table(["relays that hang, not refuse", "targets", "within 60 s", "99.9 %", "longest"], rows),
  );
}

/** Lets relays return, and says how soon each target is served. */
async function returns(hanging: number): Promise<string[]> {
  const clock = new TestClock();
  const random = createRandom(7);
  const start = clock.now();
  const relays = new Map(Array.from({ length: RELAYS }, (_, i) => {
    const away = MINUTE_MS * (WEEK_MS / MINUTE_MS) ** random();
    return [`wss://r${i}.example/`, { back: start + away, hangs: i < hanging * RELAYS }];
  }));
  const waits: number[] = [];
  const ledger = new Ledger({
    clock,
    random,
    onError: (error) => progress(error.message),
    days: 7,
    async send(url) {
      const { back, hangs } = relays.get(url)!;
      if (clock.now() >= back) return void waits.push(clock.now() - back);
      if (hangs) await new Promise<void>((resolve) => void clock.after(HANG_MS, resolve));
      throw new RelayFailureError(url, "unreachable", "no connection");
    },
  });
  await ledger.ready();
  const author = new Signer(1);
  // Each event goes to 50 of the relays, so that 20 wait for each.
  const urls = [...relays.keys()];
  for (let i = 0; i < RELAYS * 20 / 50; i++) {
    const targets = Array.from({ length: 50 }, (_, n) => urls[(i * 50 + n) % RELAYS]);
    await ledger.publish(
      author.sign({ content: `${i}` }),
      targets.map((relay) => ({ relay, why: "own" as const })),
    );
  }
  for (let at = 0; at < WEEK_MS + 60 * MINUTE_MS; at += 60 * MINUTE_MS) {
    await clock.advance(60 * MINUTE_MS);
  }
  ledger.end(new Error("over"));
  await ledger.close();
  const total = RELAYS * 20;
  waits.sort((a, b) => a - b);
  const seconds = (ms?: number) => ms === undefined ? "never" : `${(ms / 1_000).toFixed(1)} s`;
  const inTime = waits.filter((ms) => ms <= MINUTE_MS).length;
  progress(`${percent(hanging)} hang: ${percent(inTime / total)}`);
  return [
    percent(hanging),
    count(total),
    `${(inTime / total * 100).toFixed(2)} %`,
    seconds(waits[Math.ceil(total * 0.999) - 1]),
    seconds(waits.at(-1)),
  ];
}

if (import.meta.main) await benchPublishing();
