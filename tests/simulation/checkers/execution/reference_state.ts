/**
 * An independent computation of the replicated state from the committed chain: the store itself is the application's; sessions and
 * the bytes of snapshots are implemented again from §7.1 and `docs/snapshots.md`, since a mutated core has them wrong.
 */
import { type ClientId, type Digest, digest, logIndex } from "../../../../protocol/ids.ts";
import type { SendRequest } from "../../../../protocol/message.ts";
import { KvStore } from "../../../../state_machine/mod.ts";
import type { RunFacts } from "../../observer.ts";
import type { ChainNode } from "../durable/chain_tree.ts";
import { Fields } from "../fields.ts";
import { sha256, sha256Hex } from "../../../../crypto/digest.ts";

/** The state after one entry, by its digests. */
export interface ReferenceView {
  /** The digest that Checkpoints name. */
  readonly stateDigest: Digest;
  /** The digest of a replica's state that an observer is shown. */
  readonly digest: Digest;
  readonly sessions: Digest;
}

interface Given {
  readonly index: number;
  readonly floor: number;
  readonly result: Uint8Array;
}

interface Session {
  floor: number;
  readonly answers: Map<number, Given>;
}

const UTF8 = new TextEncoder();
const DIGESTS_IN_LIST = 4096;

export class ReferenceState {
  readonly #facts: Pick<RunFacts, "sessionWindow" | "checkpointEvery">;
  readonly #committedAt: (index: number) => ChainNode | undefined;
  readonly #machine = new KvStore();
  readonly #sessions = new Map<ClientId, Session>();
  readonly #views = new Map<number, ReferenceView>();
  #applied = 0;

  constructor(
    facts: Pick<RunFacts, "sessionWindow" | "checkpointEvery">,
    committedAt: (index: number) => ChainNode | undefined,
  ) {
    this.#facts = facts;
    this.#committedAt = committedAt;
  }

  /** Returns the state at `index`; undefined if no checkpoint is taken there, or it is not committed. */
  at(index: number): ReferenceView | undefined {
    while (this.#applied < index) {
      const node = this.#committedAt(this.#applied + 1);
      if (node === undefined) return undefined;
      this.#applied++;
      for (const { message } of node.entry?.requests ?? []) this.#execute(message);
      if (this.#applied % this.#facts.checkpointEvery === 0) this.#views.set(this.#applied, this.#view());
    }
    return this.#views.get(index);
  }

  /** §7.1: the floor moves the window, and a seq in it is executed once. */
  #execute({ client, seq, floor, command }: SendRequest): void {
    const session = this.#sessions.get(client) ?? { floor: 0, answers: new Map<number, Given>() };
    this.#sessions.set(client, session);
    if (floor > session.floor) {
      session.floor = floor;
      for (const answered of session.answers.keys()) if (answered < floor) session.answers.delete(answered);
    }
    const inside = seq >= session.floor && seq < session.floor + this.#facts.sessionWindow;
    if (!inside || session.answers.has(seq)) return;
    const index = logIndex(this.#applied);
    const result = this.#machine.apply(command, { index, client });
    session.answers.set(seq, { index, floor: session.floor, result });
  }

  #view(): ReferenceView {
    const tables = this.#table().map(([client, { floor, answers }]) => {
      const lines = answers.map(([seq, given]) => [
        UTF8.encode(`${seq} ${given.index} applied ${given.floor} ${given.result.length}\n`),
        given.result,
      ]);
      return [UTF8.encode(`${client} ${floor} ${answers.length}\n`), ...lines.flat()];
    }).flat();
    return {
      stateDigest: this.#stateDigest(),
      digest: sha256Hex(join([this.#machine.digest(), ...tables])),
      sessions: sha256Hex(join(tables)),
    };
  }

  /** Returns clients in ascending order, and the answers of each by seq. */
  #table() {
    return [...this.#sessions].sort(([a], [b]) => a < b ? -1 : 1).map(([client, { floor, answers }]) =>
      [client, { floor, answers: [...answers].sort(([a], [b]) => a - b) }] as const
    );
  }

  /** Returns the digest of a manifest's head (`docs/snapshots.md`). A session here always fits one chunk, and all chunks one list. */
  #stateDigest(): Digest {
    const sessions = this.#table().map(([client, { floor, answers }]) => {
      const id = UTF8.encode(client);
      const fields = new Fields().u16(id.length).bytes(id).u64(floor);
      for (const [seq, given] of answers) {
        fields.u64(seq).u64(given.index).u64(given.floor).u32(given.result.length).bytes(given.result);
      }
      return sha256(fields.done());
    });
    const frozen = this.#machine.freeze();
    const parts = Array.from({ length: frozen.chunkCount }, (_, at) => Uint8Array.fromHex(frozen.chunkDigest(at)));
    const chunks = [...sessions, ...parts];
    if (chunks.length > DIGESTS_IN_LIST) throw new RangeError(`${chunks.length} chunks do not fit one list`);
    const head = new Fields().u8(1).u32(sessions.length).u32(chunks.length).bytes(sha256(join(chunks)));
    return digest(sha256Hex(head.done()));
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const fields = new Fields();
  for (const part of parts) fields.bytes(part);
  return fields.done();
}
