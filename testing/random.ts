/**
 * Seeded random numbers: the same seed gives the same sequence on every machine.
 *
 * @module
 */

/** Returns the next number in [0, 1). */
export type Random = () => number;

/** A generator (sfc32) whose whole state comes from `seed`. */
export function createRandom(seed: number): Random {
  let a = seed | 0, b = 0x9e3779b9 | 0, c = (seed ^ 0x5bd1e995) | 0, d = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t | 0;
    return (t >>> 0) / 4294967296;
  };
  // The first numbers still show the seed.
  for (let i = 0; i < 15; i++) next();
  return next;
}

/** An integer in [0, n). */
export function below(random: Random, n: number): number {
  return Math.floor(random() * n);
}

/** One of the items. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[below(random, items.length)];
}

/** The items in a random order, as a new array. */
export function shuffled<T>(random: Random, items: Iterable<T>): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = below(random, i + 1);
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

/** A normal deviate, mean 0, deviation 1. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) *
    Math.cos(2 * Math.PI * random());
}

/** A lognormal deviate by its median and the deviation of its logarithm. */
export function lognormal(
  random: Random,
  median: number,
  sigma: number,
): number {
  return median * Math.exp(sigma * normal(random));
}

/** An exponential deviate by its mean. */
export function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random());
}

/** 64 lowercase hex characters. */
export function hex64(random: Random): string {
  let out = "";
  for (let i = 0; i < 8; i++) {
    out += below(random, 4294967296).toString(16).padStart(8, "0");
  }
  return out;
}

/** Draws indices in proportion to `weights`. */
export function weighted(
  random: Random,
  weights: ArrayLike<number>,
): () => number {
  const sums = new Float64Array(weights.length);
  let total = 0;
  for (let i = 0; i < weights.length; i++) sums[i] = total += weights[i];
  return () => {
    const at = random() * total;
    let low = 0, high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Draws ranks 0 to n - 1 with a probability of `1 / (rank + 1) ** exponent`. */
export function zipf(random: Random, n: number, exponent = 1): () => number {
  return weighted(
    random,
    Float64Array.from({ length: n }, (_, rank) => (rank + 1) ** -exponent),
  );
}
