/**
 * How long connections usually take here: the same on a phone in a tunnel and in a
 * data centre, whichever relay it is.
 *
 * @module
 */

/** As long as nothing has connected, nothing is known of the network either. */
const MAX_TIMEOUT_MS = 10_000;
/** No relay is given up sooner, in milliseconds: one in twenty takes 1.2 s. */
const MIN_TIMEOUT_MS = 2_500;
/** Connections until their times say something. */
const MIN_SAMPLES = 3;

/** Times of connections to any relay, the latest counting most. */
export class ConnectTimeout {
  #count = 0;
  #mean = 0;
  #deviation = 0;

  /** A connection stood after so many milliseconds. */
  record(ms: number): void {
    this.#count++;
    const weight = Math.max(1 / this.#count, 1 / 16);
    const error = ms - this.#mean;
    this.#mean += error * weight;
    this.#deviation += (Math.abs(error) - this.#deviation) * weight;
  }

  /**
   * After how many milliseconds a relay of which nothing is known has failed to
   * connect: 10 s, or once others have connected, their mean and six deviations.
   */
  get timeoutMs(): number {
    if (this.#count < MIN_SAMPLES) return MAX_TIMEOUT_MS;
    return Math.min(MAX_TIMEOUT_MS, Math.max(MIN_TIMEOUT_MS, this.#mean + 6 * this.#deviation));
  }
}
