import assert from "node:assert/strict";
import { useVerifier } from "../../src/signatures/default_verifier.ts";
import { Signer } from "../../testing/signer.ts";

const [post, other] = [1, 2].map((seed) => new Signer(seed).sign());

Deno.test("useVerifier() knows genuine events from forged ones", async () => {
  const verifier = useVerifier();
  // At once, or later where the program is busy.
  assert.equal(await verifier.verify({ ...post }), true);
  assert.equal(await verifier.verify({ ...post, content: "forged" }), false);
  assert.equal(await verifier.verify({ ...post, sig: other.sig }), false);
  verifier.close();
  verifier.close();
});

Deno.test("useVerifier() believes an app's store in its own outbox alone", async () => {
  const [one, two] = [useVerifier(), useVerifier()];
  const unsigned = { ...post, sig: "0".repeat(128) };
  one.trust([unsigned]);
  assert.equal(await one.verify(unsigned), true);
  assert.equal(await two.verify(unsigned), false);
  one.close();
  two.close();
});

Deno.test("useVerifier() asks an app's own verifier once for each event", async () => {
  const asked: string[] = [];
  const verifier = useVerifier({
    verifyEvent: ({ id }) => {
      asked.push(id);
      return Promise.resolve(id === post.id);
    },
  });
  const results = [verifier.verify(post), verifier.verify({ ...post }), verifier.verify(other)];
  assert.deepEqual(await Promise.all(results), [true, true, false]);
  assert.equal(verifier.verify(post), true);
  assert.deepEqual(asked, [post.id, other.id]);
  verifier.close();
});

Deno.test("useVerifier() prepares nothing where an app verifies by itself", () => {
  const verifier = useVerifier({
    verifyEvent: () => assert.fail("it has no event"),
    verifyWorker: () => assert.fail("it needs no worker"),
    clock: { now: () => 0, after: () => assert.fail("nothing is to be done later") },
  });
  verifier.expect(1_000);
  verifier.close();
});

Deno.test("useVerifier() starts the app's own worker where many events wait, and does without if that fails", async () => {
  let starts = 0;
  const verifier = useVerifier({
    verifyWorker: () => {
      starts++;
      throw new Error("content policy");
    },
  });
  const signer = new Signer(3);
  const events = Array.from({ length: 400 }, (_, i) => signer.sign({ content: `${i}` }));
  const results = await Promise.all(events.map((event, i) => {
    return verifier.verify(i % 50 ? event : { ...event, content: "forged" });
  }));
  assert.deepEqual(results, events.map((_, i) => i % 50 > 0));
  assert.equal(starts, 1);
  verifier.close();
});
