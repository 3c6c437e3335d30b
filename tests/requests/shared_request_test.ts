import assert from "node:assert/strict";
import type { RelayConnector } from "../../src/connections/relay_connector.ts";
import type { Planned } from "../../src/plan/replan.ts";
import type { OutboxRequest } from "../../src/requests/outbox_request.ts";
import type { RequestMember } from "../../src/requests/request_member.ts";
import { SharedRequest } from "../../src/requests/shared_request.ts";
import { settled } from "../../testing/test_clock.ts";
import { A } from "../support/relay_records.ts";
import { SlowClock } from "../support/slow_clock.ts";

/** A request of one relay that many share; and how many of them were told that it is over. */
function sharedBy(count: number) {
  const clock = new SlowClock();
  const filters = [{ kinds: [1] }];
  const planned = {
    plan: { routes: new Map([[A, filters]]) },
    assignment: { urls: [A] },
    input: { parts: { scoped: [], unscoped: filters } },
  } as unknown as Planned;
  const asked = {
    isDone: false,
    isHeld: false,
    isCovered: () => false,
    listen: () => Promise.resolve(),
    isAnswered: false,
    progress: () => ({ isAnswered: asked.isAnswered, urls: [A] }),
    unansweredError: (urls: readonly string[]) => new Error(`no answer of ${urls}`),
    dropped: [] as string[],
    drop: (url: string) => void asked.dropped.push(url),
    onProgress: () => {},
  };
  const errors: string[] = [];
  const shared = new SharedRequest(planned, {
    clock,
    stragglerTimeout: 0,
    connector: () => ({}) as RelayConnector,
    together: () => asked as unknown as OutboxRequest,
    alone: () => assert.fail("a request of many is carried out by itself"),
    onUnanswered: ({ message }) => errors.push(`${told.size} told, ${message}`),
  });
  const told = new Set<number>();
  const leaving = Array.from({ length: count }, () => new AbortController());
  const listen = (member: RequestMember, i: number) =>
    member.listen(0, {} as RelayConnector, filters, leaving[i].signal, ([verb]) => {
      if (verb === "EOSE") told.add(i);
    });
  const members = Array.from({ length: count }, () => shared.member(filters, planned, [A]));
  const listening = members.map(listen);
  shared.handedOut();
  const end = async () => {
    asked.isDone = true;
    asked.onProgress();
    await settled();
  };
  return { asked, clock, told, errors, leaving, end, listening };
}

Deno.test("SharedRequest leaves other work its turn between many members that finish at once", async () => {
  const { clock, told, errors, end } = sharedBy(64);
  await end();
  assert.ok(told.size > 0);
  let turns = 0;
  for (let before = 0; told.size < 64; turns++) {
    assert.ok(told.size > before && told.size < before + 32, `${before}, then ${told.size}`);
    assert.deepEqual(errors, []);
    before = told.size;
    await clock.turn();
  }
  assert.ok(turns > 2, `${turns}`);
  await clock.turn();
  assert.deepEqual(errors, [`64 told, no answer of ${A}`]);
});

Deno.test("SharedRequest has few members finish at once", async () => {
  const { told, errors, end } = sharedBy(8);
  await end();
  assert.equal(told.size, 8);
  assert.deepEqual(errors, [`8 told, no answer of ${A}`]);
});

Deno.test("SharedRequest tells nothing to members that leave before it is their turn, nor of them", async () => {
  const { asked, clock, told, errors, leaving, listening, end } = sharedBy(64);
  asked.isAnswered = true;
  await end();
  const before = told.size;
  assert.ok(before < 64);
  for (const one of leaving) one.abort();
  await Promise.all(listening);
  asked.isAnswered = false;
  while (clock.isSet) await clock.turn();
  assert.equal(told.size, before);
  assert.deepEqual(errors, []);
});

Deno.test("SharedRequest lets go of relays that nobody needs, and looks for none where all leave", async () => {
  for (const stays of [1, 0]) {
    const { asked, clock, leaving, end } = sharedBy(8);
    await end();
    asked.progress = () => ({ isAnswered: true, urls: [] });
    for (const one of leaving.slice(stays)) one.abort();
    await settled();
    assert.deepEqual(asked.dropped, []);
    while (clock.isSet) await clock.turn();
    assert.deepEqual(asked.dropped, stays > 0 ? [A] : []);
  }
});
