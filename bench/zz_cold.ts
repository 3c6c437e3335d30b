import { COLD, PAGED, WARM } from "./cold_clients.ts";
import { runCold } from "./cold_course.ts";
import { LoopbackNetwork } from "./loopback_network.ts";
const [seed, ...names] = Deno.args;
const clients = { COLD, PAGED, WARM } as any;
using network = await LoopbackNetwork.start({ name: "cold", follows: 1000, relays: 200, days: 7, seed: Number(seed) } as any);
const held = (network.about as any).held;
for (const name of names) {
  const c = await runCold(network as any, clients[name], () => network.traffic());
  const { posts, eose, traffic } = c;
  const at = (q: number) => (posts[Math.max(0, Math.ceil(q * posts.length) - 1)] ?? NaN).toFixed(2);
  const byEose = posts.filter((t) => t <= (eose ?? Infinity)).length;
  console.log(seed, name.padEnd(6), `first ${posts[0]?.toFixed(2)} 50% ${at(.5)} 90% ${at(.9)} last ${at(1)} eose ${eose?.toFixed(2)} byEose ${byEose} posts ${posts.length} ${(100*posts.length/held).toFixed(1)}% moved ${(traffic.relays.events/posts.length).toFixed(2)} conn ${traffic.relays.connections} reqs ${traffic.relays.reqs}`);
}
Deno.exit(0);
