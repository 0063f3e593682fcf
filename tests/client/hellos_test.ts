import { assert, assertEquals } from "@std/assert";
import { clientId } from "../../protocol/ids.ts";
import type { FakeCluster } from "./fake_cluster.ts";
import { until, withFakeCluster } from "./with_fake_cluster.ts";

/** In a hello to a replica that has told none yet. */
const NO_CHALLENGE = "00".repeat(16);

Deno.test("client: hellos reach all replicas at once, and repeat the challenge that each told", () =>
  withFakeCluster({}, async (cluster, connect) => {
    connect("c1", { timings: { helloIdleMs: 10 } });
    const hellos = (replica: string) => cluster.hellosAt(replica);
    const challenges = (replica: string) => hellos(replica).map(({ challenge }) => challenge.toHex());
    const repeated = (replica: string) => challenges(replica).filter((challenge) => challenge !== NO_CHALLENGE);
    await until("hellos", () => ["r1", "r2", "r3", "r4"].every((replica) => repeated(replica).length >= 3));
    const unasked = challenges("r3").findIndex((challenge) => challenge !== NO_CHALLENGE);
    assert(unasked >= 1, "the first hello has none to repeat");
    assertEquals(challenges("r3").slice(unasked), repeated("r3"), "from then on each repeats one");
    assertEquals(new Set(repeated("r3")).size, 1);
    assert(repeated("r1")[0] !== repeated("r3")[0], "each replica has its own");
    assertEquals(hellos("r1")[0]?.client, clientId("c1"));
    for (const id of ["r1", "r4"]) assert(hellos(id).every(({ replica }) => replica === id), "each names its replica");
  }));

/** Returns the hellos and commands that `replica` has received, with the session of each. */
const sessionsAt = ({ arrivals }: FakeCluster, replica: string): string[] =>
  arrivals.filter((arrival) => arrival.replica === replica).flatMap(({ packet: { signed: { message } } }) =>
    message.kind === "ClientHello" || message.kind === "SendRequest" ? [`${message.kind} ${message.session}`] : []
  );

Deno.test("client: it says hello with its session before the first command of it, and with the next before that one's", () =>
  withFakeCluster({ constants: { sessionsPerClient: 2 } }, async (cluster, connect) => {
    const client = connect();
    for (const revision of [1, 2]) assertEquals((await client.put("k", `${revision}`)).revision, revision);
    for (let i = 0; i < 2; i++) cluster.openSession("c1");
    assertEquals((await client.put("k", "3")).revision, 3);
    const [first, second] = new Set(cluster.ordered.map(({ session }) => session));
    const said = sessionsAt(cluster, "r1").filter((line, i, all) => line !== all[i - 1]);
    const closed = said.indexOf(`SendRequest ${first}`);
    assertEquals(said.slice(0, closed + 1), ["ClientHello 0", `ClientHello ${first}`, `SendRequest ${first}`]);
    assertEquals(said.slice(closed + 1).filter((line) => line !== "ClientHello 0"), [
      ...[`ClientHello ${second}`, `SendRequest ${second}`],
    ]);
    for (const id of ["r2", "r3", "r4"]) assert(sessionsAt(cluster, id).includes(`ClientHello ${second}`), id);
  }));

Deno.test("client: hellos with its next session are lost everywhere, and it gets its answers all the same", () =>
  withFakeCluster({ constants: { sessionsPerClient: 2 } }, async (cluster, connect) => {
    const client = connect("c1", { timings: { retryMs: 50, helloBusyMs: 60_000, helloIdleMs: 60_000 } });
    await client.put("k", "1");
    const { session } = cluster.ordered[0]!;
    for (const id of ["r1", "r2", "r3", "r4"]) cluster.scripts[id] = { hears: (hello) => hello.session <= session };
    for (let i = 0; i < 2; i++) cluster.openSession("c1");
    assertEquals((await client.put("k", "2")).revision, 2);
    assert(cluster.ordered.at(-1)!.session > session);
  }));

Deno.test("client: processes with one key get their own answers and none of the others'", () =>
  withFakeCluster({}, async (cluster, connect) => {
    const clients = Array.from({ length: 4 }, () => connect());
    for (const client of clients) await client.put("k", "first");
    // Answers come in the order of what was asked: whoever has this one's has had the hellos before it.
    for (const client of clients) await client.getStatus();
    const late = () => clients.map(({ report }) => report.dropped.late);
    const before = late();
    await Promise.all(clients.map(async (client) => {
      for (let i = 0; i < 10; i++) await client.put("k", `${i}`);
    }));
    for (const client of clients) await client.getStatus();
    // Of four answers to a command two are enough, and the others come late.
    for (const [i, count] of late().entries()) assert(count - before[i]! <= 40, `${late()} after ${before}`);
    assertEquals(cluster.ordered.length, 44);
  }));
