/** Signatures of clients' packets that other threads are told of ahead. */
import { assertEquals } from "@std/assert";
import { LEAST_POSTED } from "../../crypto/signing/threads/ahead_backend.ts";
import { clientId, logIndex, seq } from "../../protocol/ids.ts";
import { ingressLab } from "../../tests/support/ingress_lab.ts";
import { encodePacket } from "../../transport/codec/mod.ts";
import type { Received } from "../../transport/port.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";

/** Ingress with threads, how many signatures they were told of each time, and as many requests as are worth it. */
function threadsLab() {
  const told: number[] = [];
  const lab = ingressLab({}, (claims) => void told.push(claims.length));
  const packets = Array.from({ length: LEAST_POSTED }, (_, i): Received => {
    const signed = lab.sign("c1", {
      ...{ kind: "SendRequest", client: clientId("c1"), session: logIndex(1), seq: seq(i + 1), floor: seq(1) },
      ...{ mode: "command", command: Uint8Array.of(1, 2, 3) },
    });
    return { channel: "client", route: "aa", frames: encodePacket({ kind: "SendRequest", signed }) };
  });
  return { ...lab, told, packets };
}

Deno.test("signatures of packets that came together are told of, where there are enough, and judged as ever", () => {
  const { ingress, work, told, packets } = threadsLab();
  ingress.expect(packets.slice(1), 0);
  assertEquals(told, []);
  const torn = { ...packets[0]!, frames: [Uint8Array.of(9, 9, 9)] };
  ingress.expect([torn, ...packets], 0);
  assertEquals([told, work.verified], [[LEAST_POSTED], 0]);
  const inputs = [torn, ...packets].map((each) => ingress.take(each, 0));
  assertEquals(inputs.map((input) => input?.kind ?? null), [null, ...packets.map(() => "request")]);
  ingress.expect(packets, 0);
  assertEquals(told, [LEAST_POSTED, 0], "what is known to hold is not told of");
});

Deno.test("nothing of who is muted is told of", () => {
  const { ingress, take, told, packets } = threadsLab();
  const { faultsPerWindow, muteMs } = INGRESS_LIMITS;
  for (let fault = 0; fault < faultsPerWindow; fault++) take("client", [Uint8Array.of(9, 9, 9)], 0, "aa");
  ingress.expect(packets, 1);
  assertEquals(told, []);
  ingress.expect(packets, muteMs + 1);
  assertEquals(told, [LEAST_POSTED]);
});
