import fc from "fast-check";
import assert from "node:assert/strict";
import { sampleBeta } from "../../src/base/beta_distribution.ts";
import { createRandom } from "../../testing/random.ts";

const shape = fc.double({ min: 1e-3, max: 1e4, noNaN: true });

Deno.test("sampleBeta() draws with the mean and the variance of the distribution", () => {
  const random = createRandom(1);
  for (const [a, b] of [[0.2, 0.3], [0.5, 3], [1, 1], [4.25, 0.75], [2, 5], [180, 20]]) {
    const draws = Array.from({ length: 20_000 }, () => sampleBeta(a, b, random));
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
    const expected = a * b / ((a + b) ** 2 * (a + b + 1));
    // Four standard errors of a mean of so many.
    const close = 4 * Math.sqrt(expected / draws.length);
    assert.ok(Math.abs(mean - a / (a + b)) < close, `Beta(${a}, ${b}) has mean ${mean}`);
    assert.ok(Math.abs(variance / expected - 1) < 0.1, `Beta(${a}, ${b}) varies by ${variance}`);
  }
});

Deno.test("sampleBeta() of one and one is as likely anywhere", () => {
  const random = createRandom(2);
  const draws = Array.from({ length: 10_000 }, () => sampleBeta(1, 1, random)).sort((x, y) =>
    x - y
  );
  // Kolmogorov and Smirnov: one in a thousand is further off than 1.95 / sqrt(n).
  const off = draws.map((draw, i) => Math.abs(draw - (i + 0.5) / draws.length));
  assert.ok(Math.max(...off) < 0.0195, `${Math.max(...off)}`);
});

Deno.test("sampleBeta() stays in [0, 1], and the same dice give the same", () => {
  fc.assert(fc.property(shape, shape, fc.integer(), (a, b, seed) => {
    const draw = sampleBeta(a, b, createRandom(seed));
    assert.ok(draw >= 0 && draw <= 1, `${draw}`);
    assert.equal(sampleBeta(a, b, createRandom(seed)), draw);
  }));
});

Deno.test("sampleBeta() ends whatever the dice are: bad ones give the mean at worst", () => {
  for (const value of [0, 0.5, 1 - 2 ** -53, 1, NaN, -1, 7]) {
    fc.assert(fc.property(shape, shape, (a, b) => {
      const draw = sampleBeta(a, b, () => value);
      assert.ok(draw >= 0 && draw <= 1, `dice of ${value}: ${draw}`);
    }));
  }
  assert.equal(sampleBeta(3, 1, () => NaN), 0.75);
});

Deno.test("sampleBeta() refuses what is no distribution", () => {
  for (const bad of [0, -1, NaN, Infinity]) {
    assert.throws(() => sampleBeta(bad, 1, Math.random), RangeError);
    assert.throws(
      () => sampleBeta(1, bad, Math.random),
      new RangeError(
        `Cannot draw from a Beta distribution: both must be finite and above 0, got 1 and ${bad}`,
      ),
    );
  }
});
