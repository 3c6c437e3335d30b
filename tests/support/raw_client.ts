/**
 * A WebSocket client for JSON arrays, to see each message of a relay in tests.
 *
 * @module
 */

/** One connection; what arrives is kept until {@link RawClient.next} takes it. */
export class RawClient implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #messages: unknown[][] = [];
  readonly #waiting: ((message: unknown[]) => void)[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      const resolve = this.#waiting.shift();
      if (resolve) resolve(message);
      else this.#messages.push(message);
    };
  }

  /**
   * Connects.
   *
   * @throws {Error} If there is no WebSocket at that address.
   */
  static async connect(url: string): Promise<RawClient> {
    const socket = new WebSocket(url);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error(`Cannot connect to ${url}`));
    await promise;
    return new RawClient(socket);
  }

  /** Sends a message; a string is sent as it is. */
  send(message: unknown[] | string): void {
    this.#socket.send(
      typeof message === "string" ? message : JSON.stringify(message),
    );
  }

  /** The next message, once there is one. */
  next(): Promise<unknown[]> {
    const message = this.#messages.shift();
    if (message) return Promise.resolve(message);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The ids of the events up to the next message that is not EVENT. */
  async answer(): Promise<{ ids: string[]; end: unknown[] }> {
    const ids: string[] = [];
    for (;;) {
      const message = await this.next();
      if (message[0] !== "EVENT") return { ids, end: message };
      ids.push((message[2] as { id: string }).id);
    }
  }

  /** Closes the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.onclose = () => resolve();
    this.#socket.close();
    await promise;
  }
}
