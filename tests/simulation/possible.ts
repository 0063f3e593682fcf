/** Holds adversaries to what bytes on a wire could do: a decoded view always matches its bytes. */
import { equalBytes } from "../../replica/core/bytes.ts";
import type { Entry } from "../../replica/core/entry.ts";
import { joinRequests } from "../../replica/core/entry_body.ts";
import type { Packet } from "../../replica/core/packet.ts";

const checked = new WeakSet<Entry>();

/** Throws if no sequence of bytes decodes to `packet`: then an adversary cheated the simulation, not the protocol. */
export function assertPossible(packet: Packet): void {
  if (packet.kind !== "AppendEntries" && packet.kind !== "FetchEntriesResponse") return;
  if (packet.kind === "AppendEntries" && packet.entries.length !== packet.signed.message.entryHashes.length) {
    throw new Error("an AppendEntries without as many entries as its header has hashes: no bytes decode to that");
  }
  for (const entry of packet.entries) {
    if (checked.has(entry)) continue;
    checked.add(entry);
    if (entry.requests !== null && !equalBytes(joinRequests(entry.requests), entry.body)) {
      throw new Error(`entry ${entry.index}: its requests are not those of its body`);
    }
  }
}
