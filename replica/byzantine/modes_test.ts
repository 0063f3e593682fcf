/** Every faulty behaviour on a real core among honest ones, in virtual time: none of them breaks anything, itself included. */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import type { Head } from "../../protocol/entry.ts";
import { logIndex } from "../../protocol/ids.ts";
import type { Packet } from "../../protocol/packet.ts";
import { encodeKvCommand, KvStore } from "../../state_machine/mod.ts";
import { SimCluster } from "../../tests/simulation/nodes/sim_cluster.ts";
import type { SimNode } from "../../tests/simulation/nodes/sim_node.ts";
import { NO_CHANGES } from "../../tests/support/executors.ts";
import { HeldChunks } from "../../tests/support/snapshot_values.ts";
import { decodePeerPacket, encodeMessage, encodePacket } from "../../transport/codec/mod.ts";
import { createState } from "../core/create_state.ts";
import { hashAt } from "../core/log/log.ts";
import { EMPTY_RECOVERED } from "../storage/empty.ts";
import { BYZANTINE_MODES, type ByzantineMode, createAdversary } from "./mod.ts";

const FAULTY = "r2";
const HONEST = ["r1", "r3", "r4"];
/** Evidence that a behaviour may leave, and has to leave if `must`. */
const EVIDENCE: Partial<Record<ByzantineMode, { readonly kinds: readonly string[]; readonly must: boolean }>> = {
  "equivocate": { kinds: ["equivocation", "double-ack"], must: true },
  "usurp": { kinds: ["equivocation"], must: false },
  "opposite-votes": { kinds: ["double-vote"], must: true },
  "forge-client": { kinds: ["bad-entry", "equivocation"], must: true },
  "corrupt-acks": { kinds: ["double-ack"], must: true },
};
/** Milliseconds of virtual time in which each honest leader in turn is cut off once. */
const CUT_MS = 4000;
const TURNS = 6;
/** Maximum number of terms that this takes; more would be elections without end. */
const FEW_TERMS = 25;

/** Puts `mode` around the core of `node`. */
function corruptNode(cluster: SimCluster, node: SimNode, mode: ByzantineMode): void {
  const state = node.state!;
  const adversary = createAdversary(mode, { config: state.config, hash: sha256Hex, state });
  node.corrupt = (outgoing) => adversary.corrupt?.(outgoing, cluster.now) ?? outgoing;
  const run = node.run.bind(node);
  node.run = (inputs) => run(inputs.filter((input) => !(adversary.swallows?.(input) ?? false)));
}

/** Runs a cluster with one faulty replica, requests in progress all the time, and every leader cut off for a while. */
function runWith(mode: ByzantineMode, seed: number) {
  let cutOff: string | null = null;
  const elections = new Elections();
  const sent: string[] = [];
  const cluster: SimCluster = new SimCluster({
    replicas: 4,
    seed,
    delay: (from, to) => from === cutOff || to === cutOff ? null : 1,
    hooks: {
      sent: (from, _, packet) => from === FAULTY && sent.push(wellFormed(packet)),
      handled: (at) => elections.look(cluster, at),
    },
  });
  corruptNode(cluster, cluster.node(FAULTY), mode);
  let number = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    const { leader } = cluster.node("r1").state!.view;
    cutOff = turn % 2 === 1 && leader !== FAULTY ? leader : null;
    for (let i = 0; i < 5; i++) {
      number = ask(cluster, number);
      cluster.elapse(CUT_MS / 5);
    }
  }
  cutOff = null;
  ask(cluster, number);
  const settled = cluster.elapse(120_000, () => HONEST.every((id) => isLevel(cluster, id)));
  return { cluster, settled, sent, elections };
}

/** The replicas that led by their own account, and the leaders that honest replicas believed in (I1). */
class Elections {
  readonly #led = new Map<number, Set<string>>();
  readonly believed = new Map<number, string>();

  look(cluster: SimCluster, at: string): void {
    const { view: { role, leader, base }, hard: { currentTerm } } = cluster.node(at).state!;
    const led = this.#led.get(currentTerm) ?? new Set();
    this.#led.set(currentTerm, led);
    if (role === "leader") led.add(at);
    if (at === FAULTY || leader === null || base === null) return;
    assertEquals(this.believed.get(currentTerm) ?? leader, leader, `two leaders in term ${currentTerm}`);
    if (!this.believed.has(currentTerm)) {
      assert(isOnALog(cluster, base), `term ${currentTerm} stands on what nobody has`);
    }
    this.believed.set(currentTerm, leader);
  }

