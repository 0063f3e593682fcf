/** Epochs that follow one another, with all keys, and one replica's ingress in any of them, before a core that is never run. */
import { sha256Hex, unhex } from "../../../crypto/digest.ts";
import type { KeyFile } from "../../../crypto/keys/key_file.ts";
import { changeOf, createChangeJudge } from "../../../crypto/roster/change_judge.ts";
import { createKeyRing } from "../../../crypto/roster/key_ring.ts";
import { epochNameOf, type SignedRoster } from "../../../crypto/roster/parse_roster.ts";
import type { Roster } from "../../../crypto/roster/roster_types.ts";
import type { SignatureBackend } from "../../../crypto/signing/backend.ts";
import { createSigner, createVerifier } from "../../../crypto/signing/signing.ts";
import { createMessageVerifier } from "../../../crypto/signing/unsigned.ts";
import { createVerifiedCache } from "../../../crypto/signing/verified_cache.ts";
import type { ProtocolConstants } from "../../../protocol/config.ts";
import { type EpochEnd, genesisBehind } from "../../../protocol/epochs/epoch_end.ts";
import { type ClientId, clientId, logIndex, replicaId, seq } from "../../../protocol/ids.ts";
import type { Message } from "../../../protocol/message.ts";
import type { EpochEndPacket, FetchEpochPacket } from "../../../protocol/packet.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { QueryHandler } from "../../../replica/answers/query_handler.ts";
import { createState } from "../../../replica/core/create_state.ts";
import { countingBackend } from "../../../replica/diagnostics/counting_backend.ts";
import { TallyByKind } from "../../../replica/diagnostics/tally_by_kind.ts";
import { EpochTalk } from "../../../replica/epochs/epoch_talk.ts";
import { endJudge, EpochHistory } from "../../../replica/epochs/history.ts";
import { formerNames, newcomersIn } from "../../../replica/epochs/members.ts";
import { bytesOf } from "../../../replica/epochs/rosters.ts";
import { formerOf } from "../../../replica/ingress/former.ts";
import { Ingress } from "../../../replica/ingress/ingress.ts";
import { createSignatureCheck } from "../../../replica/ingress/signature_check.ts";
import { coreConfigOf } from "../../../replica/replica_config.ts";
import { MemoryDisk } from "../../../replica/storage/memory/memory_disk.ts";
import { type MemoryStorage, openMemoryStorage } from "../../../replica/storage/memory/memory_storage.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { encodeMessage, encodePacket, epochEndCodec } from "../../../transport/codec/mod.ts";
import type { Channel, Received } from "../../../transport/port.ts";
import { endOf, sealed } from "../../client/fake_epochs.ts";
import { backend } from "../backends.ts";
import { makeRoster, newMemberKeys } from "../make_roster.ts";
import { signedBy } from "../rosters/sign_rosters.ts";
import { HeldChunks } from "../snapshot_values.ts";

/** Returns a member's line with new keys, and its key. */
export function newKeyFor(roster: Roster, kind: "replica" | "client", id: string): KeyFile {
  return { ...newMemberKeys(), id, kind, cluster: roster.cluster, operatorKey: roster.operatorKey };
}

/** Epochs from the first on, each with the end that led to the next. */
export class EpochChain {
  readonly rosters: SignedRoster[];
  readonly ends: EpochEnd[] = [];
  /** The keys of the first epoch by id. */
  readonly keys: ReadonlyMap<string, KeyFile>;

  constructor(constants: Partial<ProtocolConstants> = {}) {
    const { roster, keys } = makeRoster({ constants });
    this.keys = keys;
    this.rosters = [signedBy(roster, keys.get("operator")!)];
  }

  /** Returns the roster of an epoch. */
  of(epoch: number): SignedRoster {
    return this.rosters[epoch - 1]!;
  }

  /** Returns a roster behind that of an epoch, the newest by default, as its operator signs it. */
  signedNext(edit: (roster: Roster) => Roster = (roster) => roster, behind = this.rosters.length): SignedRoster {
    const { roster, digest } = this.of(behind);
    const next = { ...edit(roster), epoch: roster.epoch + 1, previous: digest };
    return signedBy(next, this.keys.get("operator")!);
  }

  /** Returns the end of the newest epoch that leads to `next`, by the replicas with these keys, Q of those of the first epoch by default. */
  endTo(next: SignedRoster, by: readonly KeyFile[] = ["r1", "r2", "r3"].map((id) => this.keys.get(id)!)): EpochEnd {
    const before = this.rosters.at(-1)!;
    return endOf(before, this.change(before, next), 10 * before.roster.epoch + 1, by);
  }

  /** Returns a request of c1 to change the roster. */
  change(before: SignedRoster, next: SignedRoster) {
    return this.requestOf("c1", changeOf(before, next));
  }

  /** Returns a request of mode `roster`. */
  requestOf(client: string, command: Uint8Array, number = 2) {
    return sealed(
      this.signer(client, 1),
      {
        ...{ kind: "SendRequest", client: clientId(client), session: logIndex(1), seq: seq(number), floor: seq(1) },
        ...{ mode: "roster", command },
      } as const,
    );
  }

  /** Ends the newest epoch, and begins one with these edits. */
  advance(edit?: (roster: Roster) => Roster): SignedRoster {
    const next = this.signedNext(edit);
    this.ends.push(this.endTo(next));
    this.rosters.push(next);
    return next;
  }

