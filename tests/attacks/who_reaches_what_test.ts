/**
 * The reach of each party: each of them at each port of a running replica, and each kind of message from those who are let in. A refusal shows
 * in what the connection is told, or in the replica's status.
 */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { unhex } from "../../crypto/digest.ts";
import { readKeyFile } from "../../crypto/keys/key_file.ts";
import { loadBackend } from "../../crypto/signing/load_backend.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { PACKETS } from "../../transport/codec/messages/packet_formats.ts";
import { type AnyPacket, encodePacket, type PacketKind } from "../../transport/codec/mod.ts";
import type { KeyPair } from "../../transport/zmtp/crypto/curve_box.ts";
import { withLocalCluster } from "../e2e/support/with_local_cluster.ts";
import { packets } from "../support/packet_arbitraries.ts";
import { box } from "../transport/zmtp/connection_lab.ts";
import { NetLab } from "../transport/zmtp/net_lab.ts";
import { type Door, DOORS } from "./support/scene.ts";
import { typeFor } from "./support/words.ts";

const PARTIES = ["outsider", "stranger's key", "client", "replica", "operator"] as const;
type Party = typeof PARTIES[number];

/** Answers to each party at each port: in, or the cause of the end that it sees. */
const DOORS_OPEN: Readonly<Record<Party, Readonly<Record<Door, string>>>> = {
  outsider: { peer: "mechanism", publish: "mechanism", client: "mechanism" },
  "stranger's key": { peer: "refused-by-peer", publish: "refused-by-peer", client: "refused-by-peer" },
  client: { peer: "refused-by-peer", publish: "refused-by-peer", client: "in" },
  replica: { peer: "in", publish: "in", client: "refused-by-peer" },
  operator: { peer: "refused-by-peer", publish: "refused-by-peer", client: "in" },
};

const KINDS = Object.keys(PACKETS) as PacketKind[];
/** Whose packets are read at a port; others are not even decoded. */
const READ_AT = { peer: "peer", client: "client" } as const;
/** Kinds that nobody signs: they are refused beyond their rates alone (§13.8). */
const UNSIGNED: ReadonlySet<PacketKind> = new Set<PacketKind>(["FetchEpoch"]);
const TARGET = "r1";

class Reach {
  readonly #cluster: LocalCluster;
  readonly #observer: Observer;

  constructor(cluster: LocalCluster, observer: Observer) {
    this.#cluster = cluster;
    this.#observer = observer;
  }

  /** Connects as `party`; `net` is closed by the caller. */
  async dial(net: NetLab, party: Party, door: Door) {
    const line = this.#cluster.roster.replicas.find(({ id }) => id === TARGET)!;
    const port = { peer: line.peerPort, publish: line.publishPort, client: line.clientPort }[door];
    const socketType = typeFor(door);
    if (party === "outsider") return net.dial(port, "NULL", { socketType });
    const client = { box, keys: await this.#keys(party), serverKey: unhex(line.curveKey), serverId: TARGET };
    return net.dial(port, "CURVE", { socketType, mechanism: { name: "CURVE", client } });
  }

  async #keys(party: Exclude<Party, "outsider">): Promise<KeyPair> {
    if (party === "stranger's key") return box.makeKeyPair();
    const { backend } = await loadBackend("auto");
    const id = { client: "c1", replica: "r4", operator: "operator" }[party];
    const { curvePublicKey, curveSecretKey } = await readKeyFile(`${this.#cluster.dir}/${id}.key`, backend);
    return { publicKey: unhex(curvePublicKey), secretKey: unhex(curveSecretKey) };
  }

  /** Returns what the target has refused so far, by kind. */
  async refused(): Promise<Readonly<Record<string, number>>> {
    return (await eventually("a status", () => this.#observer.status(TARGET))).refused;
  }
}

Deno.test("who may reach what: ports by party, and kinds of messages by port", () =>
  withLocalCluster({}, async (cluster) => {
    await Promise.all(["r1", "r2", "r3"].map((id) => cluster.start(id)));
    const reach = new Reach(cluster, await Observer.of(cluster, "c2"));
    for (const party of PARTIES) {
      for (const door of DOORS) {
        await using net = new NetLab();
        const dealer = await reach.dial(net, party, door);
        const seen = await eventually("a verdict", () => dealer.isConnected ? "in" : net.ends[0]?.cause.code);
        assertEquals(seen, DOORS_OPEN[party][door], `${party} at the ${door} port`);
      }
    }
    for (const [party, door] of [["client", "client"], ["operator", "client"], ["replica", "peer"]] as const) {
      for (const kind of KINDS) {
        const seen = await verdictOn(reach, party, door, kind);
        const isRead = PACKETS[kind].channel === READ_AT[door];
        assertEquals(seen.startsWith("decode:"), !isRead, `${kind} of the ${party} at the ${door} port: ${seen}`);
        if (isRead) assertEquals(seen === `rate:${kind}`, UNSIGNED.has(kind), seen);
      }
    }
    assertEquals(cluster.running, ["r1", "r2", "r3"]);
  }));

/** Sends a well-formed packet of `kind`, signed by nobody, over a connection of its own, and returns what it was refused as. One that needs no signature is sent until it is. */
async function verdictOn(reach: Reach, party: Party, door: Door, kind: PacketKind): Promise<string> {
  const [packet] = fc.sample(packets[kind] as fc.Arbitrary<AnyPacket>, { numRuns: 1, seed: 7 });
  const frames = encodePacket(packet!);
  const before = await reach.refused();
  await using net = new NetLab();
  const dealer = await reach.dial(net, party, door);
  await eventually("a connection", () => dealer.isConnected);
  dealer.send(frames);
  return await eventually(`a verdict on ${kind}`, async () => {
    if (UNSIGNED.has(kind)) dealer.send(frames);
    const now = await reach.refused();
    // A client that repeats itself is counted too; that is not this one.
    return Object.keys(now).find((name) => now[name] !== before[name] && !name.startsWith("repeat:"));
  });
}
