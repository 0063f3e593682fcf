/** The answer to a request for chunks (§8.3). */
import type { PacketOf } from "../../../protocol/packet.ts";
import type { Chunk } from "../../../protocol/ports.ts";
import type { Context } from "../context.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../verdict.ts";
import { askSources, awaitedSource, fail, lacking, take } from "./state_transfer.ts";

/** Takes the chunks that were asked for. One that was not costs the source its turn, and this replica nothing else. */
export function onFetchChunksResponse(context: Context, packet: PacketOf<"FetchChunksResponse">): Verdict {
  const { state, ports } = context;
  const { replica } = packet.signed.message;
  const { transfer } = state;
  const source = awaitedSource(state, packet.signed.message);
  if (transfer === null || source === null) return ignore("not-asked-for");
  const asked = source.request!.digests;
  const chunks = packet.chunks.map((bytes): Chunk => ({ digest: ports.hash(bytes), bytes }));
  const distinct = new Set(chunks.map(({ digest }) => digest));
  if (distinct.size < chunks.length || chunks.some(({ digest }) => !asked.has(digest))) {
    fail(context, transfer, replica, source, "wrong-chunk");
    askSources(context, transfer);
    return reject("wrong-chunk", replica);
  }
  if (chunks.length === 0) return lacking(context, transfer, replica, source);
  source.failures = 0;
  source.lacksIt = false;
  take(context, transfer, source, chunks);
  return ACCEPT;
}
