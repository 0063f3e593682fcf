/** §7.5 on signatures that do not hold, and whose connections they end. */
import { assertEquals } from "@std/assert";
import { ALL_SESSIONS, clientId, logIndex, replicaId, seq } from "../../../protocol/ids.ts";
import type { ClientMessage, Message, SendRequest } from "../../../protocol/message.ts";
import { INGRESS_LIMITS } from "../../../replica/limits/ingress_limits.ts";
import { ingressLab } from "../../support/ingress_lab.ts";

const client = clientId("c1");
const BYTES = new Uint8Array(16);
const request = (): SendRequest => ({
  ...{ kind: "SendRequest", client, session: logIndex(1), seq: seq(1), floor: seq(1), mode: "command" },
  command: BYTES,
});
const BODIES: readonly ClientMessage[] = [
  request(),
  { kind: "RegisterSession", client, base: logIndex(1), nonce: BYTES },
  { kind: "ClientHello", client, replica: replicaId("r1"), session: ALL_SESSIONS, challenge: BYTES },
  { kind: "FastReads", client, nonce: 1, queries: [BYTES] },
  { kind: "GetCommittedCommand", client, nonce: 1, index: logIndex(1) },
  { kind: "GetCheckpoint", client, nonce: 1 },
  { kind: "SetActive", replica: replicaId("r1"), active: false, order: 1, nonce: 1 },
];

/** Returns a lab, and packets signed there by a key. */
function lab() {
  const ingress = ingressLab();
  const packet = <M extends Message>(by: string, message: M) => ({
    kind: message.kind,
    signed: ingress.sign(by, message),
  });
  return { ...ingress, packet: packet as unknown as (by: string, message: Message) => never };
}

Deno.test("§7.5j one packet whose signature does not hold ends its connection, whatever it says and whomever it names", () => {
  for (const body of BODIES) {
    for (const owner of ["c1", "c2"]) {
      const { expelled, sendOwned, packet } = lab();
      sendOwned(owner, "client", packet("c2", body), 0, "one");
      assertEquals(expelled, [["one", `signature:${body.kind}`]]);
    }
  }
});

Deno.test("§7.5j an intervention is no exception; what had been read of that connection is dropped, of the owner's others not", () => {
  const { expelled, muted, heldOff, sendOwned, sign, refused, work } = lab();
  const forged = { kind: "UpdateLeader", signed: sign("c2", request()) } as const;
  for (let time = 0; time < 2 * INGRESS_LIMITS.faultsPerWindow; time++) sendOwned("c1", "client", forged, time, "one");
  assertEquals([expelled, work.verified], [[["one", "signature:UpdateLeader"]], 1]);
  assertEquals(refused(), { "signature:UpdateLeader": 1, muted: 2 * INGRESS_LIMITS.faultsPerWindow - 1 });
  const good = { kind: "SendRequest", signed: sign("c1", request()) } as const;
  assertEquals(sendOwned("c1", "client", good, 100, "another")?.kind, "request");
  assertEquals([muted, heldOff], [[], []]);
});

Deno.test("§7.5j where a connection cannot be ended, a forgery is a fault like others", () => {
  const { muted, sendOwned, sign, expelled } = lab();
  expelled.push(["stays", "is not ended twice"]);
  const forged = { kind: "SendRequest", signed: sign("c2", request()) } as const;
  for (let time = 0; time < INGRESS_LIMITS.faultsPerWindow; time++) sendOwned("c1", "client", forged, time, "stays");
  assertEquals(muted, [["client of c1", "signature:SendRequest", INGRESS_LIMITS.muteMs]]);
});

Deno.test("§7.5j no good packet ends a connection, nor one that is late, too many, or not decoded", () => {
  const { expelled, sendOwned, packet, refused } = lab();
  for (const body of BODIES) sendOwned("c1", "client", packet(body.kind === "SetActive" ? "operator" : "c1", body));
  for (let count = 0; count < 10 * INGRESS_LIMITS.queryBurst; count++) {
    sendOwned("c1", "client", packet("c1", { kind: "GetCheckpoint", client, nonce: 2 }));
  }
  sendOwned("c1", "client", packet("c1", { ...request(), client: clientId("c99") }));
  assertEquals(Object.keys(refused()).includes("rate:GetCheckpoint"), true);
  assertEquals(expelled, []);
});

Deno.test("§7.5j who asks for the status is answered and stays; so does a replica that passes on, and whoever has no name", () => {
  const { expelled, sendOwned, send, packet, sign, turnedAway, refused } = lab();
  sendOwned("c1", "client", packet("c2", { kind: "GetStatus", client, nonce: 1 }), 0, "asks");
  assertEquals(turnedAway, ["asks"]);
  sendOwned("r2", "peer", { kind: "ForwardedRequest", signed: sign("c2", request()) }, 0, "peer");
  send("client", packet("c2", request()), 0, "nobody");
  assertEquals(expelled, []);
  assertEquals(refused()["signature:SendRequest"], 1);
});
