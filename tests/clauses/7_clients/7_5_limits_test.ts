/** §7.5 as far as the core holds it; rates and sizes are bounded before it, at ingress. */
import { assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { listSignatures } from "../../../protocol/signatures.ts";
import { poolRequest, takeRequests } from "../../../replica/core/clients/request_pool.ts";
import { sizeOf } from "../../../replica/core/clients/waiting.ts";
import { screen } from "../../../replica/core/screen.ts";
import { numberOf } from "../../support/numbered_requests.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { knownOf, register, request } from "../support/forge.ts";

Deno.test("§7.5a an unknown client's request is dropped before any signature of it is checked", () => {
  const lab = new ElectionLab();
  const packet = { kind: "ForwardedRequest", signed: request(0, "", "c9") } as const;
  assertEquals(listSignatures(packet).length, 1);
  assertEquals(screen(lab.state, packet).verdict, { verdict: "reject", code: "unknown-client", culprit: null });
  for (const intervention of [true, false]) {
    assertEquals(lab.request(request(0, "", "c9"), intervention), "unknown-client");
  }
  assertEquals(lab.state.requests.interventions.size + lab.state.requests.pool.size, 0);
});

Deno.test("§7.5b what a client can make a leader hold is one window and its registers, however much it sends", () => {
  const lab = new ElectionLab();
  lab.lead(1);
  const sizes = new Set<number>();
  for (let i = 0; i < 2000; i++) {
    const sent = i % 5 === 0 ? register(0, i % 256) : request(i, "", "c1", Math.max(0, i - i % 16));
    lab.request(sent, i % 2 === 0);
    for (const queue of [...lab.state.requests.pool.values(), ...lab.state.requests.interventions.values()]) {
      sizes.add(sizeOf(queue));
    }
  }
  assertEquals(Math.max(...sizes), 16 + 4);
});

Deno.test("§7.5c clients are served in turn: one that fills its window does not starve another", () => {
  const lab = new ElectionLab();
  const { state } = lab;
  const pool = (...args: Parameters<typeof request>) => poolRequest(state, knownOf(request(...args)));
  for (let i = 0; i < 10; i++) pool(i);
  for (let i = 0; i < 3; i++) pool(i, "", "c2");
  const take = (perEntry: number) => {
    state.requests.proposed.clear(); // as if everything before had been applied
    return takeRequests(lab, 1, () => LIMITS.maxEntryBytes / (perEntry + 1))
      .map(({ message, body }) => `${message.client}#${numberOf(sha256Hex(body))}`).join(" ");
  };
  assertEquals([take(1), take(1), take(1)], ["c1#0", "c2#0", "c1#1"]);
  assertEquals([take(2), take(3), take(3)], ["c2#1 c1#2", "c2#2 c1#3 c1#4", "c1#5 c1#6 c1#7"]);
});

Deno.test("§7.5 requests wait for a full entry only while the pipeline is busy", () => {
  const lab = new ElectionLab();
  const { state } = lab;
  poolRequest(state, knownOf(request(0)));
  assertEquals(takeRequests(lab, LIMITS.fullEntryRequests, () => 100), []);
  assertEquals(takeRequests(lab, 1, () => 100).length, 1);
});
