/**
 * Sends back whatever comes to its client port: `deno run … bench/transport/echo.ts ENGINE MECHANISM PORT`. A message of one byte is answered with the
 * processor time this process has used, in microseconds, as text.
 */
import process from "node:process";
import { type Engine, type Mechanism, openReplica } from "./engines.ts";

const [engine, mechanism, port] = Deno.args;
const first = Number(port);
const node = { id: "r1", host: "127.0.0.1", peerPort: first, publishPort: first + 1, clientPort: first + 2 };
const replica = await openReplica(engine as Engine, mechanism as Mechanism, node);
for (;;) {
  for (const { route, frames } of await replica.receive(1000, 256)) {
    replica.sendToClient(route, frames[0]!.length === 1 ? [cpuTime()] : frames);
  }
}

function cpuTime(): Uint8Array {
  const { user, system } = process.cpuUsage();
  return new TextEncoder().encode(`${user + system}`);
}
