/**
 * A leader that tells its followers different things: one half gets the entries of the honest core, the other half validly signed ones with
 * the same indexes and other content, and both halves get acks of theirs. This is what §0 shows to break one-phase designs.
 */
import type { Entry } from "../../protocol/entry.ts";
import { joinRequests } from "../../protocol/entry_body.ts";
import type { ReplicaId } from "../../protocol/ids.ts";
import type { UnsignedPacketOf } from "../../protocol/packet.ts";
import type { Outgoing } from "../core/output.ts";
import type { Adversary, Victim } from "./adversary.ts";
import { Fork } from "./fork.ts";
import { accuses } from "./lies.ts";

/** Makes the adversary described above. Entries without requests are not forked: there is nothing validly signed to put into them. */
export function equivocate({ config, hash }: Victim): Adversary {
  const peers = config.replicas.filter((id) => id !== config.self);
  const deceived = new Set<ReplicaId>(peers.slice(Math.floor(peers.length / 2)));
  const fork = new Fork(hash, alternative);

  const corrupt = (outgoing: readonly Outgoing[]): Outgoing[] => {
    for (const { packet } of outgoing) if (packet.kind === "AppendEntries") fork.extend(packet);
    return outgoing.flatMap((each) => {
      const { to, packet } = each;
      if (packet.kind === "AppendEntries") return split(to, packet, fork, deceived);
      if (accuses(packet, config.self)) return [];
      if (packet.kind !== "AppendEntriesResponse") return [each];
      const second = fork.ack(packet.signed);
      return second === null
        ? [each]
        : [each, { to: peers, packet: { kind: "AppendEntriesResponse", signed: second } }];
    });
  };
  return { corrupt };
}

/** Returns the same requests in another order, or none of them. */
function alternative(entry: Entry): Entry {
  const { requests } = entry;
  if (requests === null || requests.length === 0) return entry;
  const instead = requests.length === 1 ? [] : [...requests].reverse();
  return { index: entry.index, term: entry.term, body: joinRequests(instead), requests: instead };
}

/** Returns one AppendEntries as two: the honest one for one half, the forked one for the other. */
function split(
  to: Outgoing["to"],
  packet: UnsignedPacketOf<"AppendEntries">,
  fork: Fork,
  deceived: ReadonlySet<ReplicaId>,
): Outgoing[] {
  if (to === "all" || fork.empty) return [{ to, packet }];
  const lies = to.filter((id) => deceived.has(id));
  const truth = to.filter((id) => !deceived.has(id));
  const forged = lies.length === 0 ? null : fork.forge(packet);
  return [
    ...(truth.length === 0 ? [] : [{ to: truth, packet }]),
    ...(forged === null ? [] : [{ to: lies, packet: forged }]),
  ];
}
