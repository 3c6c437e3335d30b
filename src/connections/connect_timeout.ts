/**
 * An adaptive connect timeout: how long connections take depends on the network here, a phone in a
 * tunnel or a data centre, as well as on the relay.
 *
 * @module
 */

/** The timeout before anything has connected, and the longest ever. */
const MAX_TIMEOUT_MS = 10_000;
/** The shortest timeout: one relay in twenty takes 1.2 s. */
const MIN_TIMEOUT_MS = 2_500;
/** Connections after which their times say something. */
const MIN_SAMPLES = 3;

/** The connect times of all relays, the latest counting most, and the timeout that follows. */
export class ConnectTimeout {
  #count = 0;
  #mean = 0;
  #deviation = 0;

  /** Records that a connection was open after `ms` milliseconds. */
  record(ms: number): void {
    this.#count++;
    const weight = Math.max(1 / this.#count, 1 / 16);
    const error = ms - this.#mean;
    this.#mean += error * weight;
    this.#deviation += (Math.abs(error) - this.#deviation) * weight;
  }

  /**
   * After how many milliseconds an unknown relay has failed to connect: 10,000; once others have
   * connected their mean and six deviations, within 2,500 and 10,000.
   */
  get timeoutMs(): number {
    if (this.#count < MIN_SAMPLES) return MAX_TIMEOUT_MS;
    return Math.min(MAX_TIMEOUT_MS, Math.max(MIN_TIMEOUT_MS, this.#mean + 6 * this.#deviation));
  }
}
