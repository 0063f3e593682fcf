/** The transports on this project's engine: addresses, and which key opens which port. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import { freePorts } from "../../../tasks/support/free_ports.ts";
import { MAX_PACKET_BYTES } from "../../../transport/frame_limits.ts";
import { TransportError } from "../../../transport/mod.ts";
import { createZmtpClientTransport, createZmtpReplicaTransport } from "../../../transport/zmtp/mod.ts";
import { frames, text, untilReplicaGets } from "../receiving.ts";
import { box } from "./connection_lab.ts";
import * as lab from "./connection_lab.ts";
import { NetLab } from "./net_lab.ts";

const HOST = "127.0.0.1";

function bindOf() {
  const [peerPort = 0, publishPort = 0, clientPort = 0] = freePorts(3);
  return { host: HOST, peerPort, publishPort, clientPort };
}

Deno.test("zmtp: a port in use is named, with what it was for, and nothing stays open", async () => {
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  const bind = { ...bindOf(), publishPort: listener.addr.port };
  const create = () => createZmtpReplicaTransport({ bind, peers: [] });
  const error = await assertRejects(create, TransportError);
  listener.close();
  const wanted = `Cannot bind tcp://${HOST}:${listener.addr.port} for publishing (EADDRINUSE): the port is in use`;
  assert(error.message.startsWith(wanted), error.message);
  await (await create()).close();
});

Deno.test("zmtp: unusable addresses are refused, and nothing stays open", async () => {
  const bind = bindOf();
  const peer = { id: "r2", host: "[::1]", peerPort: 1, publishPort: 2 };
  await assertRejects(() => createZmtpReplicaTransport({ bind, peers: [peer] }), TransportError, "[::1]");
  const elsewhere = { ...bind, host: "192.0.2.1" };
  await assertRejects(() => createZmtpReplicaTransport({ bind: elsewhere, peers: [] }), TransportError, "no interface");
  const replicas = [{ id: "r1", host: HOST, clientPort: 0 }];
  await assertRejects(() => createZmtpClientTransport({ replicas }), TransportError, "Port 0");
  await (await createZmtpReplicaTransport({ bind, peers: [] })).close();
});

Deno.test("zmtp: all addresses, of IPv4 and of both kinds, can be listened at", async () => {
  for (const [host, reached] of [["*", HOST], ["::", "::1"], ["::", HOST]] as const) {
    const bind = { ...bindOf(), host };
    const replica = await createZmtpReplicaTransport({ bind, peers: [] });
    const client = await createZmtpClientTransport({
      replicas: [{ id: "r1", host: reached, clientPort: bind.clientPort }],
    });
    try {
      await untilReplicaGets(`a request to ${reached}`, replica, () => true, () => client.send("r1", frames("ask")));
    } finally {
      await Promise.all([client.close(), replica.close()]);
    }
  }
});

Deno.test("zmtp: a frame above the limit ends its connection, which comes back", async () => {
  const bind = bindOf();
  const replica = await createZmtpReplicaTransport({ bind, peers: [] });
  const client = await createZmtpClientTransport({ replicas: [{ ...bind, id: "r1" }] });
  try {
    const first = await untilReplicaGets("a request", replica, () => true, () => client.send("r1", frames("ask")));
    client.send("r1", [new Uint8Array(MAX_PACKET_BYTES.client + 1)]);
    const late = () => client.send("r1", frames("late"));
    const second = await untilReplicaGets("a late one", replica, (message) => text(message) === "late", late);
    assert(second.route !== first.route, "it came over the old connection");
    assertEquals([replica.counters.refused, replica.network.ends.get("frame-size")], [0, 1]);
  } finally {
    await Promise.all([client.close(), replica.close()]);
  }
});

Deno.test("zmtp: which key opens which port", async () => {
  const bind = bindOf();
  const keys = Object.fromEntries(["r1", "r2", "c1", "stranger"].map((id) => [id, box.makeKeyPair()]));
  const publicKey = (id: string) => keys[id]!.publicKey;
  const replicas = new Map(["r1", "r2"].map((id) => [id, publicKey(id)]));
  const clients = new Map([["c1", publicKey("c1")]]);
  // The other replica's own ports are where nobody is.
  const [peerPort = 0, publishPort = 0] = freePorts(2);
  const peers = [{ id: "r2", host: HOST, peerPort, publishPort }];
  const replica = await createZmtpReplicaTransport({
    bind,
    peers,
    curve: { box, keys: keys["r1"]!, replicas, clients },
  });
  try {
    for (
      const [port, socketType, admitted] of [
        [bind.peerPort, "DEALER", ["r2"]],
        [bind.publishPort, "SUB", ["r2"]],
        [bind.clientPort, "DEALER", ["c1"]],
      ] as const
    ) {
      for (const id of ["r1", "r2", "c1", "stranger"]) {
        await using net = new NetLab();
        const mechanism = {
          name: "CURVE",
          client: { box, keys: keys[id]!, serverKey: publicKey("r1"), serverId: "r1" },
        } as const;
        const dealer = net.dial(port, "CURVE", { socketType, mechanism });
        const code = await eventually("a verdict", () => dealer.isConnected ? "admitted" : net.ends[0]?.cause.code);
        const isAdmitted = (admitted as readonly string[]).includes(id);
        assertEquals(code, isAdmitted ? "admitted" : "refused-by-peer", `${id} at the port for ${socketType}`);
      }
      await using net = new NetLab();
      const plain = net.dial(port, "NULL", { socketType });
      assertEquals(
        await eventually("a verdict", () => plain.isConnected ? "admitted" : net.ends[0]?.cause.code),
        "mechanism",
      );
      await using other = new NetLab();
      const wrong = other.dial(port, "CURVE", { socketType, mechanism: lab.mechanismOf("CURVE", true) });
      await eventually("the end of who knows another server's key", () => other.network.ends.has("unfinished"));
      assertEquals(wrong.isConnected, false);
    }
  } finally {
    await replica.close();
  }
});
