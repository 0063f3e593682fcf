/** Replica r4 in the hands of an attacker: its addresses, its keys, and what it hears. */
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Head, Request } from "../../../protocol/entry.ts";
import { genesisHash } from "../../../protocol/hash_chain.ts";
import { logIndex, type ReplicaId, replicaId, type Term, term } from "../../../protocol/ids.ts";
import type { Certified } from "../../../protocol/message.ts";
import type { EpochEndPacket, FetchEpochPacket, Packet, UnsignedPacket } from "../../../protocol/packet.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { DecodeError, decodePeerPacket, encodePacket } from "../../../transport/codec/mod.ts";
import { openReplicaTransport, type ReplicaTransport } from "../../../transport/mod.ts";
import { INSIDER, type Scene } from "../support/scene.ts";
import { type Seal, sealOf } from "../support/signing.ts";

/** Requests remembered, to be forwarded again. */
const MOST_REQUESTS = 256;
const SELF = replicaId(INSIDER);

/** A packet before r4 has signed it, or one that nobody signs. */
export type OwnPacket = UnsignedPacket | FetchEpochPacket | EpochEndPacket;

/** Knowledge of the others' state. */
export interface Heard {
  term: Term;
  leader: ReplicaId | null;
  commit: Head;
  prepared: Certified;
  acks: readonly Head[];
  readonly requests: Signed<Request>[];
}

export class Insider {
  readonly self = SELF;
  readonly peers: readonly ReplicaId[];
  readonly heard: Heard;
  readonly seal: Seal;
  readonly #transport: ReplicaTransport;

  private constructor(scene: Scene, seal: Seal, transport: ReplicaTransport) {
    this.seal = seal;
    this.#transport = transport;
    this.peers = scene.replicas("insider").map(({ id }) => id);
    const genesis = { index: logIndex(0), hash: genesisHash(sha256Hex, scene.roster.cluster) };
    const prepared = { term: term(0), ...genesis };
    this.heard = { term: term(1), leader: null, commit: genesis, prepared, acks: [], requests: [] };
  }

  /** Takes r4's place, waits until it has heard of the others' state, and starts the time of the attack. */
  static async open(scene: Scene): Promise<Insider> {
    const key = await scene.key(INSIDER);
    const { host, peerPort, publishPort, clientPort } = scene.roster.replicas.find(({ id }) => id === INSIDER)!;
    const bind = { host, peerPort, publishPort, clientPort };
    const transport = await openReplicaTransport({
      ...{ roster: scene.roster, key, bind, insecurePlaintext: scene.plaintext },
    });
    scene.keep(transport);
    const insider = new Insider(scene, await sealOf(scene, INSIDER), transport);
    while (insider.heard.commit.index === 0 && !scene.isOver) await insider.listen(20);
    scene.begin();
    void insider.#keepListening(scene);
    return insider;
  }

  /** Signs a packet as r4, and returns its frames. */
  framesOf(packet: OwnPacket): Uint8Array[] {
    if (!("signed" in packet) || packet.kind === "ForwardedRequest") return encodePacket(packet);
    return encodePacket({ ...packet, signed: this.seal(packet.signed) } as Packet);
  }

  publish(frames: readonly Uint8Array[]): void {
    this.#transport.publish(frames);
  }

  /** Takes in what has come. */
  async listen(timeoutMs: number): Promise<void> {
    for (const { frames } of await this.#transport.receive(timeoutMs, 128)) {
      try {
        this.#hear(decodePeerPacket(frames));
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    }
  }

  async #keepListening(scene: Scene): Promise<void> {
    while (!scene.isOver) await this.listen(20);
  }

  #hear(packet: Packet): void {
    const { heard } = this;
    if (packet.kind === "AppendEntriesResponse") {
      const { term, commitIndex: index, commitHash: hash, prepared, acks } = packet.signed.message;
      if (term < heard.term || index < heard.commit.index) return;
      Object.assign(heard, { term, commit: { index, hash }, prepared, acks });
    } else if (packet.kind === "AppendEntries") {
      heard.leader = packet.signed.message.leader;
      heard.requests.push(...packet.entries.flatMap(({ requests }) => requests ?? []));
      heard.requests.splice(0, heard.requests.length - MOST_REQUESTS);
    }
  }
}
