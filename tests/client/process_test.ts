/** The client as a separate process, over ZMTP, against scripted replicas. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { writeKeyFile } from "../../crypto/keys/key_file.ts";
import type { SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { rosterText, signRoster } from "../../crypto/roster/roster.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { freePorts } from "../../tasks/support/free_ports.ts";
import { openReplicaTransport } from "../../transport/mod.ts";
import { type Arrival, FakeCluster } from "./fake_cluster.ts";
import { successorOf } from "./fake_epochs.ts";
import { lineOf, newFakeKey } from "./fake_roster.ts";
import { SILENT } from "./fake_scripts.ts";
import { PATIENCE_MS, until } from "./with_fake_cluster.ts";

/** Scripted replicas behind real sockets. Their peer ports serve nothing, so three ports a replica are taken one by one. */
function startOverZmtp(): Promise<FakeCluster> {
  const ports = freePorts(12);
  return FakeCluster.start({
    ports: ports.slice(0, 4),
    scripts: { r2: SILENT },
    attach: (id, roster, key) => {
      const at = roster.replicas.findIndex((replica) => replica.id === id);
      const bind = { host: "127.0.0.1", clientPort: ports[at]!, peerPort: ports[4 + at]!, publishPort: ports[8 + at]! };
      return openReplicaTransport({ roster, key, bind });
    },
  });
}

async function writeFiles(cluster: FakeCluster, folder: string): Promise<void> {
  const secret = Uint8Array.fromHex(cluster.key("operator").secretKey);
  await Deno.writeTextFile(`${folder}/cluster.json`, signRoster(cluster.roster, secret, nobleBackend));
  for (const id of ["c1", "operator", "r1"]) await writeKeyFile(`${folder}/${id}.key`, cluster.key(id));
}

