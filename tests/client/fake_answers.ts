/** Answers of a fake replica to what is asked outside the log. */
import { clientId, type ReplicaId } from "../../protocol/ids.ts";
import type { ClientMessage, QueryReply, Request } from "../../protocol/message.ts";
import type { KvStore } from "../../state_machine/mod.ts";
import { epochsAnswerCodec, queryResultCodec } from "../../transport/codec/mod.ts";
import type { FakeEpochs } from "./fake_epochs.ts";
import type { Script } from "./fake_scripts.ts";

/** Returns the entry at `index` of `log`, which has a request in each, as JSON says it. */
function committedAt(log: readonly Request[], index: number): object {
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
    const payload = queryResultCodec.encode(store.query(query, { client: clientId(from.client), access: null }));
    const honest: QueryReply = { kind: "QueryReply", ...from, ok: true, payload };
    const given = script.query === undefined ? honest : script.query(honest);
    if (given === null) return null;
    if (given.ok) payloads.push(given.payload);
  }
  return payloads;
}

/** The part of a fake cluster that its answers tell. */
interface Facts {
  readonly leader: string;
  readonly leaderTerm: number;
  readonly index: number;
  readonly log: readonly Request[];
  readonly epochs: FakeEpochs;
  readonly orders: Map<string, number>;
}

function statusOf(id: string, { leader, leaderTerm, index, epochs }: Facts): object {
  const { roster: { epoch }, digest } = epochs.of(id);
  return {
    ...{ replica: id, role: id === leader ? "leader" : "follower", active: true, term: leaderTerm },
    ...{ leader, commitIndex: index, appliedIndex: index, commitHash: "cd".repeat(32) },
    ...{ suspecting: null, evidence: [{ kind: "equivocation", culprit: "r2" }], crypto: { backend: "noble" } },
    ...{ epoch, roster: digest, epochProgress: "running" },
  };
}

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** Returns the honest answer of replica `id`, under `name`, to what is asked outside the log; null if this is no such question. */
export function queryReply(id: string, name: ReplicaId, message: ClientMessage, facts: Facts): QueryReply | null {
  const base = { kind: "QueryReply", replica: name, ok: true } as const;
  switch (message.kind) {
    case "GetCommittedCommand":
      return { ...base, ...askedBy(message), payload: json(committedAt(facts.log, message.index)) };
    case "GetStatus":
      return { ...base, ...askedBy(message), payload: json(statusOf(id, facts)) };
    case "GetEpochs":
      return {
        ...base,
        ...askedBy(message),
        payload: epochsAnswerCodec.encode(facts.epochs.endsFrom(id, message.epoch)),
      };
    case "SetActive": {
      const obeyed = facts.orders.get(id) ?? 0;
      const ok = message.order > obeyed;
      if (ok) facts.orders.set(id, message.order);
      const payload = json(ok ? { active: message.active } : { error: "an old order", obeyed });
      return { ...base, ok, client: "operator", nonce: message.nonce, payload };
    }
    default:
      return null;
  }
}

const askedBy = ({ client, nonce }: { readonly client: string; readonly nonce: number }) => ({ client, nonce });
