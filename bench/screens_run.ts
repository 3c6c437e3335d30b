/**
 * Runs clients through the six screens.
 *
 * @module
 */

import { createRandom } from "../testing/random.ts";
import { bigRelays } from "./recall_policies.ts";
import type { ScreenApp, ScreenClient, ScreenSetting } from "./screens_client.ts";
import { readFeed, readPrelude } from "./screens_feed.ts";
import { ScreenNetwork } from "./screens_network.ts";
import { openAll, OPENINGS } from "./screens_openings.ts";
import type { ScreenOutcome } from "./screens_outcome.ts";
import type { ScreenWorld } from "./screens_world.ts";

/** The home feed, and the same on the next day: the second goes on from the first. */
const FEED = "home feed", NEXT_DAY = "a day later";

/** All screens, in the order of the report. */
export const SCREENS: readonly string[] = [FEED, NEXT_DAY, ...Object.keys(OPENINGS)];

/** Most pages that are read on the next day. */
const NEXT_DAY_PAGES = 60;
/** How many big relays an app has in its settings. */
const BIG_RELAY_COUNT = 4;
/** How long before the app starts its lists were searched for, in seconds. */
const WARM_UP_S = 600;
const DAY_S = 86_400;

/** Which screens are run, and how. */
export interface ScreenRun {
  /** Decides the dice of the network and of the client; the world's seed will do. */
  readonly seed: number;
  /** Names out of {@link SCREENS}. */
  readonly names: readonly string[];
  /** Pages of the home feed. @default 12 */
  readonly pages?: number;
}

/** Runs one client through some screens of a world; each app begins with nothing but its lists. */
export async function runScreens(
  client: ScreenClient,
  screens: ScreenWorld,
  { seed, names, pages = 12 }: ScreenRun,
): Promise<Map<string, ScreenOutcome>> {
  const { now } = screens.world;
  const outcomes = new Map<string, ScreenOutcome>();
  const session = (time: number, memory: Map<string, unknown>) => {
    const network = new ScreenNetwork(screens, seed, time);
    const setting: ScreenSetting = {
      network,
      random: createRandom(seed + 7),
      bigRelays: bigRelays(screens.world, BIG_RELAY_COUNT),
      kept: memory,
    };
    return { network, setting };
  };
  const run = async (
    time: number,
    memory: Map<string, unknown>,
    use: (app: ScreenApp, network: ScreenNetwork) => Promise<ScreenOutcome>,
  ): Promise<ScreenOutcome> => {
    const { network, setting } = session(time, memory);
    const app = client.start(setting);
    const outcome = await network.clock.run(use(app, network));
    await network.clock.run(app.close());
    return outcome;
  };
  const warm = async (time: number) => {
    const memory = new Map<string, unknown>();
    const { network, setting } = session(time - WARM_UP_S, memory);
    if (client.warmUp) await network.clock.run(client.warmUp(setting));
    return memory;
  };
  if (names.includes(FEED) || names.includes(NEXT_DAY)) {
    const memory = await warm(now - DAY_S);
    outcomes.set(
      FEED,
      await run(now - DAY_S, memory, (app, network) => readFeed(app, network, { pages })),
    );
    if (names.includes(NEXT_DAY)) {
      const reading = { pages: NEXT_DAY_PAGES, since: now - DAY_S };
      outcomes.set(
        NEXT_DAY,
        await run(now, memory, (app, network) => readFeed(app, network, reading)),
      );
    }
  }
  for (const name of names) {
    const groups = OPENINGS[name]?.(screens);
    if (!groups) continue;
    outcomes.set(
      name,
      await run(now, await warm(now), async (app, network) => {
        await readPrelude(app, network);
        return await openAll(app, network, groups);
      }),
    );
  }
  return outcomes;
}
