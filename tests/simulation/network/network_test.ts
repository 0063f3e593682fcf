import { assert, assertEquals } from "@std/assert";
import { type ReplicaId, replicaId } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import { type EchoFault, type NetworkFault, type RecallFault, STEADY } from "../plan/plan.ts";
import { Rng } from "../plan/rng.ts";
import { Network } from "./network.ts";
import { Scheduler } from "./scheduler.ts";

const [r1, r2, r3] = ["r1", "r2", "r3"].map(replicaId) as [ReplicaId, ReplicaId, ReplicaId];
const packet = (kind: Packet["kind"] = "PreVote") => ({ kind }) as Packet;
const FAULT: NetworkFault = { kind: "network", ...STEADY, from: 0, to: 1000 };

/** Returns a network with `faults`, on which r1 leads, and what it delivered. */
function createLab(...faults: (NetworkFault | EchoFault | RecallFault)[]) {
  const scheduler = new Scheduler();
  const delivered: { readonly to: ReplicaId; readonly packet: Packet; readonly at: number }[] = [];
  const network = new Network({
    scheduler,
    rng: new Rng(1, "network"),
    latencyMs: [1, 1],
    faults,
    replicas: [r1, r2, r3],
    resolve: (target) => target === "leader" || target === "honest-leader" ? r1 : target,
    deliver: (to, packet) => delivered.push({ to, packet, at: scheduler.now }),
  });
  scheduler.elapse(0);
  return { scheduler, network, delivered };
}

/** Returns the receivers of what `from` sends to all others, `times` times. */
function reach(faults: readonly NetworkFault[], from: ReplicaId, kind?: Packet["kind"], times = 1): ReplicaId[] {
  const { scheduler, network, delivered } = createLab(...faults);
  for (let i = 0; i < times; i++) network.send(from, [r1, r2, r3].filter((id) => id !== from), packet(kind));
  scheduler.elapse(100);
  return delivered.map(({ to }) => to);
}

Deno.test("network: without faults every packet arrives once, after the link's latency", () => {
  const { scheduler, network, delivered } = createLab();
  const sent = packet();
  network.send(r1, [r2, r3], sent);
  scheduler.elapse(100);
  assertEquals(delivered, [{ to: r2, packet: sent, at: 1 }, { to: r3, packet: sent, at: 1 }]);
});

Deno.test("network: cuts are one way, between whom they name, of the kinds they name, and over when they end", () => {
  const cut: NetworkFault = { ...FAULT, loss: 1, sources: [r1], targets: [r2] };
  assertEquals([reach([cut], r1), reach([cut], r2), reach([cut], r3)], [[r3], [r1, r3], [r1, r2]]);
  assertEquals(reach([{ ...cut, kinds: ["Vote"] }], r1, "PreVote"), [r2, r3]);
  assertEquals(reach([{ ...cut, kinds: ["Vote"] }], r1, "Vote"), [r3]);
  assertEquals(reach([{ ...cut, sources: ["leader"], targets: null }], r1), []);
  const { scheduler, network, delivered } = createLab(cut);
  scheduler.elapse(1000);
  network.send(r1, [r2], packet());
  scheduler.elapse(10);
  assertEquals(delivered.length, 1);
});

Deno.test("network: loss, duplication and delay take their share, and delay reorders", () => {
  const share = (fault: NetworkFault) => reach([fault], r1, "PreVote", 500).length / 1000;
  assert(Math.abs(share({ ...FAULT, loss: 0.3 }) - 0.7) < 0.06);
  assert(Math.abs(share({ ...FAULT, duplicate: 0.2 }) - 1.2) < 0.06);
  const { scheduler, network, delivered } = createLab({ ...FAULT, delayMs: 50 });
  const sent = Array.from({ length: 20 }, () => packet());
  for (const each of sent) network.send(r1, [r2], each);
  scheduler.elapse(100);
  assertEquals(delivered.length, 20);
  assert(delivered.some(({ packet }, i) => packet !== sent[i]), "nothing was reordered");
});

Deno.test("network: a flapping link loses everything for one half of its period and nothing for the other", () => {
  const { scheduler, network, delivered } = createLab({ ...FAULT, loss: 1, flapMs: 100 });
  const at: number[] = [];
  for (let now = 0; now < 400; now += 10) {
    const before = delivered.length;
    network.send(r1, [r2], packet());
    scheduler.elapse(10);
    if (delivered.length > before) at.push(now % 100);
  }
  assertEquals(at.length, 20);
  assert(Math.max(...at) - Math.min(...at) < 50, `up at ${at}`);
});

Deno.test("network: old packets are replayed, to anybody", () => {
  const { scheduler, network, delivered } = createLab({ ...FAULT, replay: 0.5 });
  const old = packet("Vote");
  network.send(r1, [r2], old);
  for (let i = 0; i < 60; i++) network.send(r2, [r3], packet());
  scheduler.elapse(100);
  const replays = delivered.filter(({ packet }) => packet === old).length - 1;
  assert(delivered.length > 70 && replays >= 0, `${delivered.length} delivered`);
  assert(delivered.some(({ to }) => to === r1), "nothing was replayed to the one who only sent");
});

Deno.test("network: an echo repeats what leaders said lately to everyone, for ever", () => {
  const { scheduler, network, delivered } = createLab({ kind: "echo", from: 10, everyMs: 50 });
  const heartbeat = packet("AppendEntries");
  network.send(r1, [r2], heartbeat);
  network.send(r2, [r3], packet());
  scheduler.elapse(2000);
  const echoes = delivered.filter(({ packet }) => packet === heartbeat);
  assertEquals(new Set(echoes.map(({ to }) => to)), new Set([r1, r2, r3]));
  assert(echoes.length >= 3 * 39, `${echoes.length} echoes`);
});

Deno.test("network: answers to earlier roll calls come again with each new one, to whoever called, once that is asked for", () => {
  const call = (replica: ReplicaId, nonce: string) =>
    ({ kind: "RollCall", signed: { message: { replica, nonce } } }) as unknown as Packet;
  const answer = (asker: ReplicaId, nonce: string) =>
    ({ kind: "RollCallAnswer", signed: { message: { asker, nonce } } }) as unknown as Packet;
  for (const recalls of [false, true]) {
    const { scheduler, network, delivered } = createLab(...recalls ? [{ kind: "recall", from: 0 } as const] : []);
    network.send(r2, [r1], answer(r1, "first"));
    network.send(r2, [r3], answer(r3, "first"));
    network.send(r1, [], call(r1, "first"));
    scheduler.elapse(100);
    delivered.length = 0;
    network.send(r1, [], call(r1, "second"));
    scheduler.elapse(100);
    const got = delivered.map(({ to, packet }) => [to, packet]);
    assertEquals(got, recalls ? [[r1, answer(r1, "first")]] : []);
  }
});
