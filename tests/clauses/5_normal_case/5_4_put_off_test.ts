/** §5.4: what becomes of late responses at ingress. */
import { assertEquals } from "@std/assert";
import { term } from "../../../protocol/ids.ts";
import { ingressLab } from "../../support/ingress_lab.ts";
import { response } from "../support/forge.ts";

/** Ingress of r1 in term 1, in which a response that acks nothing and reports nothing new is late. */
function lateLab() {
  const lab = ingressLab();
  lab.state.hard = { ...lab.state.hard, currentTerm: term(1) };
  const respond = (replica: string, by = replica, termNumber = 1) => {
    const { message } = response(replica, termNumber, {}).signed;
    return { kind: "AppendEntriesResponse", signed: lab.sign(by, message) } as const;
  };
  return { ...lab, respond };
}

Deno.test("§5.4e late responses cost no signature; the newest is judged within half a heartbeat", () => {
  const { send, respond, state, work, ingress, heard } = lateLab();
  for (let at = 0; at < 10; at++) assertEquals(send("published", respond("r2"), at, "r2"), null);
  assertEquals([work.verified, heard.length, ingress.pressingAt], [0, 0, state.config.constants.heartbeatMs / 2]);
  const [pressing, ...more] = ingress.pressing(ingress.pressingAt);
  assertEquals([more.length, ingress.pressingAt], [0, Infinity]);
  assertEquals(ingress.take(pressing!, 30)?.kind, "packet");
  assertEquals([work.verified, heard], [1, ["r2"]]);
});

Deno.test("§5.4e a response that matters is judged at once and makes the one put off pointless", () => {
  const { send, respond, work, ingress } = lateLab();
  send("published", respond("r2"), 0, "r2");
  assertEquals(send("published", respond("r2", "r2", 2), 1, "r2")?.kind, "packet");
  assertEquals([work.verified, ingress.pressingAt], [1, Infinity]);
});

Deno.test("§5.4e nobody else's signature, and no other connection's packet, displaces what a peer sent late", () => {
  const { send, respond, work, ingress, refused } = lateLab();
  send("published", respond("r2"), 0, "r2");
  assertEquals(send("published", respond("r2", "r3"), 1, "r3"), null);
  assertEquals(send("published", respond("r2", "r3", 2), 2, "r2"), null);
  assertEquals([work.verified, refused()], [2, { "signature:AppendEntriesResponse": 2 }]);
  assertEquals(ingress.take(ingress.pressing(100)[0]!, 100)?.kind, "packet");
});
