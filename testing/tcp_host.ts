/**
 * A TCP server that sends exactly the bytes that a test gives it.
 *
 * @module
 */

/** What a host does with one connection; the host closes it afterwards. */
export type Talk = (conn: Deno.TcpConn) => Promise<void>;

/** A listener on 127.0.0.1 that can drop its clients without a closing handshake. */
export class TcpHost implements AsyncDisposable {
  /** How many connections were accepted. */
  connections = 0;
  readonly #talk: Talk;
  readonly #listener: Deno.TcpListener;
  readonly #open = new Map<Deno.TcpConn, Promise<void>>();
  readonly #accepting: Promise<void>;

  private constructor(talk: Talk) {
    this.#talk = talk;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#accepting = this.#accept();
  }

  /** Starts a host; it listens when this returns. */
  static start(talk: Talk): TcpHost {
    return new TcpHost(talk);
  }

  /** The port. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** How many connections are open now. */
  get open(): number {
    return this.#open.size;
  }

  /** Drops every connection at once, without a closing handshake. */
  async cut(): Promise<void> {
    const talks = [...this.#open.values()];
    for (const conn of this.#open.keys()) closeConn(conn);
    await Promise.all(talks);
  }

  /** Cuts every connection and stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    await this.cut();
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) {
      this.connections++;
      this.#open.set(conn, this.#serve(conn));
    }
  }

  async #serve(conn: Deno.TcpConn): Promise<void> {
    try {
      await this.#talk(conn);
    } catch (error) {
      if (!isGone(error)) throw error;
    } finally {
      closeConn(conn);
      this.#open.delete(conn);
    }
  }
}

/** Reads and discards what a client sends until it hangs up. */
export async function readToEnd(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  while (await conn.read(buffer) !== null) { /* The bytes are of no use. */ }
}

/** Reads up to the first empty line, such as the one that ends an HTTP request's head. */
export async function readHead(conn: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array(4_096);
  let head = "";
  while (!head.includes("\r\n\r\n")) {
    const length = await conn.read(buffer);
    if (length === null) throw new Deno.errors.ConnectionReset("The client hung up");
    head += new TextDecoder().decode(buffer.subarray(0, length));
  }
  return head;
}

/** Writes a text or bytes completely. */
export async function writeAll(conn: Deno.TcpConn, data: string | Uint8Array): Promise<void> {
  let rest = typeof data === "string" ? new TextEncoder().encode(data) : data;
  while (rest.length > 0) rest = rest.subarray(await conn.write(rest));
}

/** Answers a request for a WebSocket as the RFC asks (6455, 4.2.2). */
export async function shakeHands(conn: Deno.TcpConn): Promise<void> {
  const key = /^sec-websocket-key: *(.*?) *\r$/im.exec(await readHead(conn))?.[1] ?? "";
  const text = new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", text));
  await writeAll(
    conn,
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${btoa(String.fromCharCode(...digest))}\r\n\r\n`,
  );
}

/** Whether an error only says that either side has closed the connection. */
function isGone(error: unknown): boolean {
  const { BadResource, BrokenPipe, ConnectionReset, Interrupted } = Deno.errors;
  return [BadResource, BrokenPipe, ConnectionReset, Interrupted]
    .some((kind) => error instanceof kind);
}

function closeConn(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch (error) {
    if (!isGone(error)) throw error; // It was closed before.
  }
}
