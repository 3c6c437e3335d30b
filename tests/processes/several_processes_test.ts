import assert from "node:assert/strict";
import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { parseRelayRecord } from "../../src/relays/relay_record_store.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { OutboxProcess } from "./outbox_processes.ts";
import { type PostgresServer, testPostgres } from "./postgres.ts";

const PEOPLE = 20;

/** An indexer that counts how often each person's list was requested, and a relay with posts. */
class Network implements AsyncDisposable {
  readonly requested = new Map<string, number>();
  /** Whether the indexer leaves requests without an answer. */
  isSilent = false;
  readonly indexer: RelayServer = RelayServer.start({
    intercept: ([type, , ...filters]) => {
      if (type !== "REQ") return false;
      for (const { authors = [] } of filters as NostrFilter[]) {
        for (const pubkey of authors) {
          this.requested.set(pubkey, (this.requested.get(pubkey) ?? 0) + 1);
        }
      }
      return this.isSilent;
    },
  });
  readonly relay: RelayServer = RelayServer.start();
  readonly pubkeys: readonly string[];
  readonly #signers = Array.from({ length: PEOPLE }, (_, i) => new Signer(i + 1));

  constructor() {
    this.pubkeys = this.#signers.map(({ pubkey }) => pubkey);
    this.indexer.seed(this.#signers.map((_, i) => this.list(i, 1_700_000_000)));
    this.relay.seed(this.#signers.map((signer) => signer.sign({})));
  }

  list(i: number, created_at: number): NostrEvent {
    return this.#signers[i].sign({ kind: 10002, created_at, tags: [["r", this.relay.url]] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.indexer.stop(), this.relay.stop()]);
  }
}

async function start(server: PostgresServer, network: Network, count: number) {
  const schema = await server.schema();
  const task = { url: schema.url, indexers: [network.indexer.url] };
  const processes = Array.from({ length: count }, () => OutboxProcess.start(task));
  return { schema, task, processes: await Promise.all(processes) };
}

testPostgres(
  "Outboxes of several processes use the lists that one of them finds, and ask once",
  async (server) => {
    await using network = new Network();
    const { pubkeys, requested } = network;
    const { processes: [one, two, three] } = await start(server, network, 3);
    // The second keeps in mind that there are none, for a minute.
    assert.equal(await two.run({ do: "peek", pubkeys }), 0);
    await two.run({ do: "discover", pubkeys: ["f".repeat(64)] });
    requested.clear();
    await one.run({ do: "discover", pubkeys });
    // Not by ageing, which takes a minute.
    const until = performance.now() + 30_000;
    while (await two.run({ do: "peek", pubkeys }) !== PEOPLE) {
      assert.ok(performance.now() < until, "the second never heard of the lists");
    }
    const results = await Promise.all(
      [two, three].map((one) => one.run({ do: "discover", pubkeys })),
    );
    assert.deepEqual(results, [
      { known: PEOPLE, asked: 0, found: 0, missing: 0 },
      { known: PEOPLE, asked: 0, found: 0, missing: 0 },
    ]);
    assert.deepEqual([...requested.values()], pubkeys.map(() => 1));
    await Promise.all([one, two, three].map((process) => process.close()));
  },
);

testPostgres(
  "Outboxes of several processes that want the same lists at once ask for each once",
  async (server) => {
    await using network = new Network();
    const { pubkeys, requested } = network;
    const { processes } = await start(server, network, 3);
    const missing = Array.from({ length: 5 }, (_, i) => `${i}`.repeat(64));
    const all = [...pubkeys, ...missing];
    const results = await Promise.all(
      processes.map((process, i) =>
        process.run({ do: "discover", pubkeys: i % 2 ? all : all.toReversed() })
      ),
    );
    for (const result of results) {
      const { known, found, missing } = result as Record<string, number>;
      assert.deepEqual([known + found, missing], [PEOPLE, 5]);
    }
    assert.deepEqual([...requested.values()], all.map(() => 1));
    await Promise.all(processes.map((process) => process.close()));
  },
);

testPostgres("Outboxes of several processes add up what each learns of a relay", async (server) => {
  await using network = new Network();
  const { pubkeys, relay } = network;
  const { processes, schema } = await start(server, network, 2);
  const filter = { kinds: [1], authors: [...pubkeys] };
  const counts = await Promise.all(processes.map((one) => one.run({ do: "query", filter })));
  assert.deepEqual(counts, [PEOPLE, PEOPLE]);
  await Promise.all(processes.map((process) => process.close()));
  const db = await schema.open();
  const record = parseRelayRecord((await db.readRecords("relay")).get(relay.url));
  assert.equal(record?.attempts, relay.stats.connections);
  assert.equal(record?.successes, 2);
  assert.equal(record?.events, 2 * PEOPLE);
  await db.close();
});

testPostgres(
  "Outboxes of several processes go on when one is killed during a search",
  async (server) => {
    await using network = new Network();
    const { pubkeys, requested } = network;
    const { processes: [one, two] } = await start(server, network, 2);
    network.isSilent = true;
    await one.send({ do: "discover", pubkeys });
    while (requested.size < PEOPLE) await new Promise((resume) => setTimeout(resume, 0));
    network.isSilent = false;
    const waiting = two.run({ do: "discover", pubkeys });
    await one.kill();
    assert.deepEqual(await waiting, { known: 0, asked: PEOPLE, found: PEOPLE, missing: 0 });
    await two.close();
  },
);

testPostgres(
  "Outboxes of several processes leave a readable database, killed at any moment",
  async (server) => {
    await using network = new Network();
    const { pubkeys } = network;
    const { processes: [stays], schema, task } = await start(server, network, 1);
    const filter = { kinds: [1], authors: [...pubkeys] };
    for (let round = 0; round < 5; round++) {
      const victim = await OutboxProcess.start(task);
      network.indexer.seed(pubkeys.map((_, i) => network.list(i, 1_700_000_001 + round)));
      await victim.send({ do: "query", filter });
      await victim.send({ do: "discover", pubkeys });
      const work = stays.run({ do: "query", filter });
      // From the first claims over lists to records, which are written up to five seconds later.
      await new Promise((resume) => setTimeout(resume, [0, 30, 150, 1_100, 5_200][round]));
      await victim.kill();
      assert.equal(await work, PEOPLE);
    }
    await stays.close();
    const db = await schema.open();
    assert.equal((await db.query([{ kinds: [10002] }])).length, PEOPLE);
    for (const [url, text] of await db.readRecords("relay")) {
      const record = parseRelayRecord(text);
      assert.ok(record && record.successes <= record.attempts, `${url} ${text}`);
    }
    const last = await OutboxProcess.start(task);
    assert.equal(await last.run({ do: "query", filter }), PEOPLE);
    await last.close();
    await db.close();
  },
);
