import { assertEquals } from "@std/assert";
import { ALL_SESSIONS, clientId, replicaId } from "../../protocol/ids.ts";
import { ingressLab } from "../../tests/support/ingress_lab.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";

const c1 = clientId("c1");

/** Sends `count` packets of so many fast reads over `route`; returns how many were served and how many refused for their rate. */
function readOver(lab: ReturnType<typeof ingressLab>, route: string, count: number, reads: number): [number, number] {
  const queries = Array.from({ length: reads }, () => new Uint8Array(1));
  const signed = lab.sign("c1", { kind: "FastReads", client: c1, nonce: 1, queries } as const);
  const [served, refused] = [lab.served.length, lab.refused()["rate:FastReads"] ?? 0];
  for (let i = 0; i < count; i++) lab.send("client", { kind: "FastReads", signed }, 0, route);
  return [lab.served.length - served, (lab.refused()["rate:FastReads"] ?? 0) - refused];
}

function greetedLab(fastReads: boolean) {
  const lab = ingressLab({ fastReads });
  const challenge = lab.routes.challenge(c1, "home");
  const hello = {
    kind: "ClientHello",
    client: c1,
    replica: replicaId("r1"),
    session: ALL_SESSIONS,
    challenge,
  } as const;
  lab.send("client", { kind: "ClientHello", signed: lab.sign("c1", hello) }, 0, "home");
  return lab;
}

Deno.test("fast reads have a rate of their own where the roster enables them, over routes their client greeted from, and else are queries", () => {
  const { fastReadBurst, queryBurst } = INGRESS_LIMITS;
  assertEquals(readOver(greetedLab(true), "home", fastReadBurst + 3, 1), [fastReadBurst, 3]);
  assertEquals(readOver(greetedLab(true), "thief", queryBurst + 3, 1), [queryBurst, 3]);
  assertEquals(readOver(greetedLab(false), "home", queryBurst + 3, 1), [queryBurst, 3]);
});

Deno.test("fast reads under one signature are charged by their number too", () => {
  const { fastReadBurst, readsPerToken } = INGRESS_LIMITS;
  const most = Math.ceil(fastReadBurst / 4);
  assertEquals(readOver(greetedLab(true), "home", most + 3, 3 * readsPerToken), [most, 3]);
  assertEquals(readOver(greetedLab(true), "home", fastReadBurst, readsPerToken - 1), [fastReadBurst, 0]);
  const { queryBurst } = INGRESS_LIMITS;
  assertEquals(readOver(greetedLab(true), "thief", queryBurst, 50), [queryBurst / 50, queryBurst - queryBurst / 50]);
});
