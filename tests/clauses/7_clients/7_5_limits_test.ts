/** §7.5 as far as the core holds it; rates and sizes are bounded before it, at ingress. */
import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../../protocol/limits.ts";
import { poolRequest, takeRequests } from "../../../replica/core/clients/request_pool.ts";
import { screen } from "../../../replica/core/screen.ts";
import { listSignatures } from "../../../protocol/signatures.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { request } from "../support/forge.ts";

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

Deno.test("§7.5b what a client can make a leader hold is one window, however much it sends", () => {
  const lab = new ElectionLab();
  lab.lead(1);
  const sizes = new Set<number>();
  for (let i = 0; i < 2000; i++) {
    lab.request(request(i, "", "c1", Math.max(0, i - i % 16)), i % 2 === 0);
    for (const queue of [...lab.state.requests.pool.values(), ...lab.state.requests.interventions.values()]) {
      sizes.add(queue.size);
    }
  }
  assert(Math.max(...sizes) <= 16, `a queue of ${Math.max(...sizes)}`);
});

Deno.test("§7.5c clients are served in turn: one that fills its window does not starve another", () => {
  const { state } = new ElectionLab();
  for (let i = 0; i < 10; i++) poolRequest(state, request(i));
  for (let i = 0; i < 3; i++) poolRequest(state, request(i, "", "c2"));
  const take = (perEntry: number) =>
    takeRequests(state, false, () => LIMITS.maxEntryBytes / (perEntry + 1))
      .map(({ message }) => `${message.client}#${message.seq}`).join(" ");
  assertEquals([take(1), take(1), take(1)], ["c1#0", "c2#0", "c1#1"]);
  assertEquals([take(2), take(3), take(3)], ["c2#1 c1#2", "c2#2 c1#3 c1#4", "c1#5 c1#6 c1#7"]);
});

Deno.test("§7.5 requests wait for a full entry only while the pipeline is busy", () => {
  const { state } = new ElectionLab();
  poolRequest(state, request(0));
  assertEquals(takeRequests(state, true, () => 100), []);
  assertEquals(takeRequests(state, false, () => 100).length, 1);
});
