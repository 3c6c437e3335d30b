import assert from "node:assert/strict";
import { PrivateEntries } from "../../src/lists/private_entries.ts";
import { settled } from "../../testing/test_clock.ts";
import { RELAYS } from "../support/arbitraries.ts";
import { NOW } from "../support/list_store.ts";
import { openSigner, ownList, sealed, setUp } from "../support/user_lists.ts";

const [A, B, C] = RELAYS;
const relays = (...urls: string[]) => urls.map((url) => ["relay", url]);
const hanging = { nip44: { decrypt: () => new Promise<string>(() => {}) } };

Deno.test("PrivateEntries call the signer once for each version of each kind", async () => {
  const { signer, calls } = openSigner();
  const entries = new PrivateEntries(signer, (error) => assert.fail(error));
  const first = ownList(10006, [], sealed(relays(A)));
  const second = ownList(10006, [], { ...sealed(relays(B)), created_at: NOW + 1 });
  const other = ownList(10007, [], sealed(relays(C)));
  for (const event of [first, first, other, first, second, second, other]) {
    assert.deepEqual(await entries.of(event), JSON.parse(event.content));
  }
  assert.deepEqual(calls.map(([, , text]) => text), [first, other, second].map((e) => e.content));
});

Deno.test("PrivateEntries report once what cannot be read, and have no tags then", async () => {
  const errors: Error[] = [];
  const answers: Record<string, () => Promise<string>> = {
    "is no JSON": () => Promise.resolve("{"),
    "is no list": () => Promise.resolve('{"relay":1}'),
    "is null": () => Promise.resolve("null"),
    "is no text": () => Promise.resolve(undefined as unknown as string),
  };
  for (const decrypt of Object.values(answers)) {
    const entries = new PrivateEntries({ nip44: { decrypt } }, (error) => errors.push(error));
    const event = ownList(10006, [], { content: "x" });
    for (let i = 0; i < 3; i++) assert.deepEqual(await entries.of(event), []);
  }
  assert.equal(errors.length, Object.keys(answers).length);
  for (const error of errors) {
    assert.match(
      error.message,
      /^Cannot read the private entries of event 0+10006\d+, of kind 10006$/,
    );
    assert.ok(error.cause instanceof Error);
  }
});

Deno.test("PrivateEntries ask a signer that failed again, report that once for each version, and use its answer", async () => {
  const failures: (() => Promise<string>)[] = [
    () => Promise.reject(new Error("denied")),
    () => {
      throw new Error("denied");
    },
  ];
  for (const failure of failures) {
    const errors: Error[] = [];
    let calls = 0;
    const decrypt = (_: string, text: string) => ++calls < 3 ? failure() : Promise.resolve(text);
    const entries = new PrivateEntries({ nip44: { decrypt } }, (error) => errors.push(error));
    const event = ownList(10006, [], sealed(relays(A)));
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await entries.of(event));
    assert.deepEqual(answers, [undefined, undefined, relays(A), relays(A)]);
    assert.deepEqual([calls, errors.length], [3, 1]);
    assert.equal((errors[0].cause as Error).message, "denied");
  }
});

Deno.test("PrivateEntries forget() a signer that does not answer, and ask it anew", async () => {
  let calls = 0;
  const decrypt = (_: string, text: string) =>
    ++calls === 1 ? new Promise<string>(() => {}) : Promise.resolve(text);
  const entries = new PrivateEntries({ nip44: { decrypt } }, (error) => assert.fail(error));
  const event = ownList(10006, [], sealed(relays(A)));
  assert.equal(entries.of(event), entries.of(event));
  entries.forget(10006);
  assert.deepEqual(await entries.of(event), relays(A));
});

Deno.test("PrivateEntries put nothing private into an error", async () => {
  const errors: Error[] = [];
  const decrypt = () => Promise.resolve("wss://secret.example");
  const entries = new PrivateEntries({ nip44: { decrypt } }, (error) => errors.push(error));
  await entries.of(ownList(10006, [], { content: "x" }));
  assert.equal(errors.length, 1);
  assert.doesNotMatch(`${errors[0].message} ${errors[0].cause}`, /secret/);
});

Deno.test("PrivateEntries say which method the signer lacks", async () => {
  const errors: Error[] = [];
  const entries = new PrivateEntries({}, (error) => errors.push(error));
  await entries.of(ownList(10006, [], { content: "x" }));
  await entries.of(ownList(10007, [], { content: "x?iv=y" }));
  assert.deepEqual(errors.map(({ cause }) => (cause as Error).message), [
    'The signer must have "nip44", got undefined',
    'The signer must have "nip04", got undefined',
  ]);
});

Deno.test("UserLists ready() waits for a signer no longer than the timeout; public entries count meanwhile", async () => {
  const { lists, clock, errors } = setUp(
    [ownList(10006, relays(A), sealed(relays(B))), ownList(10007, relays(C), sealed([]))],
    { signer: hanging, timeout: 500 },
  );
  let isReady = false;
  lists.ready().then(() => isReady = true);
  await clock.advance(499);
  assert.deepEqual([isReady, lists.isBlocked(A), lists.search], [false, true, [C]]);
  await clock.advance(1);
  assert.ok(isReady);
  assert.deepEqual(errors.map(({ message }) => message), [
    `No private entries of user ${"aa".repeat(32)}: the signer took over 500 ms`,
  ]);
  lists.close();
  assert.equal(clock.pending, 0);
});

