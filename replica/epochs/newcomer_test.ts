import { assertEquals, assertRejects } from "@std/assert";
import { ConfigError } from "../../crypto/config_error.ts";
import type { SignedRoster } from "../../crypto/roster/parse_roster.ts";
import type { EpochEndPacket } from "../../protocol/packet.ts";
import { backend } from "../../tests/support/backends.ts";
import { EpochChain } from "../../tests/support/epochs/epoch_lab.ts";
import { encodePacket } from "../../transport/codec/mod.ts";
import { MemoryNetwork } from "../../transport/mod.ts";
import type { Received } from "../../transport/port.ts";
import { countingBackend } from "../diagnostics/counting_backend.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { epochOf } from "../storage/epoch.ts";
import type { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { awaitBeginning, isUnused } from "./newcomer.ts";
import { bytesOf } from "./rosters.ts";

const chain = new EpochChain();
const second = chain.advance();
const third = chain.advance();
const foreign = new EpochChain();
foreign.advance();

/** Has a new member with `given` receive packets, each from `from`, on a clock that stands still; then what is genuine, and resolves once it has begun. */
function begins(
  packets: readonly EpochEndPacket[],
  { given = second, from = "r2", last = chain.shown(1) }: {
    readonly given?: SignedRoster;
    readonly from?: string;
    readonly last?: EpochEndPacket | null;
  } = {},
) {
  const network = new MemoryNetwork();
  const transport = network.replica("r1", ["r2", "r3", "r4"]);
  const storage = chain.disk(0);
  const { backend: counting, work } = countingBackend(backend);
  const asked: string[] = [];
  const all = [
    ...packets.map((packet) => [from, packet] as const),
    ...(last === null ? [] : [["r3", last] as const]),
  ];
  const received = all.map(([owner, packet]): Received => ({
    ...{ channel: "peer", route: owner, owner, frames: encodePacket(packet, 9) },
  }));
  let isGiven = false;
  const waiting = awaitBeginning({
    ...{ given, self: "r1", storage, backend: counting, now: () => 0 },
    transport: {
      ...{ counters: transport.counters, wake: () => {}, flushPeers: () => {}, publish: () => {}, holdOff: () => {} },
      ...{ sendToClient: () => {}, expel: () => false, reconfigure: () => {}, close: () => Promise.resolve() },
      sendToPeer: (peer) => void asked.push(peer),
      receive() {
        if (isGiven) return Promise.reject(new Error("it waits on"));
        isGiven = true;
        return Promise.resolve(received);
      },
    },
  });
  return { waiting, storage, asked, work };
}

const epochIn = (storage: MemoryStorage): number => epochOf(storage.load());

Deno.test("a new member asks all others, and begins without the state once it is shown how its epoch began", async () => {
  const { waiting, storage, asked } = begins([]);
  await waiting;
  assertEquals(asked, ["r2", "r3", "r4"]);
  const { commitIndex, hardState, transfer } = storage.load();
  assertEquals([epochIn(storage), Number(commitIndex), Number(hardState.currentTerm)], [2, 0, 0]);
  assertEquals(transfer?.stable.stateDigest, chain.ends[0]!.proof.stable.stateDigest);
  assertEquals(storage.epochs.list(), [1, 2]);
});

const good = chain.shown(1);
const { end } = good;
const { stable, commit } = end.proof;
const bytes = (text: string) => new TextEncoder().encode(text);
const HOSTILE: Readonly<Record<string, EpochEndPacket>> = {
  "without the roster before": { ...good, roster: null },
  "with a roster that is no JSON": { ...good, roster: bytes("{") },
  "with brackets as deep as fit": { ...good, roster: bytes("[".repeat(1024 * 1024)) },
  "with objects as deep as fit": { ...good, roster: bytes('{"roster":'.repeat(5000) + "1" + "}".repeat(5000)) },
  "with a roster of 2 MiB": { ...good, roster: bytes(`"${"x".repeat(2 * 1024 * 1024 - 2)}"`) },
  "with another cluster's roster": { ...good, roster: foreign.shown(1).roster },
  "of another cluster": foreign.shown(1),
  "of the epoch that was given": chain.shown(2),
  "that names the epoch before, of another": { ...good, end: { ...chain.ends[1]!, epoch: 1 } },
  "by f + 1": {
    ...good,
    end: { ...end, proof: { stable: { ...stable, checkpoints: stable.checkpoints.slice(1) }, commit } },
  },
  "without a commit": { ...good, end: { ...end, proof: { stable, commit: { ...commit, responses: [] } } } },
  "with a state that nobody signed": {
    ...good,
    end: { ...end, proof: { stable: { ...stable, stateDigest: end.before }, commit } },
  },
};
for (const [what, packet] of Object.entries(HOSTILE)) {
  Deno.test(`a new member takes no end ${what}, and waits on`, async () => {
    const { waiting, storage } = begins([packet]);
    await waiting;
    assertEquals([epochIn(storage), storage.epochs.list()], [2, [1, 2]]);
    const alone = begins([packet], { last: null });
    await assertRejects(() => alone.waiting, Error, "it waits on");
    assertEquals([epochIn(alone.storage), alone.storage.epochs.list()], [1, []]);
  });
}

Deno.test("whoever floods a new member with ends has few of them looked into, and keeps nobody else from being heard", async () => {
  const forged = { ...good, end: { ...end, before: stable.hash } };
  const { waiting, work } = begins(Array.from({ length: 200 }, () => forged));
  await waiting;
  assertEquals(work.verified <= 10 * (INGRESS_LIMITS.endBurst + 1), true, `${work.verified} signatures`);
});

Deno.test("a new member whose roster is not the one that was ordered stops, and says so", async () => {
  const other = signedBeside();
  const { waiting, storage } = begins([], { given: other });
  await assertRejects(() => waiting, ConfigError, "the operators signed another one too");
  assertEquals(epochIn(storage), 1);
});

/** Returns another roster of epoch 2 that the operator signed too. */
function signedBeside(): SignedRoster {
  const beside = new EpochChain();
  Object.assign(beside, { keys: chain.keys, rosters: [chain.of(1)] });
  return beside.signedNext((roster) => ({ ...roster, clients: roster.clients.slice(1) }));
}

Deno.test("what the archive holds before the epoch is begun makes nobody a member of an earlier one: it waits again", () => {
  const storage = chain.disk(0);
  assertEquals(isUnused(storage), true);
  storage.epochs.put(2, bytesOf(second), chain.disk(3).epochs.read(2)!.end);
  storage.epochs.put(3, bytesOf(third), null);
  assertEquals(isUnused(storage), true);
});
