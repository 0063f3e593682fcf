/** §5.2, §12: one leader that floods and falls silent, and disks that were flooded before there was a window. */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import { clientId, term } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { PersistOperation } from "../../../replica/core/log/durable_state.ts";
import { lastHead, lastIndex } from "../../../replica/core/log/log.ts";
import { openMemoryStorage } from "../../../replica/storage/memory/memory_storage.ts";
import { encodeKvCommand } from "../../../state_machine/mod.ts";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";
import { SESSION } from "../../support/numbered_requests.ts";
import * as forge from "../support/forge.ts";

const HONEST = ["r1", "r2", "r3"];
/** More than twice what anybody counts acks for. */
const FLOOD = 2 * LIMITS.maxAckWindow + 800;

function noOps(after: Head, count: number, termNumber: number): ChainedEntry[] {
  const chain: ChainedEntry[] = [];
  for (let i = 0; i < count; i++) {
    chain.push(forge.entryAfter(i === 0 ? after : forge.endOf(chain.slice(-1)), termNumber, []));
  }
  return chain;
}

const viewOf = (cluster: SimCluster): string =>
  HONEST.map((id) => {
    const { hard, commitIndex, log, prepared, view } = cluster.node(id).state!;
    return `${id} in ${hard.currentTerm} of ${view.leader}: ${commitIndex} of ${
      lastIndex(log)
    }, prepared ${prepared.index}`;
  }).join("; ");

/** Returns whether a new request is committed everywhere among the honest within `ms`. */
function serves(cluster: SimCluster, ms: number): boolean {
  const command = encodeKvCommand({ op: "put", key: "k", value: Uint8Array.of(1) });
  const signed = cluster.signRequest("c1", 1, 0, command);
  for (const id of HONEST) cluster.request(id, signed, true);
  return cluster.elapse(
    ms,
    () =>
      HONEST.every((id) =>
        cluster.node(id).state!.sessions.clients.get(clientId("c1"))!.live.get(SESSION)!.answers.size > 0
      ),
  );
}

/** Restarts whoever leads until it is r4. */
function crown(cluster: SimCluster): void {
  const leader = () => cluster.ids.find((id) => cluster.node(id).state?.leadership);
  for (let i = 0; i < 50; i++) {
    cluster.elapse(20_000, () => leader() !== undefined);
    if (leader() === "r4") return;
    const other = leader()!;
    cluster.node(other).crash();
    cluster.elapse(3000);
    cluster.start(other);
    cluster.elapse(2000);
  }
  throw new Error("r4 never led");
}

Deno.test("§5.2e §12 a leader that streams entries without end and falls silent holds up nothing", () => {
  const cluster = new SimCluster({ replicas: 4 });
  crown(cluster);
  cluster.elapse(300);
  const { hard: { currentTerm }, log } = cluster.node("r4").state!;
  const chain = noOps(lastHead(log), FLOOD, currentTerm);
  const heads = [lastHead(log), ...chain.map(({ entry: { index }, hash }) => ({ index, hash }))];
  cluster.node("r4").crash();
  for (let from = 0; from < FLOOD; from += LIMITS.maxAppendEntries) {
    const entries = chain.slice(from, from + LIMITS.maxAppendEntries);
    const options = { prev: heads[from]!, round: 100_000 + from };
    cluster.inject("r4", HONEST, forge.appendEntries("r4", currentTerm, entries, options));
  }
  cluster.elapse(10);
  for (const id of HONEST) {
    const { log, commitIndex } = cluster.node(id).state!;
    assert(lastIndex(log) - commitIndex <= LIMITS.maxUncommittedEntries, viewOf(cluster));
  }
  assert(serves(cluster, 60_000), viewOf(cluster));
});

for (const certified of [false, true]) {
  const what = certified ? "certified and not committed" : "neither certified nor committed";
  Deno.test(`§5.2f §5.8c disks that hold far more than the window, ${what}, come to commit again`, () => {
    const cluster = new SimCluster({ replicas: 4 });
    for (const id of cluster.ids) cluster.node(id).crash();
    const chain = noOps(forge.GENESIS, FLOOD, 1);
    const end = forge.endOf(chain.slice(-1));
    const prepared = forge.prepareCertificate(1, end, ["r1", "r2", "r4"]);
    for (const id of HONEST.slice(0, 2)) {
      const { disk } = cluster.node(id);
      const storage = openMemoryStorage({ clusterId: forge.CLUSTER, hash: sha256Hex, disk });
      const state = { ...disk.hardState, currentTerm: term(1), ack: certified ? end : null };
      const operations: PersistOperation[] = [{ op: "hard-state", state }, { op: "append", entries: chain }];
      storage.commit(
        certified ? [...operations, { op: "prepared", certificate: prepared, branch: [] }] : operations,
        [],
      );
    }
    for (const id of HONEST) cluster.start(id);
    assert(serves(cluster, 120_000), viewOf(cluster));
    const kept = HONEST.map((id) => cluster.node(id).state!.commitIndex >= FLOOD);
    assertEquals(kept, HONEST.map(() => certified));
  });
}
