import { assertEquals } from "@std/assert";
import { clientId } from "../../protocol/ids.ts";
import { appendOf, PEERS, rideOn, SELF } from "../../tests/support/byzantine_victim.ts";
import type { Outgoing } from "../core/output.ts";

Deno.test("nothing leaves it; its core goes on hearing itself", () => {
  const { victim, adversary, speak } = rideOn("silent");
  const { packet } = appendOf(1, 0, victim.state.genesis.hash, []);
  const sent: Outgoing[] = [{ to: "all", packet }, { to: [SELF, ...PEERS], packet }, { to: PEERS, packet }];
  assertEquals(adversary.corrupt!(sent, 0), [{ to: [SELF], packet }, { to: [SELF], packet }]);
  assertEquals(speak(10), []);
  assertEquals(adversary.answers!({ client: clientId("c1"), answers: [] }), []);
  assertEquals(adversary.swallows, undefined);
});
