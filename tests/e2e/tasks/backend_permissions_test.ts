/** Which signature backend a process gets with the permissions that it has; none is asked for, and those it had are given up afterwards. */
import { assert, assertEquals } from "@std/assert";
import { DenoProcess } from "../../../tasks/support/deno_process.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { replicaGrants } from "../../../tasks/support/replica_grants.ts";
import { BACKENDS } from "../../support/backends.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

const NAMES = BACKENDS.map(({ name }) => name);
const [BEST] = NAMES;
/** Roster and key do not matter here. */
const REPLICA = ["--cluster", "none", "--key", "none", "--data", "none"];

interface Found {
  readonly name: string;
  readonly again: string;
  readonly fallbackReason: string | null;
  readonly isDegraded: boolean;
}

async function backendWith(grants: readonly string[]): Promise<Found> {
  await using probe = new DenoProcess(grants, "tests/e2e/support/backend_probe.ts", []);
  assertEquals((await probe.exited).code, 0, probe.stderr.lines.join("\n"));
  await probe.stdout.ended;
  const found: Found = JSON.parse(probe.stdout.lines.at(-1)!);
  assertEquals(found.again, found.name);
  return found;
}

/** Replaces what `--allow-ffi` grants of a list of grants; nothing is left of it without paths. */
const withFfi = (grants: readonly string[], keep: (path: string) => boolean): string[] =>
  grants.flatMap((grant) => {
    if (!grant.startsWith("--allow-ffi=")) return [grant];
    const paths = grant.slice("--allow-ffi=".length).split(",").filter(keep);
    return paths.length > 0 ? [`--allow-ffi=${paths.join(",")}`] : [];
  });

Deno.test("a replica's grants, and those of every task with native code, get the best backend", async () => {
  const grants = await replicaGrants(REPLICA);
  const ffi = grants.find((grant) => grant.startsWith("--allow-ffi="))!;
  assertEquals(ffi.split(",").length, BEST === "libsecp256k1-system" ? 2 : 1);
  for (const given of [grants, ["-P=client"], ["-P=demo"], ["-P=sim"]]) {
    assertEquals((await backendWith(given)).name, BEST);
  }
});

Deno.test("where the permission for the system's library is missing the package's file serves, without a warning", async () => {
  const isPackage = (path: string) => path.includes("/secp256k1/");
  const { name, isDegraded } = await backendWith(withFfi(await replicaGrants(REPLICA), isPackage));
  const best = NAMES.find((each) => each !== "libsecp256k1-system");
  assertEquals([name, isDegraded], [best, best !== "libsecp256k1-npm"]);
});

Deno.test("the system's library needs its own path alone", async () => {
  const grants = await replicaGrants(REPLICA);
  const ffi = withFfi(grants, (path) => path.includes("libsecp256k1.so")).filter((grant) =>
    grant.startsWith("--allow-ffi")
  );
  assertEquals((await backendWith(ffi)).name, BEST === "libsecp256k1-system" ? BEST : "noble");
});

Deno.test("without native code noble serves, with a warning that says why", async () => {
  const { name, isDegraded, fallbackReason } = await backendWith([]);
  assertEquals([name, isDegraded], ["noble", true]);
  for (const each of ["libsecp256k1-system", "libsecp256k1-npm", "libsecp256k1-napi"]) {
    assert(fallbackReason!.includes(each));
  }
  // The own engine, also where tests run on mixed clusters: libzmq is native code.
  await withLocalCluster({ replicas: 1, libzmq: [] }, async (cluster) => {
    const args = [...cluster.credentials("r1"), "--data", cluster.dataDir("r1"), "--log-level", "warn"];
    const grants = withFfi(await replicaGrants(args), () => false);
    await using replica = new DenoProcess(grants, "replica/main.ts", args);
    await replica.stdout.waitFor("ready", (line) => line.includes('"crypto":"noble"'), 20_000);
    const warned = replica.stderr.lines.filter((line) => line.includes('"event":"signature-backend"'));
    assertEquals(warned.length, 1, replica.stderr.lines.join("\n"));
    assert(warned[0]!.includes("libsecp256k1-npm: not permitted to load code"), warned[0]);
  });
});

Deno.test("threads that check signatures come up within a replica's grants, and where they are not granted it does without", async () => {
  await withLocalCluster({ replicas: 1, libzmq: [] }, async (cluster) => {
    const args = [...cluster.credentials("r1"), "--data", cluster.dataDir("r1"), "--verify-threads", "2"];
    const grants = await replicaGrants(args);
    const begin = async (given: readonly string[], threads: number) => {
      const replica = new DenoProcess(given, "replica/main.ts", args);
      await replica.stdout.waitFor("ready", (line) => line.includes(`"verifyThreads":${threads}`), 20_000);
      return replica;
    };
    {
      await using _replica = await begin(grants, 2);
      const client = await cluster.client("c1");
      assert((await client.put("a", "b")).index > 0);
      const observer = await Observer.of(cluster, "c2");
      assertEquals((await observer.status("r1", 5000))?.crypto.verifyThreads, 2);
    }
    const narrow = grants.map((grant) =>
      grant.startsWith("--allow-read=")
        ? grant.split(",").filter((path) => !/\/(crypto|protocol)$/.test(path)).join(",")
        : grant
    );
    await using replica = await begin(narrow, 0);
    await replica.stderr.waitFor("a warning", (line) => line.includes('"event":"verify-threads"'), 20_000);
  });
});
