/** Subjects of the experiment: a running system, and how this process writes to it. */
import { createClient } from "../../client/mod.ts";
import { readKeyFile } from "../../crypto/keys/key_file.ts";
import { PORTS_PER_REPLICA } from "../../crypto/roster/generate_cluster.ts";
import { loadBackend } from "../../crypto/signing/load_backend.ts";
import { DenoProcess } from "../../tasks/support/deno_process.ts";
import { findFreePorts } from "../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { openClientTransport } from "../../transport/mod.ts";
import { EtcdNodes } from "../etcd/etcd_nodes.ts";
import { connectEtcd } from "../etcd/grpc_put.ts";
import type { Pids } from "../support/proc_sample.ts";
import { withFreeSignatures } from "./free_signatures.ts";
import { ETCD, type Variant } from "./variants.ts";

/** Resolves once the write is acknowledged. */
export type Put = (key: string, value: Uint8Array) => Promise<unknown>;

/** A running system; its processes end when it is disposed of. */
export interface Subject extends AsyncDisposable {
  readonly name: string;
  readonly servers: Pids;
  readonly put: Put;
}

const ETCD_NODES = 3;
/** A file system in memory, on Linux. */
const IN_MEMORY = "/dev/shm";
const CALL_MS = 300_000;

/** Starts etcd with data in `dir`, and connects to its leader once, unencrypted. */
export async function openEtcd(dir: string): Promise<Subject> {
  await using stack = new AsyncDisposableStack();
  const nodes = stack.use(await EtcdNodes.start(ETCD_NODES, dir));
  const { puts: [put], close } = await connectEtcd(await nodes.leaderUrl(), 1);
  stack.defer(close);
  const running = stack.move();
  return { name: ETCD, servers: nodes.pids, put: put!, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Starts a cluster of ours with keys in `dir`, and connects one client. */
export async function openVariant(variant: Variant, dir: string): Promise<Subject> {
  const { name, profile, replicas, plaintext: insecurePlaintext, memory } = variant;
  const basePort = findFreePorts(replicas * PORTS_PER_REPLICA);
  const plan = { dir, replicas, clients: 1, basePort, constants: { profile }, insecurePlaintext };
  await using stack = new AsyncDisposableStack();
  const cluster = stack.use(await LocalCluster.open(plan));
  const data = memory ? await inMemory(stack) : `${dir}/data`;
  const servers: Record<string, number> = {};
  await Promise.all(cluster.ids.map(async (id) => {
    const args = [...cluster.credentials(id), "--data", `${data}/${id}`, "--free", variant.free];
    const process = stack.use(new DenoProcess(memory ? ["-A"] : "demo", "bench/experiment/replica.ts", args));
    servers[id] = (await cluster.ready(id, process)).pid;
  }));
  const client = await connect(cluster, variant);
  stack.defer(() => client.close());
  const running = stack.move();
  const put: Put = (key, value) => client.put(key, value, { timeoutMs: CALL_MS });
  return { name, servers, put, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Makes a directory in memory by other programs: Deno opens nothing below /dev to a process without every permission. */
async function inMemory(stack: AsyncDisposableStack): Promise<string> {
  const run = (command: string, ...args: string[]) => new Deno.Command(command, { args }).output();
  const { stdout } = await run("mktemp", "-d", "-p", IN_MEMORY);
  const data = new TextDecoder().decode(stdout).trim();
  if (!data.startsWith(IN_MEMORY)) throw new Error(`wanted a directory in ${IN_MEMORY}, mktemp gave "${data}"`);
  stack.defer(() => run("rm", "-r", data).then(() => {}));
  return data;
}

async function connect({ dir, roster }: LocalCluster, { free, plaintext: insecurePlaintext }: Variant) {
  const { backend: real } = await loadBackend("auto");
  const key = await readKeyFile(`${dir}/c1.key`, real);
  const backend = withFreeSignatures(real, free, roster, "client");
  return createClient({
    ...{ roster, key, backend, maxGroup: 1 },
    transport: await openClientTransport({ roster, key, insecurePlaintext }),
  });
}
