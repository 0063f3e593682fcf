/** The client as a process of its own, over ZeroMQ, against scripted replicas. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createZmqReplicaTransport } from "../../transport/mod.ts";
import { FakeCluster, SILENT } from "./fake_cluster.ts";
import { PATIENCE_MS } from "./with_cluster.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { signRoster } from "../../crypto/roster/roster.ts";
import { writeKeyFile } from "../../crypto/keys/key_file.ts";

/** Ports that were free a moment ago. */
function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

/** Scripted replicas behind real sockets. Their peer ports serve nothing, so three ports a replica are taken one by one. */
function startOverZmq(): Promise<FakeCluster> {
  const ports = freePorts(12);
  return FakeCluster.start({
    ports: ports.slice(0, 4),
    scripts: { r2: SILENT },
    attach: (id, roster: Roster) => {
      const at = roster.replicas.findIndex((replica) => replica.id === id);
      const bind = { host: "127.0.0.1", clientPort: ports[at]!, peerPort: ports[4 + at]!, publishPort: ports[8 + at]! };
      return createZmqReplicaTransport({ bind, peers: [] });
    },
  });
}

async function writeFiles(cluster: FakeCluster, folder: string): Promise<void> {
  const secret = Uint8Array.fromHex(cluster.key("operator").secretKey);
  await Deno.writeTextFile(`${folder}/cluster.json`, signRoster(cluster.roster, secret, nobleBackend));
  for (const id of ["c1", "operator", "r1"]) await writeKeyFile(`${folder}/${id}.key`, cluster.key(id));
}

async function client(folder: string, args: readonly string[], stdin = "") {
  const main = new URL("../../client/main.ts", import.meta.url);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "--config", config, "-P=client", main.pathname, ...args],
    cwd: folder,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), 2 * PATIENCE_MS);
  try {
    const writer = child.stdin.getWriter();
    // A process that ends without reading closes the pipe; its exit code says the rest.
    await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
    await writer.close().catch(() => {});
    const { code, stdout, stderr } = await child.output();
    return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
  } finally {
    clearTimeout(timer);
  }
}

Deno.test("client process: commands, shell, files and exit codes over ZeroMQ", async () => {
  const folder = await Deno.makeTempDir();
  const cluster = await startOverZmq();
  const as = (key: string, ...args: string[]) => ["--cluster", "cluster.json", "--key", `${key}.key`, ...args];
  try {
    await writeFiles(cluster, folder);
    const [put, shell] = [
      await client(folder, as("c1", "put", "a", "-"), "from stdin"),
      await client(
        folder,
        as("c1", "--json", "shell"),
        "get a\nstatus\ncommand 1\n",
      ),
    ];
    assertEquals(put, { code: 0, out: 'put "a": revision 1, log index 2\n', err: "" });
    assertEquals([shell.code, shell.err], [0, ""]);
    const lines = shell.out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals([lines.length, lines[0].value, lines[1].reachable, lines[2].committed], [3, "from stdin", 3, true]);
    assertEquals((await client(folder, as("operator", "activate", "r1"))).out, "r1 is active\n");

    const replica = await client(folder, as("r1", "get", "a"));
    assertEquals(replica.code, 2);
    assertStringIncludes(replica.err, "of replica r1; wanted a client's");
    const missing = await client(folder, as("nobody", "get", "a"));
    assertEquals(missing.code, 2);
    assertStringIncludes(missing.err, "nobody.key");
    cluster.scripts["r1"] = cluster.scripts["r3"] = SILENT;
    const silent = await client(folder, as("c1", "--json", "--timeout-ms", "300", "get", "a"));
    assertEquals(silent.code, 3);
    assert(JSON.parse(silent.out).error.message.includes("1 of 4 replicas answered"));
  } finally {
    await cluster.close();
    await Deno.remove(folder, { recursive: true });
  }
});
