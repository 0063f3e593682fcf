/** Restricts adversaries to what bytes on a wire could do: a decoded view always matches its bytes. */
import { equalBytes } from "../../../protocol/bytes/equal_bytes.ts";
import type { Entry } from "../../../protocol/entry.ts";
import { joinRequests, joinStatements } from "../../../protocol/entry_body.ts";
import type { Packet } from "../../../protocol/packet.ts";

const checked = new WeakSet<Entry>();

/**
 * Returns whether some sequence of bytes decodes to `packet`; ingress drops anything that does not decode. Throws if the requests of an
 * entry are not those of its body: then an adversary cheated the simulation, not the protocol.
 */
export function isDecodable(packet: Packet): boolean {
  if (packet.kind !== "AppendEntries" && packet.kind !== "FetchEntriesResponse") return true;
  packet.entries.forEach(assertHonestView);
  if (packet.kind === "FetchEntriesResponse") return isRun(packet.entries, packet.signed.message.from);
  const { prevIndex, entryHashes } = packet.signed.message;
  return packet.entries.length === entryHashes.length && isRun(packet.entries, prevIndex + 1);
}

/** Returns whether the indexes of `entries` are consecutive, from `first` on. */
const isRun = (entries: readonly Entry[], first: number): boolean =>
  entries.every(({ index }, i) => index === first + i);

function assertHonestView(entry: Entry): void {
  if (checked.has(entry)) return;
  checked.add(entry);
  const { index, requests, statements, body } = entry;
  if (requests === null) return;
  const shown = statements === undefined ? joinRequests(requests) : joinStatements(statements);
  if (!equalBytes(shown, body)) throw new Error(`entry ${index}: what it holds is not what its body does`);
}
