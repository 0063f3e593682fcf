/** Answers of a fake replica to what is asked outside the log. */
import type { QueryReply, Request } from "../../protocol/message.ts";
import type { KvStore } from "../../state_machine/mod.ts";
import { queryResultCodec } from "../../transport/codec/mod.ts";
import type { Script } from "./fake_scripts.ts";

/** Returns the entry at `index` of `log`, which has a request in each, as JSON says it. */
export function committedAt(log: readonly Request[], index: number): object {
  const request = log[index - 1];
  if (request === undefined) return { index, none: true, commitIndex: log.length };
  const commands = request.kind === "RegisterSession"
    ? [{ client: request.client, base: request.base }]
    : [{ ...request, command: request.command.toBase64() }];
  return { index, term: 1, hash: "ab".repeat(32), commands };
}

/** Returns the answers to fast reads, each altered by the script as if it were one to a query; null for none at all. */
export function readPayloads(
  script: Script,
  store: KvStore,
  queries: readonly Uint8Array[],
  from: Pick<QueryReply, "replica" | "client" | "nonce">,
): Uint8Array[] | null {
  const payloads: Uint8Array[] = [];
  for (const query of queries.slice(0, script.readsAnswered)) {
    const payload = queryResultCodec.encode(store.query(query));
    const honest: QueryReply = { kind: "QueryReply", ...from, ok: true, payload };
    const given = script.query === undefined ? honest : script.query(honest);
    if (given === null) return null;
    if (given.ok) payloads.push(given.payload);
  }
  return payloads;
}
