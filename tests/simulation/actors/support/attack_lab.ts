/** Runs an actor on seeds and counts what it did: an attack that never takes place proves nothing. */
import { assertEquals } from "@std/assert";
import type { Millis, ReplicaId } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse } from "../../../../protocol/message.ts";
import type { Packet, PacketOf } from "../../../../protocol/packet.ts";
import { createFakeCrypto } from "../../network/sim_crypto.ts";
import { drawPlan } from "../../plan/draw_plan.ts";
import { runPlan } from "../../run.ts";
import { runUntilSeen, type Wanted } from "../../search/run_until_seen.ts";

/** One packet put on the network. */
export interface Sent {
  readonly from: ReplicaId;
  readonly to: readonly ReplicaId[];
  readonly packet: Packet;
  readonly now: Millis;
  readonly honest: boolean;
}

/** Counts one kind of harm in everything sent in a run. */
export type Count = (sent: readonly Sent[]) => number;

const FURTHER_SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

export interface Attack {
  /** Words of §12, or close to them. */
  readonly attack: string;
  readonly actor: string;
  /** Seeds that show the attack soonest; where they do not any more, since something else is drawn now, others follow. */
  readonly seeds: readonly number[];
  readonly replicas?: number;
  /** Plans in which it comes about; those drawn for any purpose if left out. */
  readonly scenario?: string;
  /** True if rosters change. */
  readonly changes?: boolean;
  readonly wanted: Wanted<readonly Sent[]>;
}

/** Registers a test that the attack takes place and fails: every run passes all checkers and serves its clients in the end. */
export function testAttack({ attack, actor, seeds, replicas = 4, scenario, changes = false, wanted }: Attack): void {
  Deno.test(`§12 ${attack}: ${actor} does it, and nothing breaks`, () => {
    runUntilSeen(
      [...new Set([...seeds, ...FURTHER_SEEDS])],
      wanted,
      (seed) => runActor(actor, seed, replicas, scenario, changes),
    );
  });
}

/** Returns everything sent in the run of `seed`, which must pass. */
export function runActor(
  actor: string,
  seed: number,
  replicas = 4,
  scenario: string | null = null,
  changes = false,
): readonly Sent[] {
  const plan = drawPlan(seed, { replicas, actors: [actor], scenario, changes });
  const sent: Sent[] = [];
  const observer = {
    sent: (from: ReplicaId, to: readonly ReplicaId[], packet: Packet, disk: object | null, now: Millis) =>
      void sent.push({ from, to, packet, now, honest: disk !== null }),
  };
  const { violation } = runPlan({ ...plan, crypto: "fake" }, createFakeCrypto(), { observer });
  assertEquals(violation, null, `${actor}, seed ${seed}`);
  return sent;
}

/** Returns packets of one kind that faulty replicas sent. */
export function faulty<K extends Packet["kind"]>(
  sent: readonly Sent[],
  kind: K,
): (Sent & { readonly packet: PacketOf<K> })[] {
  return sent.filter((each): each is Sent & { readonly packet: PacketOf<K> } =>
    !each.honest && each.packet.kind === kind
  );
}

/** Returns responses of faulty replicas with their receivers and times. */
export const responses = (sent: readonly Sent[]) =>
  faulty(sent, "AppendEntriesResponse").map(({ packet: { signed }, ...rest }) => ({
    ...rest,
    ...signed.message,
    signed,
  }));

/** Counts the `keys` named with two or more different `values`. */
export function ambiguous(pairs: readonly (readonly [key: string, value: string])[]): number {
  const named = new Map<string, Set<string>>();
  for (const [key, value] of pairs) named.set(key, (named.get(key) ?? new Set<string>()).add(value));
  return [...named.values()].filter(({ size }) => size > 1).length;
}

/** Counts indexes for which one leader of one term signed two different hashes. */
export const forkedHeaders: Count = (sent) =>
  ambiguous(
    faulty(sent, "AppendEntries").flatMap(({ from, packet: { signed: { message } } }) =>
      message.leader !== from ? [] : message.entryHashes.map((
        hash,
        i,
      ): [string, string] => [`${from} ${message.term} ${message.prevIndex + i}`, hash])
    ),
  );

/** Returns the head that a response acks, as a name. */
export const headOf = ({ acks }: Pick<AppendEntriesResponse, "acks">): string => {
  const head = acks.at(-1);
  return head ? `${head.index} ${head.hash}` : "none";
};
