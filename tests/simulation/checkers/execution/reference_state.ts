/**
 * An independent computation of the replicated state from the committed chain: the store itself is the application's; sessions, what a request is for and
 * the bytes of snapshots are implemented again from §7.1 and `docs/snapshots.md`, since a mutated core has them wrong.
 */
import { sha256, sha256Hex } from "../../../../crypto/digest.ts";
import { type ClientId, type Digest, digest, logIndex } from "../../../../protocol/ids.ts";
import type { Operation } from "../../../../protocol/operations/group.ts";
import type { Access } from "../../../../protocol/ports.ts";
import { KvStore } from "../../../../state_machine/mod.ts";
import type { RunFacts } from "../../observer.ts";
import type { ChainNode } from "../durable/chain_tree.ts";
import { changeResult, stopSignIn } from "../epochs/stop_signs.ts";
import { Fields } from "../fields.ts";
import { type ReferenceSession, ReferenceSessions, type SessionFacts } from "./reference_sessions.ts";
import { ReferenceTime, type TimeFacts } from "./reference_time.ts";

/** The state after one entry, by its digests. */
export interface ReferenceView {
  /** The digest that Checkpoints name. */
  readonly stateDigest: Digest;
  /** The digest of a replica's state that an observer is shown. */
  readonly digest: Digest;
  readonly sessions: Digest;
}

type ReferenceFacts = SessionFacts & Pick<RunFacts, "checkpointEvery"> & Partial<Pick<RunFacts, "roster">> & TimeFacts;

const UTF8 = new TextEncoder();
const DIGESTS_IN_LIST = 4096;

export class ReferenceState {
  #facts: ReferenceFacts;
  readonly #committedAt: (index: number) => ChainNode | undefined;
  readonly #machine = new KvStore();
  readonly #views = new Map<number, ReferenceView>();
  readonly sessions: ReferenceSessions;
  readonly #time: ReferenceTime;
  #applied = 0;

  constructor(
    facts: ReferenceFacts,
    committedAt: (index: number) => ChainNode | undefined,
  ) {
    this.#facts = facts;
    this.#committedAt = committedAt;
    this.sessions = new ReferenceSessions(facts);
    this.#time = new ReferenceTime(facts);
  }

  /** Returns the state at `index`; undefined if no checkpoint is taken there, or it is not committed. */
  at(index: number): ReferenceView | undefined {
    if (!this.reach(index)) return undefined;
    return this.#views.get(index);
  }

