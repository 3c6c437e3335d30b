/**
 * A program that accepts connections and is no relay: on one port it says nothing, on another it
 * answers every request with an error of HTTP. Prints both ports as a line of JSON.
 *
 * @module
 */

const silent = Deno.listen({ hostname: "0.0.0.0", port: 0 });
const failing = Deno.listen({ hostname: "0.0.0.0", port: 0 });
const answer = new TextEncoder().encode(
  "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n",
);
console.log(JSON.stringify([silent, failing].map(({ addr }) => (addr as Deno.NetAddr).port)));

async function readAll(connection: Deno.Conn): Promise<void> {
  await Promise.allSettled([connection.readable.pipeTo(new WritableStream())]);
}

await Promise.all([
  (async () => {
    for await (const connection of silent) void readAll(connection);
  })(),
  (async () => {
    for await (const connection of failing) {
      await Promise.allSettled([connection.write(answer)]);
      connection.close();
    }
  })(),
]);
