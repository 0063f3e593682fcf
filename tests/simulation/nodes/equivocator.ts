/** A leader that shows its victims entries other than the rest: no-ops in place of requests, validly signed. */
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Entry } from "../../../protocol/entry.ts";
import { joinRequests } from "../../../protocol/entry_body.ts";
import { chainEntry } from "../../../protocol/hash_chain.ts";
import type { Digest, ReplicaId } from "../../../protocol/ids.ts";
import type { UnsignedPacketOf } from "../../../protocol/packet.ts";
import type { Outgoing } from "../../../replica/core/output.ts";

type Append = UnsignedPacketOf<"AppendEntries">;

/** Returns what replica `self` sends instead: to `victims`, every batch with requests as no-ops. */
export function equivocator(self: string, victims: readonly string[]): (outgoing: readonly Outgoing[]) => Outgoing[] {
  return (outgoing) => outgoing.flatMap((message) => split(self, victims, message));
}

function split(self: string, victims: readonly string[], { to, packet }: Outgoing): Outgoing[] {
  if (to === "all" || packet.kind !== "AppendEntries" || packet.signed.leader !== self) return [{ to, packet }];
  const fooled = to.filter((id) => victims.includes(id));
  if (fooled.length === 0 || packet.entries.every(({ requests }) => requests?.length === 0)) return [{ to, packet }];
  const honest = to.filter((id) => !victims.includes(id));
  return [{ to: honest, packet }, { to: fooled as ReplicaId[], packet: forge(packet) }];
}

function forge(packet: Append): Append {
  let previous: Digest = packet.signed.prevHash;
  const entryHashes: Digest[] = [];
  const entries = packet.entries.map((entry): Entry => {
    const forged = { index: entry.index, term: entry.term, body: joinRequests([]), requests: [] };
    previous = chainEntry(sha256Hex, previous, forged).hash;
    entryHashes.push(previous);
    return forged;
  });
  return { ...packet, signed: { ...packet.signed, entryHashes }, entries };
}