  /** Works on until the entry at `index` is applied; false where it is not committed yet. */
  reach(index: number): boolean {
    while (this.#applied < index) {
      const node = this.#committedAt(this.#applied + 1);
      if (node === undefined) return false;
      this.#applied++;
      if (this.#time.order(node.entry?.statements ?? [])) this.#machine.onTime(this.#time.now, logIndex(this.#applied));
      for (const { message, body } of node.entry?.requests ?? []) {
        this.sessions.order(
          this.#applied,
          message,
          sha256Hex(body),
          (client, operation) => this.#execute(client, operation),
          (command) => changeResult(this.#facts.roster ?? null, command),
        );
      }
      this.#close(node);
    }
    return true;
  }

  /** Ends the entry: with a checkpoint if one is due, and with the epoch if it is a stop-sign. */
  #close({ entry }: ChainNode): void {
    const { roster = null, checkpointEvery } = this.#facts;
    const next = roster === null || entry === null ? null : stopSignIn(roster, entry);
    if (next !== null) {
      this.#facts = { ...this.#facts, ...next.constants, roster: next };
      this.#time.beginEpoch(next.replicas.length, next.constants.profile);
      this.sessions.beginEpoch(this.#applied, next.clients, this.#facts);
    }
    if (next !== null || this.#applied % checkpointEvery === 0) this.#views.set(this.#applied, this.#view());
  }

  #execute(client: ClientId, { mode, command }: Operation): Uint8Array {
    const context = { index: logIndex(this.#applied), client, access: this.#rightsOf(client), time: this.#time.now };
    return mode === "query" ? this.#machine.query(command, context).value : this.#machine.apply(command, context);
  }

  /** Everything where the roster in force says nothing of a client that it lists. */
  #rightsOf(client: ClientId): Access {
    const { roster = null } = this.#facts;
    const grants = roster?.access?.[client];
    if (grants === undefined) return roster === null || roster.clients.includes(client) ? null : [];
    return grants.map((grant) => ({
      ...("key" in grant ? { prefix: grant.key, exact: true } : { prefix: grant.prefix, exact: false }),
      ...{ read: grant.may !== "write", write: grant.may !== "read" },
    }));
  }

  #view(): ReferenceView {
    const time = this.#time.line;
    const tables = this.#table().flatMap(([client, { registerFloor, closed, live }]) => {
      const first = UTF8.encode(`${client} ${registerFloor} ${closed.join(" ")} ${live.length}\n`);
      return [first, ...live.flatMap(linesOf)];
    });
    if (time !== null) tables.unshift(UTF8.encode(time));
    return {
      stateDigest: this.#stateDigest(),
      digest: sha256Hex(join([this.#machine.digest(), ...tables])),
      sessions: sha256Hex(join(tables)),
    };
  }

  /** Returns clients in ascending order, and the answers of each by seq. */
  #table() {
    return [...this.sessions.clients].sort(([a], [b]) => a < b ? -1 : 1);
  }

  /** Returns the digest of a manifest's head (`docs/snapshots.md`). A session here always fits one chunk, and all chunks one list. */
  #stateDigest(): Digest {
    const time = this.#time.chunk;
    const sessions = this.#table().flatMap(([client, { registerFloor, closed, live }]) => {
      const id = UTF8.encode(client);
      const fields = new Fields().u8(0).u16(id.length).bytes(id).u64(registerFloor);
      for (const [session, highest] of closed) fields.u64(session).u64(highest);
      return [fields.done(), ...live.map((session) => chunkOf(id, session))].map(sha256);
    });
    if (time !== null) sessions.unshift(sha256(time));
    const frozen = this.#machine.freeze();
    const parts = Array.from({ length: frozen.chunkCount }, (_, at) => Uint8Array.fromHex(frozen.chunkDigest(at)));
    const chunks = [...sessions, ...parts];
    if (chunks.length > DIGESTS_IN_LIST) throw new RangeError(`${chunks.length} chunks do not fit one list`);
    const head = new Fields().u8(2).u32(sessions.length).u32(chunks.length).bytes(sha256(join(chunks)));
    return digest(sha256Hex(head.done()));
  }
}

const bySeq = ({ answers }: ReferenceSession) => [...answers].sort(([a], [b]) => a - b);

/** Returns the bytes of a session that the digest shown by replicas covers. */
function linesOf(session: ReferenceSession): Uint8Array[] {
  const { id, register, floor, lastUsed, highest, answers } = session;
  const lines = bySeq(session).flatMap(([seq, given]) => [
    UTF8.encode(`${seq} ${given.digest} ${given.index} ${given.result.length}\n`),
    given.result,
  ]);
  return [UTF8.encode(`${id} ${register} ${floor} ${lastUsed} ${highest} ${answers.size}\n`), ...lines];
}

function chunkOf(client: Uint8Array, session: ReferenceSession): Uint8Array {
  const { id, register, floor, lastUsed, highest } = session;
  const fields = new Fields().u8(1).u16(client.length).bytes(client).u64(id).bytes(Uint8Array.fromHex(register));
  fields.u64(floor).u64(lastUsed).u64(highest);
  for (const [seq, { index, digest, result }] of bySeq(session)) {
    fields.u64(seq).u64(index).bytes(Uint8Array.fromHex(digest)).u32(result.length).bytes(result);
  }
  return fields.done();
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const fields = new Fields();
  for (const part of parts) fields.bytes(part);
  return fields.done();
}