  /** Returns whether `id` really was elected in `term`. */
  led(term: number, id: string): boolean {
    return this.#led.get(term)?.has(id) ?? false;
  }
}

const isOnALog = (cluster: SimCluster, point: Head): boolean =>
  cluster.ids.some((id) => hashAt(cluster.node(id).state!.log, point.index) === point.hash);

/** Sends both clients' next request to all replicas, as an intervention, so that it reaches any leader. */
function ask(cluster: SimCluster, number: number): number {
  for (const client of ["c1", "c2"]) {
    const command = encodeKvCommand({ op: "put", key: client, value: Uint8Array.of(number) });
    const request = cluster.signRequest(client, number + 1, Math.max(0, number - 10), command);
    for (const id of cluster.ids) cluster.request(id, request, true);
  }
  return number + 1;
}

/** Returns whether `id` has applied everything the cluster committed, and waits for nothing. */
function isLevel(cluster: SimCluster, id: string): boolean {
  const states = HONEST.map((honest) => cluster.node(honest).state!);
  const { appliedIndex, requests } = cluster.node(id).state!;
  const pending = [...requests.interventions.values()].some(({ size }) => size > 0);
  return !pending && states.every(({ commitIndex }) => commitIndex === appliedIndex);
}

/** Returns the packet as bytes in hexadecimal; a receiver must be able to decode it, or its lies would never be examined. */
function wellFormed(packet: Packet): string {
  const frames = encodePacket(packet);
  assertEquals(decodePeerPacket(frames).kind, packet.kind);
  return frames.map((frame) => sha256Hex(frame)).join(" ");
}

function assertHonestAgree(cluster: SimCluster): void {
  const [first, ...others] = HONEST.map((id) => cluster.node(id));
  for (const { state, machine } of others) {
    for (let index = 1; index <= first!.state!.commitIndex; index++) {
      assertEquals(hashAt(state!.log, logIndex(index)), hashAt(first!.state!.log, logIndex(index)));
    }
    assertEquals(machine.digest(), first!.machine.digest());
  }
}

for (const mode of BYZANTINE_MODES) {
  Deno.test(`${mode}: honest replicas agree, serve every client, and accuse nobody but the faulty one`, () => {
    const { must = false, kinds = [] } = EVIDENCE[mode] ?? {};
    for (const seed of [1, 2, 3]) {
      const { cluster, settled, sent, elections } = runWith(mode, seed);
      assert(settled, `seed ${seed}: requests are unsettled, or replicas not level`);
      assertHonestAgree(cluster);
      assert(elections.believed.size > 0 && Math.max(...elections.believed.keys()) < FEW_TERMS);
      for (const [term, leader] of elections.believed) {
        // `elections` wins with votes it collects without its core, which does not know of them.
        assert(
          elections.led(term, leader) || (mode === "elections" && leader === FAULTY),
          `${leader} leads term ${term}`,
        );
      }
      assertEquals(sent.length > 0, mode !== "silent");
      for (const id of HONEST) {
        const { evidence, commitIndex } = cluster.node(id).state!;
        assert(commitIndex > 10);
        assert(
          evidence.every(({ culprit, kind }) => culprit === FAULTY && kinds.includes(kind)),
          JSON.stringify(evidence),
        );
        assert(!must || evidence.length > 0, `seed ${seed}: ${id} found nothing out`);
      }
    }
  });

  Deno.test(`${mode}: equal inputs give equal lies`, () => {
    assertEquals(runWith(mode, 4).sent, runWith(mode, 4).sent);
  });
}

Deno.test("a behaviour that has heard nothing yet has its say without failing", () => {
  for (const mode of BYZANTINE_MODES) {
    const { config } = new SimCluster({ replicas: 4 }).node(FAULTY).state!;
    const state = createState(config, EMPTY_RECOVERED, {
      hash: sha256Hex,
      machine: new KvStore(),
      changes: NO_CHANGES,
      chunks: new HeldChunks(),
    }, 0);
    const { corrupt } = createAdversary(mode, { config, hash: sha256Hex, state });
    for (let now = 0; now < 100_000; now += config.constants.heartbeatMs) {
      for (const { to, packet } of corrupt?.([], now) ?? []) {
        assert(to === "all" || to.every((id) => config.replicas.includes(id)));
        if (packet.kind !== "ForwardedRequest" && packet.kind !== "Evidence") encodeMessage(packet.signed);
      }
    }
  }
});