const MAIN = new URL("../../client/main.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const CLIENT = ["run", "-q", "--no-prompt", "--config", CONFIG, "-P=client", MAIN];

const client = (folder: string, args: readonly string[], stdin = "") =>
  run(folder, Deno.execPath(), [...CLIENT, ...args], stdin);

/** Runs the client through a shell's line, in which `"$@"` is the client with `args`. */
const clientIn = (folder: string, line: string, args: readonly string[]) =>
  run(folder, "sh", ["-c", line, "sh", Deno.execPath(), ...CLIENT, ...args]);

async function run(folder: string, program: string, args: readonly string[], stdin = "") {
  const command = new Deno.Command(program, {
    args: [...args],
    ...{ cwd: folder, stdin: "piped", stdout: "piped", stderr: "piped" },
  });
  const child = command.spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), 2 * PATIENCE_MS);
  try {
    const writer = child.stdin.getWriter();
    // A process that ends without reading closes the pipe; its exit code tells the rest.
    await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
    await writer.close().catch(() => {});
    const { code, stdout, stderr } = await child.output();
    return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs `body` with scripted replicas, in a folder of their keys. */
async function withFiles(body: (folder: string, cluster: FakeCluster) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const cluster = await startOverZmtp();
  try {
    await writeFiles(cluster, folder);
    await body(folder, cluster);
  } finally {
    await cluster.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const as = (key: string, ...args: string[]) => ["--cluster", "cluster.json", "--key", `${key}.key`, ...args];

Deno.test({
  name: "client process: arguments that are not UTF-8 are refused, so that two keys are never one",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFiles(async (folder) => {
      const put = (bytes: string) => clientIn(folder, `exec "$@" put "$(printf '${bytes}')" one`, as("c1"));
      for (const { code, out, err } of [await put("col\\376"), await put("col\\377")]) {
        assertEquals([code, out], [2, ""]);
        assertStringIncludes(err, "with bytes that are not UTF-8");
      }
      const value = await clientIn(folder, `printf '\\377\\376\\001' | "$@" put key -`, as("c1"));
      assertEquals(value.code, 0, value.err);
      assertEquals((await client(folder, as("c1", "get", "key", "--hex"))).out, "fffe01\n");
      assertEquals(JSON.parse((await client(folder, as("c1", "--json", "list"))).out).items.length, 1);
    }),
});

Deno.test({
  name: "client process: an output that is full or closed is one line on standard error and exit code 1",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFiles(async (folder) => {
      const full = '"$@" >/dev/full';
      // The reader is gone before the client starts.
      const closed = `trap '' PIPE; { while printf . 2>/dev/null; do :; done; "$@"; echo "code $?" >&2; } | true`;
      for (const args of [["put", "k", "v"], ["--json", "get", "k"], ["--help"], ["--json", "bogus"]]) {
        const { code, err } = await clientIn(folder, full, as("c1", ...args));
        assertEquals([code, err.split("\n").length], [1, 2], err);
        assertStringIncludes(err, "client: standard output was given a result and took no more of it (No space left");
        const piped = await clientIn(folder, closed, as("c1", ...args));
        assertEquals(piped.err.split("\n").slice(1), ["code 1", ""], piped.err);
        assertStringIncludes(piped.err, "took no more of it (Broken pipe");
      }
      const shell = await clientIn(folder, `printf 'put a 1\\nput b 1\\n' | "$@" shell >/dev/full`, as("c1"));
      assertEquals([shell.code, shell.err.split("\n").length], [1, 2], shell.err);
      const keys = JSON.parse((await client(folder, as("c1", "--json", "list"))).out).items as { key: string }[];
      assertEquals(keys.map(({ key }) => key), ["a", "k"], "the line behind the lost answer is not run");
    }),
});

Deno.test("client process: commands, shell, files and exit codes over ZMTP", () =>
  withFiles(async (folder, cluster) => {
    const [put, shell] = [
      await client(folder, as("c1", "put", "a", "-"), "from stdin"),
      await client(
        folder,
        as("c1", "--json", "shell"),
        "get a\nstatus\ncommand 2\n",
      ),
    ];
    assertEquals(put, { code: 0, out: 'put "a": revision 1, log index 2\n', err: "" });
    assertEquals([shell.code, shell.err], [0, ""]);
    const lines = shell.out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals([lines.length, lines[0].value, lines[1].reachable, lines[2].committed], [3, "from stdin", 3, true]);
    assertEquals((await client(folder, as("operator", "activate", "r1"))).out, "r1 is active\n");

    const replica = await client(folder, as("r1", "get", "a"));
    assertEquals(replica.code, 2);
    assertStringIncludes(replica.err, "key of replica r1: given a replica's, wanted a client's or the operator's");
    const missing = await client(folder, as("nobody", "get", "a"));
    assertEquals(missing.code, 2);
    assertStringIncludes(missing.err, "nobody.key");
    cluster.scripts["r1"] = cluster.scripts["r3"] = SILENT;
    const silent = await client(folder, as("c1", "--json", "--timeout-ms", "1500", "get", "a"));
    assertEquals(silent.code, 3);
    assert(JSON.parse(silent.out).error.message.includes("1 of 4 replicas answered"));
  }));

/** Starts r5 behind real sockets, and returns the roster that has it in the place of r4. */
async function withFifth(cluster: FakeCluster): Promise<SignedRoster> {
  const key = newFakeKey(cluster.keys, "replica", "r5");
  const [clientPort, peerPort, publishPort] = freePorts(3);
  const line = { ...lineOf(key, 4, clientPort), peerPort: peerPort!, publishPort: publishPort! };
  const replicas = [...cluster.roster.replicas.slice(0, 3), line];
  const next = successorOf(cluster.epochs.newest, { replicas }, cluster.key("operator"));
  const bind = { host: "127.0.0.1", clientPort: clientPort!, peerPort: peerPort!, publishPort: publishPort! };
  cluster.keys.set("r5", key);
  cluster.attach("r5", await openReplicaTransport({ roster: next.roster, key, bind }));
  return next;
}

Deno.test("§13.12 client process: changes the roster, keeps it beside the file, and begins with it the next time", () =>
  withFiles(async (folder, cluster) => {
    const next = await withFifth(cluster);
    await Deno.writeTextFile(`${folder}/next.json`, rosterText(next.raw, next.roster.operatorKey, next.signatures));
    const changed = await client(folder, as("c1", "reconfigure", "next.json"));
    assertEquals([changed.code, changed.err], [0, ""]);
    assertStringIncludes(changed.out, "replaces replica r4");
    assertMatch(
      changed.out,
      /\nepoch 1 ended\n(epoch 2 begun by .+\n)*epoch 2 begun by r1, r3, r5 \(3 of 4, wanted 3\)\ndone\n$/,
    );
    const asked = () => cluster.arrivals.filter(({ packet }) => packet.kind === "GetEpochs").length;
    const before = asked();
    assertEquals((await client(folder, as("c1", "put", "a", "1"))).code, 0);
    assertEquals(asked(), before, "it had kept the end of epoch 1");
    const isNew = ({ replica, packet }: Arrival) => replica === "r5" && packet.kind === "RegisterSession";
    await until("r5 is asked too", () => cluster.arrivals.some(isNew));
    await Deno.writeTextFile(`${folder}/cluster.json.latest`, "of somebody else");
    const shown = await client(folder, as("c1", "--json", "roster", "show"));
    assertEquals([shown.code, JSON.parse(shown.out).digest], [0, next.digest]);
    assert(asked() > before, "it asks again");
    assertEquals((await client(folder, as("operator", "activate", "r5"))).out, "r5 is active\n");
  }));
