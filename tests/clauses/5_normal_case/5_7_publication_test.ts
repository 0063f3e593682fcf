/** §5.7: the latest response is published again as long as that can help. */
import { assert, assertEquals } from "@std/assert";
import type { Head } from "../../../protocol/entry.ts";
import { clientId } from "../../../protocol/ids.ts";
import { drawRandom } from "../../../replica/core/random.ts";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";
import { SESSION } from "../../support/numbered_requests.ts";
import * as forge from "../support/forge.ts";
import { Lab, sentOf } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 2, 1);
const at = (index: number): Head => index === 0 ? forge.GENESIS : forge.headIn(CHAIN, index);
const PEERS = ["r1", "r3", "r4"];

const published = (lab: Lab, ms: number) =>
  sentOf(lab.elapse(ms), "AppendEntriesResponse").map(({ signed }) => signed.message);

Deno.test("§5.7a while anything is uncommitted here it is published again on every heartbeat", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  const again = published(lab, 500);
  assertEquals(again.length, 5);
  for (const { acks } of again) assertEquals(acks, [at(2)]);
});

Deno.test("§5.7b and while a peer's last response shows a lower commit index", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.reportsOf(PEERS, 1, at(2)));
  assertEquals(Number(lab.state.commitIndex), 2);
  lab.receive(...["r1", "r3"].map((id) => forge.response(id, 1, { commit: at(2) })));
  assertEquals(published(lab, 500).length, 5); // for r4
  lab.receive(forge.response("r4", 1, { commit: at(2) }));
  assertEquals(published(lab, 500), []);
});

Deno.test("§5.7 before the first term there is nothing to publish", () => {
  assertEquals(published(new Lab(), 900), []);
});

Deno.test("§5.7 loss on PUB/SUB delays, and never stalls", () => {
  let drawn = drawRandom(11);
  const lossy = new SimCluster({
    replicas: 4,
    delay: (_, __, packet) => {
      drawn = drawRandom(drawn.state);
      return packet.kind === "AppendEntriesResponse" && drawn.value < 0.6 ? null : 1;
    },
  });
  for (let i = 0; i < 5; i++) lossy.request("r1", lossy.signRequest("c1", i, 0, new Uint8Array([i])), true);
  const settled = () =>
    lossy.ids.every((id) => {
      const { state } = lossy.node(id);
      return state!.sessions.clients.get(clientId("c1"))?.live.get(SESSION)?.answers.size === 5;
    });
  assert(lossy.elapse(60_000, settled), "five requests were not applied everywhere within 60 s");
});

/** Returns the last replica to commit: all others have shown that they have, and what it showed itself was before that. */
function last(): Lab {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.acksOf(PEERS, 1, at(2)));
  lab.receive(...PEERS.map((id) => forge.response(id, 1, { commit: at(2) })));
  const outcome = lab.receive(...forge.reportsOf(PEERS, 1, at(2)));
  assertEquals([Number(lab.state.commitIndex), sentOf(outcome, "AppendEntriesResponse")], [2, []]);
  return lab;
}

Deno.test("§5.7c a replica that commits last shows it once, so that the others need not repeat at it for ever", () => {
  assertEquals(published(last(), 500).map(({ commitIndex }) => Number(commitIndex)), [2]);
});

Deno.test("§5.7d a peer that goes on repeating what both have committed did not hear so, and is told again, not too often", () => {
  const lab = last();
  published(lab, 500);
  const repeats = (id: string) =>
    sentOf(lab.receive(forge.response(id, 1, { commit: at(2) })), "AppendEntriesResponse");
  assertEquals(repeats("r3"), []);
  lab.elapse(1000);
  assertEquals(repeats("r3").map(({ signed }) => signed.message.commitIndex), [at(2).index]);
  assertEquals([...repeats("r3"), ...repeats("r4")], []);
});