  /** Returns the signer of a key for an epoch. */
  signer(key: string | KeyFile, epoch: number) {
    const { secretKey } = typeof key === "string" ? this.keys.get(key)! : key;
    return createSigner(backend, unhex(secretKey), epochNameOf(this.of(epoch)));
  }

  sign<M extends Message>(key: string | KeyFile, epoch: number, message: M): Signed<M> {
    const body = encodeMessage(message);
    return { message, body, signature: this.signer(key, epoch).sign(message.kind, body) };
  }

  /** Returns the packet that shows the end of an epoch. */
  shown(epoch: number): EpochEndPacket {
    return { kind: "EpochEnd", end: this.ends[epoch - 1]!, roster: bytesOf(this.of(epoch)) };
  }

  /** Returns a disk whose archive holds the epochs from `lowest` to `epoch`. */
  disk(epoch: number, lowest = 1): MemoryStorage {
    const { cluster } = this.rosters[0]!.roster;
    const storage = openMemoryStorage({ clusterId: cluster, hash: sha256Hex, disk: new MemoryDisk() });
    for (let at = lowest; at <= epoch; at++) {
      const end = at < epoch ? epochEndCodec.encode(this.ends[at - 1]!) : null;
      storage.epochs.put(at, bytesOf(this.of(at)), end);
    }
    return storage;
  }
}

export type Sent = readonly [peer: string, packet: EpochEndPacket | FetchEpochPacket];

/** Everything that `createTalk` wires, with what is sent kept. */
export function talkIn(chain: EpochChain, epoch: number, self = "r1", lowest = 1, by: SignatureBackend = backend) {
  const { roster } = chain.of(epoch);
  const before = epoch === 1 ? null : chain.of(epoch - 1).roster;
  const archive = chain.disk(epoch, lowest).epochs;
  const sent: Sent[] = [];
  const send = (peer: string, packet: Sent[1]) => void sent.push([peer, packet]);
  const peers = roster.replicas.flatMap(({ id }) => id === self ? [] : [id]);
  const history = new EpochHistory({ epoch, archive, peers, send, judge: endJudge(by) });
  const talk = new EpochTalk({
    ...{ epoch, send, history, archive, newcomers: newcomersIn(roster, before, self) },
  });
  return { talk, archive, sent, history };
}

const unserved: QueryHandler = {
  active: true,
  turnAway: () => {},
  turnEnds: () => {},
  busy: () => {},
  payer: (client) => client,
  asks: () => {},
  greeter: (client) => client,
  serve: () => null,
};

/** Ingress of `r1` in an epoch of the chain, with all that a replica's has. */
export function epochIngress(chain: EpochChain, epoch: number, lowest = 1) {
  const file = chain.of(epoch);
  const { roster } = file;
  const { backend: counting, work } = countingBackend(backend);
  const place = epochNameOf(file);
  const changes = createChangeJudge(file, counting);
  const check = createSignatureCheck(
    createKeyRing(roster),
    createMessageVerifier(roster.constants, counting, place, createVerifiedCache()),
    createVerifier(counting, place),
  );
  const before = epoch === 1 ? null : chain.of(epoch - 1);
  const names = before === null ? [] : formerNames(roster, before.roster);
  const config = { ...coreConfigOf(roster, roster.replicas[0]!, 1), former: names };
  const storage = chain.disk(epoch, lowest);
  if (epoch > 1) {
    const genesis = genesisBehind(sha256Hex, file.digest, chain.ends[epoch - 2]!);
    storage.commit([{ op: "begin-epoch", genesis, held: false, recovery: null }], []);
  }
  const ports = { hash: sha256Hex, machine: new KvStore(), changes, chunks: new HeldChunks() };
  const state = createState(config, storage.load(), ports, 0);
  const { talk, archive, sent } = talkIn(chain, epoch, "r1", lowest, counting);
  const refused = new TallyByKind(64);
  const served: string[] = [];
  const busy: string[] = [];
  const muted: string[] = [];
  const heldOff: number[] = [];
  const turnedAway: ClientId[] = [];
  const queries: QueryHandler = {
    ...unserved,
    serve: ({ kind }) => (served.push(kind), null),
    busy: ({ message }) => void busy.push(message.kind),
    turnAway: ({ client }) => void turnedAway.push(client),
    turnEnds: () => {},
  };
  const ingress = new Ingress({
    ...{ state, queries, refused, talk, heard: () => {} },
    check: { ...check, judge: (command) => void changes.judge(command) },
    former: before === null ? null : formerOf(before, file, names, counting),
    muted: (source) => muted.push(source),
    holdOff: (_, forMs) => heldOff.push(forMs),
    expel: () => true,
  });
  return {
    ...{ ingress, state, work, sent, archive, served, busy, muted, heldOff, turnedAway, changes },
    refused: () => refused.toRecord(),
    /** Hands in a packet that names `named` as its epoch, over a connection of `owner`. */
    send(owner: string, channel: Channel, packet: Parameters<typeof encodePacket>[0], now = 0, named = epoch) {
      return ingress.take(receivedFrom(owner, channel, encodePacket(packet, named)), now);
    },
    take: (received: Received, now = 0) => ingress.take(received, now),
  };
}

/** Returns frames as they come over an authenticated connection. */
export const receivedFrom = (owner: string, channel: Channel, frames: readonly Uint8Array[]): Received => ({
  ...{ channel, frames, owner },
  route: channel === "published" ? owner : `route of ${owner}`,
});

export const replica = replicaId;
