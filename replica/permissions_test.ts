import { assertEquals } from "@std/assert";
import { replicaId } from "../protocol/ids.ts";
import { makeRoster } from "../tests/support/make_roster.ts";
import { parseFlags, type ReplicaFlags } from "./flags.ts";
import { permissionFlags, replicaPermissions } from "./permissions.ts";

const NATIVE = { signatures: "/npm/secp256k1/", systemLibrary: null, libzmq: "/npm/zeromq/", threads: [] };
const flagsOf = (...more: string[]): ReplicaFlags =>
  parseFlags(["--cluster", "keys/cluster.json", "--key", "keys/r2.key", "--data", "data/r2", ...more])!;

const line = (id: string, host: string, port: number) => ({
  ...{ ...makeRoster().roster.replicas[0]!, id: replicaId(id), host },
  ...{ peerPort: port, publishPort: port + 1, clientPort: port + 2 },
});
const REPLICAS = [line("r1", "10.0.0.1", 10), line("r2", "node.two", 20), line("r3", "::3", 30)];
const membership = { self: "r2", replicas: REPLICAS };

Deno.test("a replica may use its own files, its own ports and its peers', and load the signatures", () => {
  const flags = flagsOf("--health", "run/health", "--record", "run/record", "--passphrase-file", "secret");
  const permissions = replicaPermissions(flags, membership, NATIVE);
  assertEquals(permissions.read, [
    ...["data/r2", "run/health", "run/health.tmp", "keys/cluster.json", "keys/r2.key", "keys/r2.new", "keys/r2.ran"],
    ...["secret", "/npm/secp256k1/", "/etc/alpine-release"],
  ]);
  assertEquals(permissions.write, [
    ...["data/r2", "run/health", "run/health.tmp", "keys/r2.new", "keys/r2.ran", "run/record"],
  ]);
  assertEquals(permissions.net, [
    ...["0.0.0.0:20", "0.0.0.0:21", "0.0.0.0:22"],
    ...["10.0.0.1:10", "10.0.0.1:11", "[::3]:30", "[::3]:31"],
  ]);
  assertEquals(permissions.ffi, ["/npm/secp256k1/"]);
  assertEquals(permissions.env.includes("PATH") || permissions.env.length > 7, false);
});

Deno.test("the system's libsecp256k1 may be loaded by its path, and not read", () => {
  const systemLibrary = "/usr/lib/libsecp256k1.so.2";
  const { ffi, read } = replicaPermissions(flagsOf(), membership, { ...NATIVE, systemLibrary });
  assertEquals([ffi, read.includes(systemLibrary)], [["/npm/secp256k1/", systemLibrary], false]);
  const noble = replicaPermissions(flagsOf("--crypto", "noble"), membership, { ...NATIVE, systemLibrary });
  assertEquals(noble.ffi, []);
});

Deno.test("what threads load may be read where there are any", () => {
  const { read } = replicaPermissions(flagsOf(), membership, { ...NATIVE, threads: ["/src/crypto", "/src/protocol"] });
  assertEquals(read.slice(-2), ["/src/crypto", "/src/protocol"]);
});

Deno.test("the address to listen at is the one given", () => {
  const { net } = replicaPermissions(flagsOf("--bind", "::"), membership, NATIVE);
  assertEquals(net.slice(0, 3), ["[::]:20", "[::]:21", "[::]:22"]);
});

Deno.test("with an offset it may connect to what stands before its peers, and not to them", () => {
  const { net } = replicaPermissions(flagsOf("--dial-offset", "1000"), membership, NATIVE);
  assertEquals(net.slice(3), ["10.0.0.1:1010", "10.0.0.1:1011", "[::3]:1030", "[::3]:1031"]);
});

Deno.test("with noble no native code may be loaded, and without a membership there is no network", () => {
  const permissions = replicaPermissions(flagsOf("--crypto", "noble"), null, NATIVE);
  assertEquals([permissions.ffi, permissions.env, permissions.net], [[], [], []]);
  assertEquals(permissionFlags(permissions).map((flag) => flag.split("=")[0]), ["--allow-read", "--allow-write"]);
});

Deno.test("with probes it may listen at their address", () => {
  const { net } = replicaPermissions(flagsOf("--http", "[::1]:9464"), membership, NATIVE);
  assertEquals(net.slice(-2), ["[::3]:31", "[::1]:9464"]);
});

Deno.test("libzmq takes foreign functions without bounds", () => {
  const permissions = replicaPermissions(flagsOf("--transport", "libzmq"), membership, NATIVE);
  assertEquals([permissions.ffi, permissions.read.includes("/npm/zeromq/")], [true, true]);
  assertEquals(permissionFlags(permissions).at(-1), "--allow-ffi");
});

Deno.test("of a path with a comma the folder above it is granted, as Deno takes none in a path", () => {
  for (const [data, granted] of [["x/a,b/c", "x"], ["a,b", "."], ["/a,b", "/"], ["/x/y/a,b", "/x/y"]] as const) {
    const flags = { ...flagsOf("--crypto", "noble"), data };
    const [read] = permissionFlags(replicaPermissions(flags, null, NATIVE));
    assertEquals(read, `--allow-read=${granted},keys/cluster.json,keys/r2.key,keys/r2.new,keys/r2.ran`);
  }
});
