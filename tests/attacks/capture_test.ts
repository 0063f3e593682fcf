/**
 * Everything that goes over the sockets of a cluster under load, recorded on the way: no key, value or command is readable in it. The
 * same in clear shows that the recording would find them.
 */
import { assert, assertEquals } from "@std/assert";
import { PORTS_PER_REPLICA } from "../../crypto/roster/generate_cluster.ts";
import { deposeLeader } from "../../tasks/support/change_leader.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import { findFreePorts } from "../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { Relay } from "./support/relay.ts";

/** The roster names this address, where relays listen; replicas listen at the other. */
const [NAMED, BOUND] = ["127.0.0.2", "127.0.0.1"];
const KEY = "readable-key/of-the-load";
const VALUE = "readable-value/of-the-load";
const WRITES = 10;
const REPLICAS = 4;
const DOORS = ["peerPort", "publishPort", "clientPort"] as const;

/** More than a handshake takes in one direction. */
const HANDSHAKE_BYTES = 1000;
const PATIENCE = { timeoutMs: 60_000 };

type Relays = ReadonlyMap<string, Relay>;

interface Recorded {
  /** Bytes in all. */
  readonly bytes: number;
  /** Words that are readable. */
  readonly readable: readonly string[];
}

async function recordLoad(insecurePlaintext: boolean): Promise<Recorded> {
  const dir = await Deno.makeTempDir();
  const basePort = findFreePorts(REPLICAS * PORTS_PER_REPLICA);
  const relays = new Map<string, Relay>();
  try {
    await using cluster = await LocalCluster.open({
      ...{ dir, replicas: REPLICAS, clients: 2, host: NAMED, basePort, insecurePlaintext },
      constants: { electionTimeoutMs: 500, patienceMs: 1000 },
    });
    for (const replica of cluster.roster.replicas) {
      for (const door of DOORS) {
        const port = replica[door];
        relays.set(`${replica.id} ${door}`, new Relay({ host: NAMED, port }, { host: BOUND, port }));
      }
    }
    await cluster.startAll("--bind", BOUND);
    await load(cluster);
    await useEverySocket(cluster, relays);
  } finally {
    for (const relay of relays.values()) relay[Symbol.dispose]();
    await Deno.remove(dir, { recursive: true });
  }
  return judge(relays);
}

async function load(cluster: LocalCluster): Promise<void> {
  const client = await cluster.client("c1");
  for (let count = 0; count < WRITES; count++) await client.put(`${KEY}/${count}`, VALUE, PATIENCE);
  const read = await client.get(`${KEY}/0`, PATIENCE);
  assert(read.found && new TextDecoder().decode(read.value) === VALUE);
  assertEquals((await client.list(KEY, PATIENCE)).items.length, WRITES);
  await eventually("all replicas answer", async () => {
    const status = await client.getStatus({ timeoutMs: 1000 });
    return status.every(({ reachable }) => reachable);
  }, 20_000);
}

/** Tells whether a connection through `relay` carried more than a handshake. */
const isUsed = ({ streams }: Relay): boolean => streams.some(({ length }) => length > HANDSHAKE_BYTES);

/**
 * Changes the leader until something went over every port: what followers have to say is published, so that next to nothing goes to the
 * peer port of one that leads.
 */
async function useEverySocket(cluster: LocalCluster, relays: Relays): Promise<void> {
  const [operator, observer] = [await cluster.client("operator"), await Observer.of(cluster, "c2")];
  await eventually("something went over every socket", async () => {
    if ([...relays.values()].every(isUsed)) return true;
    await deposeLeader(cluster, observer, operator);
    return false;
  }, PATIENCE.timeoutMs);
}

function judge(relays: Relays): Recorded {
  const streams = [...relays.values()].flatMap((relay) => relay.streams.map((said) => new Uint8Array(said)));
  const texts = streams.map((said) => new TextDecoder("latin1").decode(said));
  const words = [KEY, VALUE, "readable", "of-the-load", '"commitIndex"'];
  return {
    bytes: texts.reduce((sum, { length }) => sum + length, 0),
    readable: words.filter((word) => texts.some((text) => text.includes(word))),
  };
}

Deno.test("nothing of the load is readable on any socket, and in clear all of it would be", async () => {
  const [secret, clear] = await Promise.all([recordLoad(false), recordLoad(true)]);
  assert(secret.bytes > 100_000, `${secret.bytes} bytes were recorded`);
  assertEquals(secret.readable, []);
  assertEquals(clear.readable.length, 5, `in clear only ${clear.readable} is found`);
});
