/** Packets honest replicas signed before they lost their disks (§8.4): still valid, and kept by the colluders. */
import type { ReplicaId } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse } from "../../../../protocol/message.ts";
import type { Packet } from "../../../../protocol/packet.ts";
import { senderOf } from "../../../../protocol/signatures.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import type { InputWithoutTime } from "../../../../replica/core/input.ts";
import type { Colluders, FaultyReplica } from "../actor.ts";
import { honestStates } from "../support/craft.ts";

/** Newest packets of one replica that are kept; as many older votes are kept as well. */
const MEMORY = 300;
/** Kinds of packets that bind their signer, or show what it held. */
const KEPT: ReadonlySet<Packet["kind"]> = new Set<Packet["kind"]>([
  ...["AppendEntriesResponse", "Vote", "PreVote", "RequestVote", "VoteRefusal", "Checkpoint"] as const,
]);

const pasts = new WeakMap<Colluders, Past>();

export class Past {
  /** Packets by signer, the newest last. */
  readonly #said = new Map<ReplicaId, Packet[]>();
  readonly #lost = new Map<ReplicaId, { readonly nonce: string; readonly said: readonly Packet[] }>();
  readonly #seen = new WeakSet<Packet>();

  /** Returns what all colluders remember together. */
  static of(colluders: Colluders): Past {
    const known = pasts.get(colluders) ?? new Past();
    pasts.set(colluders, known);
    return known;
  }

  hear(input: InputWithoutTime): void {
    if (input.kind !== "packet" || this.#seen.has(input.packet)) return;
    const packet: Packet = input.packet;
    const from = senderOf(packet);
    if (from === null || !KEPT.has(packet.kind)) return;
    this.#seen.add(packet);
    const said = this.#said.get(from) ?? [];
    this.#said.set(from, said);
    said.push(packet);
    if (said.length > 2 * MEMORY) this.#said.set(from, thinned(said));
  }

  /** Notes the replicas that have lost their disk since the last look: they have forgotten everything they had sent. */
  look(faultyReplica: FaultyReplica): void {
    for (const [id, { hard: { recovery } }] of honestStates(faultyReplica)) {
      if (recovery === null || this.#lost.get(id)?.nonce === recovery.nonce) continue;
      const before = this.#lost.get(id)?.said ?? [];
      this.#lost.set(id, { nonce: recovery.nonce, said: thinned([...before, ...this.#said.get(id) ?? []]) });
      this.#said.delete(id);
    }
  }

  /** Replicas that ever lost their disk. */
  get losers(): ReplicaId[] {
    return [...this.#lost.keys()];
  }

  /** Returns the packets `id` sent and forgot, newest last. */
  forgotten(id: ReplicaId): readonly Packet[] {
    return this.#lost.get(id)?.said ?? [];
  }

  /** Returns the responses among those. */
  responses(id: ReplicaId): Signed<AppendEntriesResponse>[] {
    return this.forgotten(id).flatMap((packet) => packet.kind === "AppendEntriesResponse" ? [packet.signed] : []);
  }
}

/** Returns the newest of `said`, and older votes. */
function thinned(said: readonly Packet[]): Packet[] {
  const old = said.slice(0, -MEMORY).filter(({ kind }) => kind === "Vote");
  return [...old.slice(-MEMORY), ...said.slice(-MEMORY)];
}
