/**
 * Draws from Beta distributions: other clients choose relays by Thompson sampling.
 *
 * @module
 */

/** Tries after which there is no draw: a good generator needs one or two. */
const MAX_TRIES = 100;

/**
 * A random number in [0, 1] from the Beta distribution of `a` and `b`.
 *
 * It is `x / (x + y)` for `x` and `y` from the Gamma distributions of `a` and `b`,
 * after G. Marsaglia and W. W. Tsang, "A Simple Method for Generating Gamma
 * Variables", ACM Transactions on Mathematical Software 26 (2000).
 *
 * @param a A finite number above 0.
 * @param b A finite number above 0.
 * @param random Random numbers in [0, 1). If they are so bad that no draw comes about, the
 * mean is returned.
 * @throws {RangeError} If `a` or `b` is out of its range.
 */
export function sampleBeta(a: number, b: number, random: () => number): number {
  if (!(a > 0 && b > 0 && a < Infinity && b < Infinity)) {
    throw new RangeError(
      `Cannot draw from a Beta distribution: both must be finite and above 0, got ${a} and ${b}`,
    );
  }
  const x = sampleGamma(a, random);
  const share = x / (x + sampleGamma(b, random));
  // Two shapes next to nothing can both give 0.
  return Number.isNaN(share) ? a / (a + b) : share;
}

function sampleGamma(shape: number, random: () => number): number {
  // The method is for shapes from 1 on; the same paper says how to get below.
  if (shape < 1) return sampleGamma(shape + 1, random) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const x = sampleNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < x * x / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
  return NaN;
}

/** By Box and Muller. */
function sampleNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
