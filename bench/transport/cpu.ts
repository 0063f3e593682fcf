/** Measures the processor time of receiving and sending back one message, in a process of its own. */
import { freePorts } from "../../tasks/support/free_ports.ts";
import type { ClientTransport } from "../../transport/port.ts";
import { type Engine, type Mechanism, type Node, openClient } from "./engines.ts";

export const BURSTS = [1, 16, 128] as const;
const BYTES = 250;
const ECHO = new URL("./echo.ts", import.meta.url).pathname;
const PATIENCE_MS = 10_000;

/** Processor time of a message in the echoing process, and the time it took there and back, in microseconds. */
export interface Cost {
  readonly cpu: number;
  readonly wall: number;
}

/** Measures every burst for `seconds`, with this engine on both sides. */
export async function measureEcho(engine: Engine, mechanism: Mechanism, seconds: number): Promise<Cost[]> {
  const [peerPort, publishPort, clientPort] = freePorts(3) as [number, number, number];
  const node: Node = { id: "r1", host: "127.0.0.1", peerPort, publishPort, clientPort };
  const args = ["run", "--quiet", "--no-prompt", "--allow-all", ECHO, engine, mechanism, `${peerPort}`];
  await using child = new Deno.Command(Deno.execPath(), { args, stdout: "null" }).spawn();
  const client = await openClient(engine, mechanism, node);
  try {
    await askCpu(client);
    for (const burst of BURSTS) await exchange(client, burst, 0.3);
    const costs: Cost[] = [];
    for (const burst of BURSTS) {
      const [cpuBefore, begin] = [await askCpu(client), performance.now()];
      const count = await exchange(client, burst, seconds);
      const wall = (performance.now() - begin) * 1000 / count;
      costs.push({ cpu: (await askCpu(client) - cpuBefore) / count, wall });
    }
    return costs;
  } finally {
    await client.close();
    child.kill("SIGKILL");
  }
}

async function exchange(client: ClientTransport, burst: number, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  const message = [new Uint8Array(BYTES)];
  let count = 0;
  while (performance.now() < end) {
    for (let sent = 0; sent < burst; sent++) client.send("r1", message);
    for (let received = 0; received < burst;) {
      const answers = await client.receive(PATIENCE_MS, 256);
      if (answers.length === 0) throw new Error(`Only ${received} of ${burst} messages came back`);
      received += answers.length;
    }
    count += burst;
  }
  return count;
}

async function askCpu(client: ClientTransport): Promise<number> {
  client.send("r1", [new Uint8Array(1)]);
  const [answer] = await client.receive(PATIENCE_MS, 1);
  if (answer === undefined) throw new Error("The echoing process does not answer");
  return Number(new TextDecoder().decode(answer.frames[0]));
}
