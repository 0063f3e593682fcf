/** Serving chunks of snapshots to a peer (§8.3). The peer knows from certified digests which chunks make up its snapshot. */
import { LIMITS } from "../../../protocol/limits.ts";
import type { FetchChunks } from "../../../protocol/message.ts";
import { type Context, send } from "../context.ts";
import { hasBudget, spend } from "../replication/pace.ts";
import { ACCEPT, ignore, type Verdict } from "../verdict.ts";

/** Answers with those of the chunks asked for that are held, in order, as many as fit into one answer. */
export function onFetchChunks(context: Context, { replica, nonce, digests }: FetchChunks): Verdict {
  const { state, ports, now } = context;
  if (!hasBudget(state.catchUp.served, replica, now)) return ignore("asked-too-often");
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (const digest of digests) {
    const chunk = ports.chunks.read(digest);
    if (chunk === null) continue;
    bytes += chunk.length;
    if (chunks.length > 0 && bytes > LIMITS.maxFetchChunkBytes) break;
    chunks.push(chunk);
  }
  spend(state.catchUp.served, replica, bytes + digests.length * LIMITS.chunkLookupBytes);
  send(context, [replica], {
    kind: "FetchChunksResponse",
    signed: { kind: "FetchChunksResponse", replica: state.config.self, nonce },
    chunks,
  });
  return ACCEPT;
}
