/**
 * A WebSocket client that takes any frame, for relays that break the protocol.
 *
 * @module
 */

/** A frame as it came, or `undefined` once the connection is gone. */
export type Frame = string | ArrayBuffer | undefined;

/** One connection; what arrives is kept until {@link FrameClient.next} takes it. */
export class FrameClient implements AsyncDisposable {
  /** Settles when the connection is gone: `true` after a proper closing handshake. */
  readonly closed: Promise<boolean>;
  readonly #socket: WebSocket;
  readonly #frames: Frame[] = [];
  readonly #waiting: ((frame: Frame) => void)[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.#take(data);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.closed = promise;
    socket.onclose = ({ wasClean }) => {
      this.#take(undefined);
      resolve(wasClean);
    };
  }

  /**
   * Connects.
   *
   * @throws {Error} If no WebSocket opens, with the runtime's text.
   */
  static async connect(url: string): Promise<FrameClient> {
    const socket = new WebSocket(url);
    const client = new FrameClient(socket);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.onopen = () => resolve();
    socket.onerror = (event) => reject(new Error((event as ErrorEvent).message));
    await promise;
    return client;
  }

  /** Sends a message. */
  send(...message: unknown[]): void {
    this.#socket.send(JSON.stringify(message));
  }

  /** The next frame. */
  next(): Promise<Frame> {
    if (this.#frames.length > 0) return Promise.resolve(this.#frames.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The next frames, parsed, up to the first with this verb, which is left out. */
  async until(verb: string): Promise<unknown[][]> {
    const messages: unknown[][] = [];
    for (;;) {
      const frame = await this.next();
      if (typeof frame !== "string") throw new Error(`Expected ${verb}, got ${frame}`);
      const message = JSON.parse(frame);
      if (message[0] === verb) return messages;
      messages.push(message);
    }
  }

  /** Begins to close. */
  close(): void {
    if (this.#socket.readyState < WebSocket.CLOSING) this.#socket.close();
  }

  /** Closes the connection, and waits until the relay has agreed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  #take(frame: Frame): void {
    const resolve = this.#waiting.shift();
    if (resolve) resolve(frame);
    else this.#frames.push(frame);
  }
}