Deno.test("UserLists ask a signer again that fails, with growing pauses, until it answers", async () => {
  const askedAt: number[] = [];
  const decrypt = (_: string, text: string) => {
    askedAt.push((clock.now() - NOW * 1000) / 1000);
    return askedAt.length < 10 ? Promise.reject(new Error("not ready")) : Promise.resolve(text);
  };
  const { lists, clock, errors } = setUp([ownList(10006, relays(A), sealed(relays(B)))], {
    signer: { nip44: { decrypt } },
  });
  await lists.ready();
  assert.deepEqual([lists.isBlocked(A), lists.isBlocked(B)], [true, false]);
  await clock.advance(3_600_000);
  assert.deepEqual(askedAt, [0, 5, 15, 35, 75, 155, 315, 635, 1_235, 1_835]);
  assert.deepEqual([lists.isBlocked(A), lists.isBlocked(B)], [true, true]);
  assert.deepEqual([errors.length, clock.pending], [1, 0]);
});

Deno.test("UserLists ask a signer again that does not answer, and use the first answer that comes", async () => {
  const answers: ((text: string) => void)[] = [];
  const decrypt = () => new Promise<string>((resolve) => answers.push(resolve));
  const { lists, clock } = setUp([ownList(10006, [], sealed(relays(B)))], {
    signer: { nip44: { decrypt } },
  });
  lists.ready();
  await clock.advance(64_999);
  assert.equal(answers.length, 1);
  await clock.advance(1);
  assert.equal(answers.length, 2);
  answers[0](JSON.stringify(relays(B)));
  await settled();
  assert.deepEqual([lists.isBlocked(B), clock.pending], [true, 0]);
});

Deno.test("UserLists ask no signer again for a version that is no longer the last, or after close()", async () => {
  let calls = 0;
  const decrypt = () => (calls++, Promise.reject(new Error("not ready")));
  const { lists, clock, source } = setUp([ownList(10006, [], sealed(relays(B)))], {
    signer: { nip44: { decrypt } },
  });
  await lists.ready();
  source.put(ownList(10006, relays(A), { created_at: NOW + 1 }));
  await clock.advance(3_600_000);
  assert.deepEqual([calls, clock.pending], [1, 0]);
  source.put(ownList(10006, [], { ...sealed([]), created_at: NOW + 2 }));
  await settled();
  lists.close();
  await clock.advance(3_600_000);
  assert.deepEqual([calls, clock.pending], [2, 0]);
});

Deno.test("UserLists useSigner() decrypts with another signer, and keeps what was read until it answers", async () => {
  const { lists } = setUp([ownList(10006, relays(A), sealed(relays(B)))]);
  const { signer } = openSigner();
  lists.useSigner(signer);
  await lists.ready();
  assert.deepEqual([A, B].map((url) => lists.isBlocked(url)), [true, true]);
  const { promise, resolve } = Promise.withResolvers<string>();
  lists.useSigner({ nip44: { decrypt: () => promise } });
  await settled();
  assert.deepEqual([A, B].map((url) => lists.isBlocked(url)), [true, true]);
  resolve("[]");
  await lists.ready();
  assert.deepEqual([A, B].map((url) => lists.isBlocked(url)), [true, false]);
  lists.useSigner(signer);
  await lists.ready();
  lists.useSigner(undefined);
  await lists.ready();
  assert.deepEqual([A, B].map((url) => lists.isBlocked(url)), [true, false]);
});

Deno.test("UserLists ready() waits three seconds by default", async () => {
  const { lists, clock } = setUp([ownList(10006, [], sealed([]))], { signer: hanging });
  let isReady = false;
  lists.ready().then(() => isReady = true);
  await clock.advance(2_999);
  assert.ok(!isReady);
  await clock.advance(1);
  assert.ok(isReady);
});

Deno.test("UserLists use private entries that come late from then on, and notify listeners", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const signer = { nip44: { decrypt: () => promise } };
  const { lists, clock } = setUp([ownList(10006, [], sealed(relays(B)))], { signer });
  const ready = lists.ready();
  await clock.advance(3_000);
  await ready;
  let changes = 0;
  lists.onChange(() => changes++);
  assert.ok(!lists.isBlocked(B));
  resolve(JSON.stringify(relays(B)));
  await settled();
  assert.deepEqual([lists.isBlocked(B), changes], [true, 1]);
});

Deno.test("UserLists keep the private entries of the last version while a new one is decrypted", async () => {
  const { lists, source, errors } = setUp([ownList(10006, relays(A), sealed(relays(B)))], {
    signer: openSigner().signer,
  });
  await lists.ready();
  const seen: boolean[][] = [];
  lists.onChange(() => seen.push([A, B, C].map((url) => lists.isBlocked(url))));
  source.put(ownList(10006, [], { ...sealed(relays(C)), created_at: NOW + 1 }));
  await settled();
  assert.deepEqual(seen, [[false, true, false], [false, false, true]]);
  source.put(ownList(10006, relays(A), { created_at: NOW + 2 }));
  await settled();
  assert.deepEqual(seen.at(-1), [true, false, false], "a version without any has none");
  assert.deepEqual(errors, []);
});

Deno.test("UserLists take nothing from a signer that decrypts an older version after a newer one", async () => {
  const answers: ((text: string) => void)[] = [];
  const decrypt = () => new Promise<string>((resolve) => answers.push(resolve));
  const { lists, source } = setUp([ownList(10006, [], sealed([]))], {
    signer: { nip44: { decrypt } },
  });
  lists.ready();
  await settled();
  source.put(ownList(10006, [], { content: "x", created_at: NOW + 1 }));
  await settled();
  answers[1](JSON.stringify(relays(B)));
  await settled();
  answers[0](JSON.stringify(relays(A)));
  await settled();
  assert.deepEqual([lists.isBlocked(A), lists.isBlocked(B)], [false, true]);
});
