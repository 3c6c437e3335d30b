/**
 * A directory of people among scripted relays.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { findFilter } from "../../src/find_filter.ts";
import type { RelayFailureError } from "../../src/nostr/errors.ts";
import type { OutboxOptions } from "../../src/outbox_options.ts";
import { outboxSettings } from "../../src/outbox_settings.ts";
import { learningPart } from "../../src/parts.ts";
import { PeopleDirectory } from "../../src/people_directory.ts";
import { UserPolicy } from "../../src/user_policy.ts";
import { holding } from "../../testing/scripted_network.ts";
import { Signer } from "../../testing/signer.ts";
import { quiet, type TestClock } from "../../testing/test_clock.ts";
import "./loaded_parts.ts";
import { SupervisorTest } from "./scripted_supervisor.ts";

/** Two people. */
export const [alice, bob] = [1, 2].map((seed) => new Signer(seed));
/** Three relays. */
export const [A, B, C] = ["wss://a.example/", "wss://b.example/", "wss://c.example/"];
/** The progress of a search for nobody. */
export const NOTHING = { known: 0, asked: 0, found: 0, missing: 0 };
/** The tags of a list of relays. */
export const relaysOf = (...urls: string[]) => urls.map((url) => ["relay", url]);

/**
 * Starts a directory. The relays hold these events; there are no indexers unless a test
 * names one. Every domain says that Bob is at relay B.
 */
export function start(options: OutboxOptions = {}, held: NostrEvent[] = [], weights = new Map()) {
  const test = new SupervisorTest(holding(held));
  const { clock, fake: { memory }, supervisor } = test;
  const published: string[] = [];
  const errors: Error[] = [];
  const failures: RelayFailureError[] = [];
  const asked: string[] = [];
  const world = {
    refusal: undefined as Error | undefined,
    signal: undefined as AbortSignal | undefined,
  };
  const fetch = (url: unknown) => {
    asked.push(String(url));
    return Promise.resolve(
      Response.json({ names: { bob: bob.pubkey }, relays: { [bob.pubkey]: [B] } }),
    );
  };
  const settings = outboxSettings({
    clock,
    random: () => 0.5,
    fetch: fetch as typeof globalThis.fetch,
    indexerRelays: [],
    onError: (error) => errors.push(error),
    onRelayError: (error) => failures.push(error),
    ...options,
  });
  const policy = new UserPolicy(settings);
  const people = new PeopleDirectory({
    settings,
    policy,
    supervisor,
    requests: { clock, memory, random: () => 0.5, maxPages: 0 },
    query: () => Promise.resolve([]),
    publish: (url, event, signal) => {
      published.push(`${url} ${event.id}`);
      world.signal = signal;
      return world.refusal ? Promise.reject(world.refusal) : Promise.resolve();
    },
    weight: (url) => weights.get(url) ?? 1,
    learning: learningPart,
  });
  const find = (text: string, opts?: { signal?: AbortSignal }) =>
    findFilter(text, (hints) => people.addHints(hints), settings, opts?.signal);
  /** The hints of a subject. */
  const hinted = async (subject: string) => {
    const [people, eventsAndGroups] = subject.includes(":") ? [[], [subject]] : [[subject], []];
    const known = await knowledge.known({ people, eventsAndGroups, dm: [], private: [] });
    return known.get(subject)?.hints?.map(({ url, source }) => `${url} ${source}`);
  };
  const { knowledge } = people;
  return {
    test,
    clock,
    people,
    find,
    policy,
    settings,
    errors,
    failures,
    published,
    asked,
    world,
    hinted,
  };
}

/** Lets time pass until a promise is settled, and a second more. */
export async function within<T>(clock: TestClock, promise: Promise<T>): Promise<T> {
  let isOver = false;
  const found = promise.finally(() => isOver = true);
  for (let seconds = 0; seconds < 30 && !isOver; seconds++) {
    await quiet();
    await clock.advance(1_000);
  }
  return await found;
}
