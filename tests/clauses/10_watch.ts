/** Watches a simulated cluster and says which invariant of §10 no longer holds, seen from outside and over restarts. */
import { assert, assertEquals } from "@std/assert";
import { equalBytes } from "../../replica/core/bytes.ts";
import type { Digest, LogIndex, ReplicaId, Term } from "../../replica/core/ids.ts";
import type { Packet } from "../../replica/core/packet.ts";
import { compareRank } from "../../replica/core/rank.ts";
import { sessionBytes } from "../../replica/core/session_table.ts";
import type { CoreState } from "../../replica/core/state.ts";
import type { SimCluster } from "../simulation/sim_cluster.ts";
import type { SimNode } from "../simulation/sim_node.ts";

interface Seen {
  readonly commitIndex: LogIndex;
  readonly prepared: { readonly term: Term; readonly index: LogIndex };
}

export class Watch {
  /** Every entry ever committed by anyone, with the term of the certificate that committed it first. */
  readonly committed = new Map<LogIndex, { readonly hash: Digest; readonly term: Term }>();
  readonly #leaders = new Map<Term, ReplicaId>();
  readonly #acked = new Map<string, Digest>();
  readonly #states = new Map<LogIndex, string>();
  readonly #seen = new Map<ReplicaId, Seen>();

  /** After `id` handled something. */
  handled(cluster: SimCluster, id: ReplicaId): void {
    const node = cluster.node(id);
    if (!node.state) return;
    this.#checkLeader(node.state);
    this.#checkProgress(node.state);
    this.#checkCommitted(node.state);
    this.#checkApplied(node, node.state);
  }

  /** I8, I2: `packet` leaves `node` only when its disk holds what it promises, and on one chain a term. */
  sent(node: SimNode, packet: Packet): void {
    const { disk } = node;
    const holds = (index: number, hash: Digest) => index === 0 || disk.entries[index - 1]?.hash === hash;
    if (packet.kind === "Vote") {
      const { term, voter } = packet.signed.message;
      if (voter !== node.id) return;
      assert(disk.guard.voteTerm === term && equalBytes(disk.guard.voteBody!, packet.signed.body), "I8: a vote");
    } else if (packet.kind === "AppendEntries") {
      const { prevIndex, entryHashes } = packet.signed.message;
      assert(entryHashes.every((hash, i) => holds(prevIndex + i + 1, hash)), "I8: an AppendEntries");
    } else if (packet.kind === "AppendEntriesResponse") {
      const { term, acks, commitIndex, commitHash, prepared } = packet.signed.message;
      const { hardState, commitIndex: durable, prepared: certificate } = disk.recovered();
      assert(acks.every(({ index, hash }) => holds(index, hash)) && term <= hardState.currentTerm, "I8: an ack");
      assert(commitIndex <= durable && holds(commitIndex, commitHash), "I8: a commit index");
      assert(prepared.term === 0 || compareRank(prepared, certificate!) <= 0, "I8: a prepared report");
      for (const { index, hash } of acks) {
        const known = this.#acked.get(`${node.id} ${term} ${index}`) ?? hash;
        assertEquals(hash, known, `I2: ${node.id} acked two hashes at ${index} in term ${term}`);
        this.#acked.set(`${node.id} ${term} ${index}`, hash);
      }
    }
  }

  /** I1, and I4: a new leader's log holds every entry committed in any lower term. */
  #checkLeader({ config, hard: { currentTerm }, term: { leader, base }, log }: CoreState): void {
    if (leader === null) return;
    const known = this.#leaders.get(currentTerm);
    assertEquals(leader, known ?? leader, `I1: two leaders in term ${currentTerm}`);
    if (known !== undefined || leader !== config.self) return;
    this.#leaders.set(currentTerm, leader);
    for (const [index, { hash, term }] of this.committed) {
      if (term >= currentTerm) continue;
      assertEquals(log.entries[index - 1]?.hash, hash, `I4: ${leader} of term ${currentTerm} lacks entry ${index}`);
      assert(base!.term > term || base!.index >= index, `I4: base ${base!.index} leaves out entry ${index}`);
    }
  }

  /** I9, I10, across restarts too. */
  #checkProgress({ config: { self }, commitIndex, prepared }: CoreState): void {
    const before = this.#seen.get(self);
    if (before) {
      assert(commitIndex >= before.commitIndex, `I10: ${self} from ${before.commitIndex} to ${commitIndex}`);
      assert(compareRank(prepared, before.prepared) >= 0, `I9: ${self} lost a certificate`);
    }
    this.#seen.set(self, { commitIndex, prepared });
  }

  /** I5: whatever anyone committed at an index, everyone commits there. */
  #checkCommitted({ config: { self }, log, commitIndex, commitCertificate }: CoreState): void {
    for (const { entry: { index }, hash } of log.entries.slice(0, commitIndex)) {
      const known = this.committed.get(index);
      if (!known) this.committed.set(index, { hash, term: commitCertificate!.term });
      else assertEquals(hash, known.hash, `I5: ${self} committed another entry ${index}`);
    }
  }

  /** I6: applied state and session tables are equal at equal index. */
  #checkApplied({ id, machine }: SimNode, { appliedIndex, sessions }: CoreState): void {
    const text = [machine.digest(), ...sessionBytes(sessions)].map((bytes) => bytes.toHex()).join("");
    assertEquals(text, this.#states.get(appliedIndex) ?? text, `I6: ${id} differs at ${appliedIndex}`);
    this.#states.set(appliedIndex, text);
  }
}
