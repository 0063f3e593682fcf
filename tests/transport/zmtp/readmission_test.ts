/** Keys that are admitted from some moment on, and those that are no longer. */
import { assert, assertEquals } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import { freePorts } from "../../../tasks/support/free_ports.ts";
import type { TransportMembers } from "../../../transport/port.ts";
import { createZmtpReplicaTransport, type ZmtpReplicaTransport } from "../../../transport/zmtp/mod.ts";
import { AdmittedKeys } from "../../../transport/zmtp/settings.ts";
import type { RouterSocket } from "../../../transport/zmtp/socket/router_socket.ts";
import { frames, text, untilReplicaGets } from "../receiving.ts";
import * as lab from "./connection_lab.ts";
import { HOST, NetLab, quietRouter, untilHeard } from "./net_lab.ts";

/** A port at which CLIENT_KEYS is admitted as `c1` at first, and what has to be known of it. */
function port(net: NetLab) {
  const router = quietRouter();
  const admitted = new AdmittedKeys();
  const admit = (names: Readonly<Record<string, Uint8Array>>) => {
    for (const name of admitted.replace(new Map(Object.entries(names)))) router.release(name);
    listener.readmit();
  };
  const shown: string[] = [];
  const asked = (key: Uint8Array) => {
    shown.push(key.toHex());
    return admitted.admit(key);
  };
  const server = { box: lab.box, keys: lab.SERVER_KEYS, admit: asked };
  const mechanism = { name: "CURVE", server } as const;
  const limits = { ...lab.LIMITS, frameBytes: 100 };
  const listener = net.listen(router, "CURVE", { mechanism, limits });
  admit({ c1: lab.CLIENT_KEYS.publicKey });
  const dial = (keys = lab.CLIENT_KEYS) =>
    net.dial(listener.port, "CURVE", { mechanism: lab.mechanismOf("CURVE", true, keys) });
  return { router, listener, shown, admit, dial };
}

/** Takes messages until one is `wanted`, and returns the name it came under. */
const ownerOf = (router: RouterSocket, wanted: string): Promise<string> =>
  eventually(wanted, () => {
    for (let message = router.take(); message !== null; message = router.take()) {
      if (lab.texts([message.frames])[0]![0] === wanted) return message.peer;
    }
    return null;
  });

Deno.test("readmission: who waits at a bar is ended when its key is no longer admitted, and never let in", async () => {
  await using net = new NetLab({ limits: { barredMs: 60_000 } });
  const { router, listener, shown, admit, dial } = port(net);
  const dealer = dial();
  await untilHeard(router, dealer);
  assertEquals(shown.length, 1);
  dealer.send([new Uint8Array(200)]);
  await eventually("the offence", () => (router.take(), net.network.ends.get("frame-size") === 1));
  await eventually("the next connection to show its key", () => shown.length === 2);
  assertEquals([listener.connections.strangers, net.network.ends.has("not-admitted")], [1, false]);
  admit({ other: lab.STRANGER_KEYS.publicKey });
  assertEquals([listener.connections.strangers, net.network.ends.get("not-admitted")], [0, 1]);
  assertEquals([router.connections, listener.connections.established, dealer.isConnected], [0, 0, false]);
});

Deno.test("readmission: a bar is forgotten with the admission of its key", async () => {
  await using net = new NetLab({ limits: { barredMs: 60_000 } });
  const { router, admit, dial } = port(net);
  const dealer = dial();
  await untilHeard(router, dealer);
  dealer.send([new Uint8Array(200)]);
  await eventually("the offence", () => (router.take(), net.network.ends.get("frame-size") === 1));
  admit({});
  admit({ c1: lab.CLIENT_KEYS.publicKey });
  await untilHeard(router, dealer, "again");
});

Deno.test("readmission: keys that exchange their names keep their connections, and are known by the new ones", async () => {
  await using net = new NetLab();
  const { router, admit, dial } = port(net);
  const [one, other] = [lab.CLIENT_KEYS.publicKey, lab.STRANGER_KEYS.publicKey];
  admit({ c1: one, c2: other });
  const [first, second] = [dial(), dial(lab.STRANGER_KEYS)];
  const routes = [await untilHeard(router, first), await untilHeard(router, second)];
  router.holdOff(routes[0]!, "c1", 60_000);
  admit({ c1: other, c2: one });
  first.send([lab.utf8("of the first")]);
  assertEquals(await ownerOf(router, "of the first"), "c2");
  second.send([lab.utf8("of the second")]);
  assertEquals(await ownerOf(router, "of the second"), "c1");
  for (const route of routes) assertEquals(router.send(route, [lab.utf8("answer")]), true);
  assertEquals(net.ends, []);
});

Deno.test("readmission: what was sent by one who is dropped and not taken is lost, and its route leads nowhere", async () => {
  await using net = new NetLab();
  const { router, admit, dial } = port(net);
  const dealer = dial();
  const route = await untilHeard(router, dealer);
  dealer.send([lab.utf8("late")]);
  const read = net.network.ends.size;
  admit({ other: lab.STRANGER_KEYS.publicKey });
  assertEquals([router.take(), router.send(route, [lab.utf8("x")]), read], [null, false, 0]);
  await eventually("both ends of it", () => net.network.ends.get("refused-by-peer"));
  assert((net.network.ends.get("not-admitted") ?? 0) >= 2, "it was not refused when it came again");
});

Deno.test("readmission: who was refused comes again as soon as the one that refused connects to it", async () => {
  const ports = freePorts(6);
  const keys = { r1: lab.SERVER_KEYS, r2: lab.CLIENT_KEYS };
  const replicas = new Map(Object.entries(keys).map(([id, { publicKey }]) => [id, publicKey]));
  const nodes = ["r1", "r2"].map((id, place) => {
    const [peerPort = 0, publishPort = 0, clientPort = 0] = ports.slice(place * 3);
    return { id, host: HOST, peerPort, publishPort, clientPort };
  });
  const open = (self: "r1" | "r2", peers: typeof nodes): Promise<ZmtpReplicaTransport> =>
    createZmtpReplicaTransport({
      ...{ bind: nodes.find(({ id }) => id === self)!, peers },
      curve: { box: lab.box, keys: keys[self], replicas, clients: new Map() },
      // Left to itself it would come again after the test's patience.
      network: { limits: { firstRefusedPauseMs: 60_000, refusedPauseMs: 60_000 } },
    });
  const [r1, r2] = [await open("r1", []), await open("r2", nodes.slice(0, 1))];
  try {
    await eventually("both connections to be refused", () => r1.network.ends.get("not-admitted") === 2);
    const peers = [{ ...nodes[1]!, curveKey: keys.r2.publicKey }];
    const admittedPeers = new Map([["r2", keys.r2.publicKey]]);
    const members: TransportMembers = { peers, admittedPeers, admittedClients: new Map() };
    r1.reconfigure(members);
    await untilReplicaGets("r2", r1, (message) => text(message) === "in", () => r2.sendToPeer("r1", frames("in")));
    const news = () => r1.publish(frames("news"));
    await untilReplicaGets("publications", r2, (message) => message.channel === "published", news);
  } finally {
    await Promise.all([r1.close(), r2.close()]);
  }
});
