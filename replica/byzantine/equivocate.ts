/**
 * A leader that tells its followers different things: one half gets the entries of the honest core, the other half validly signed
 * ones with the same indexes and other content, and both halves get acks of theirs. What §0 shows to break one-phase designs.
 */
import type { Entry } from "../core/entry.ts";
import { joinRequests } from "../core/entry_body.ts";
import { chainEntry } from "../core/hash_chain.ts";
import { type Digest, type LogIndex, offset, type ReplicaId, type Term } from "../core/ids.ts";
import type { AppendEntries, AppendEntriesResponse } from "../core/message.ts";
import type { ChainedEntry, Outgoing } from "../core/output.ts";
import type { AppendEntriesPacket } from "../core/packet.ts";
import type { Adversary, Victim } from "./adversary.ts";

type OutgoingEntries = Outgoing & { readonly packet: AppendEntriesPacket<AppendEntries> };

/** The adversary's own branch, of its current term as leader. */
interface Fork {
  readonly term: Term;
  readonly chained: Map<LogIndex, ChainedEntry>;
}

/** See the head of this file. Entries without requests are not forked: there is nothing validly signed to put into them. */
export function equivocate({ config, hash }: Victim): Adversary {
  const peers = config.replicas.filter((id) => id !== config.self);
  const deceived = new Set<ReplicaId>(peers.slice(Math.floor(peers.length / 2)));
  let fork: Fork = { term: 0 as Term, chained: new Map() };

  const extend = (header: AppendEntries, entries: readonly Entry[]): void => {
    if (header.term !== fork.term) fork = { term: header.term, chained: new Map() };
    let previous = fork.chained.get(header.prevIndex)?.hash ?? header.prevHash;
    for (const [i, entry] of entries.entries()) {
      const known = fork.chained.get(entry.index);
      const forked = fork.chained.has(offset(entry.index, -1));
      const chained = known ?? chainEntry(hash, previous, alternative(entry));
      if (known === undefined && (forked || chained.hash !== header.entryHashes[i])) {
        fork.chained.set(entry.index, chained);
      }
      previous = chained.hash;
    }
    for (const index of fork.chained.keys()) if (index < header.commitIndex) fork.chained.delete(index);
  };

  const corrupt = (outgoing: readonly Outgoing[]): Outgoing[] => {
    for (const { packet } of outgoing) {
      if (packet.kind === "AppendEntries") extend(packet.signed, packet.entries);
    }
    return outgoing.flatMap((each) => {
      if (isEntries(each)) return split(each, fork, deceived);
      // It does not spread what others found out about it.
      if (each.packet.kind === "Evidence" && each.packet.evidence.culprit === config.self) return [];
      if (each.packet.kind !== "AppendEntriesResponse") return [each];
      const second = otherAcks(each.packet.signed, fork);
      return second === null
        ? [each]
        : [each, { to: peers, packet: { kind: "AppendEntriesResponse", signed: second } }];
    });
  };
  return { corrupt };
}

const isEntries = (outgoing: Outgoing): outgoing is OutgoingEntries => outgoing.packet.kind === "AppendEntries";

/** The same requests in another order, or none of them. */
function alternative(entry: Entry): Entry {
  const { requests } = entry;
  if (requests === null || requests.length === 0) return entry;
  const instead = requests.length === 1 ? [] : [...requests].reverse();
  return { index: entry.index, term: entry.term, body: joinRequests(instead), requests: instead };
}

/** One AppendEntries as two: the honest one for one half, the forked one for the other. */
function split(outgoing: OutgoingEntries, fork: Fork, deceived: ReadonlySet<ReplicaId>): Outgoing[] {
  const { packet, to } = outgoing;
  if (to === "all" || fork.chained.size === 0) return [outgoing];
  const lies = to.filter((id) => deceived.has(id));
  const truth = to.filter((id) => !deceived.has(id));
  if (lies.length === 0) return [outgoing];
  const forged: Outgoing = { to: lies, packet: forge(packet, fork) };
  return truth.length === 0 ? [forged] : [{ to: truth, packet }, forged];
}

function forge(packet: AppendEntriesPacket<AppendEntries>, { chained }: Fork): AppendEntriesPacket<AppendEntries> {
  const header = packet.signed;
  const entryHashes: Digest[] = header.entryHashes.map((hash, i) =>
    chained.get(offset(header.prevIndex, i + 1))?.hash ?? hash
  );
  return {
    ...packet,
    signed: { ...header, prevHash: chained.get(header.prevIndex)?.hash ?? header.prevHash, entryHashes },
    entries: packet.entries.map((entry) => chained.get(entry.index)?.entry ?? entry),
  };
}

/** The replica's acks once more, of the forked entries; null where none of them is forked. */
function otherAcks(response: AppendEntriesResponse, { term, chained }: Fork): AppendEntriesResponse | null {
  if (response.term !== term || !response.acks.some(({ index }) => chained.has(index))) return null;
  const acks = response.acks.map((ack) => ({ index: ack.index, hash: chained.get(ack.index)?.hash ?? ack.hash }));
  return { ...response, acks };
}
