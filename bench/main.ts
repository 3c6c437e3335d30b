/**
 * All benchmarks, in one run: markdown on stdout, progress on stderr.
 *
 * @module
 */

import { cpus } from "node:os";
import { benchBatching } from "./batching.ts";
import { benchBig } from "./big.ts";
import { benchBigCeiling } from "./big_ceiling.ts";
import { benchCold } from "./cold.ts";
import { benchCoverage } from "./coverage.ts";
import { benchDatabase } from "./database.ts";
import { benchDiscovery } from "./discovery.ts";
import { benchHeap } from "./heap.ts";
import { benchIndexedDb } from "./indexeddb.ts";
import { benchLive } from "./live.ts";
import { loadPeers } from "./peers/load_peers.ts";
import { benchGrowth, benchPlanning } from "./planning.ts";
import { benchRecall } from "./recall.ts";
import { benchProcesses } from "./processes.ts";
import { benchPublishing } from "./publishing.ts";
import { count, print, progress, prose } from "./report.ts";
import { benchRouter } from "./router.ts";
import { benchScreens } from "./screens.ts";
import { benchNetwork } from "./sim_bench.ts";
import { benchSimCold } from "./sim_cold.ts";
import { benchSignatures } from "./signatures.ts";
import { benchStability } from "./stability.ts";
import { benchUsers } from "./users.ts";

const start = performance.now();

print("# Benchmarks");
print(prose(
  `Deno ${Deno.version.deno}, V8 ${Deno.version.v8}, ${cpus().length} × ${
    cpus()[0].model.trim()
  }. ` +
    "Times depend on the machine and on what else it does. Ratios are medians over rounds in " +
    "which both ran. Each file in `bench/` says what it compares and " +
    "how fair that is.",
));
const peers = await loadPeers();
await benchPlanning(peers);
await benchGrowth();
benchCoverage(peers);
await benchRouter();
await benchDatabase();
await benchIndexedDb();
await benchHeap();
benchStability();
await benchLive();
benchRecall();
await benchDiscovery();
await benchCold();
await benchSimCold();
await benchBig();
benchBigCeiling();
await benchUsers();
await benchBatching();
await benchProcesses();
await benchPublishing();
await benchSignatures();
await benchNetwork();
await benchScreens();
progress(`done in ${count(Math.round((performance.now() - start) / 1000))} s`);

// A peer leaves a timer running.
Deno.exit(0);
