/** A node's epochs: which one its disk is in, how it crosses into the next, and what it does while it has no core in any (§13.7 to §13.10). */
import { sha256Hex } from "../../../crypto/digest.ts";
import type { CoreConfig } from "../../../protocol/config.ts";
import { changeIn, type EpochEnd } from "../../../protocol/epochs/epoch_end.ts";
import { clientId, type Millis, type ReplicaId } from "../../../protocol/ids.ts";
import type { FetchChunksResponse, Request } from "../../../protocol/message.ts";
import type { EpochEndPacket, FetchEpochPacket, Packet } from "../../../protocol/packet.ts";
import type { RosterChanges } from "../../../protocol/ports.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import { listSignatures } from "../../../protocol/signatures.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { Restored } from "../../../replica/core/catch_up/install_snapshot.ts";
import type { Ended } from "../../../replica/core/epochs/epoch_state.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import { beginEpoch, type DurableMark } from "../../../replica/disk/durable_mark.ts";
import { archiveEnd, beginningOf, beginWithout, carriedFrom, waitingIn } from "../../../replica/epochs/cross.ts";
import { EpochTalk } from "../../../replica/epochs/epoch_talk.ts";
import { EpochHistory } from "../../../replica/epochs/history.ts";
import { isUnused } from "../../../replica/epochs/newcomer.ts";
import { LOOK_MS, Retirement } from "../../../replica/epochs/retirement.ts";
import type { Former } from "../../../replica/ingress/former.ts";
import type { SignatureCheck } from "../../../replica/ingress/signature_check.ts";
import { epochOf } from "../../../replica/storage/epoch.ts";
import type { Storage } from "../../../replica/storage/port.ts";
import { keyIn } from "../../support/rosters/plain_rosters.ts";
import { namedBy } from "../network/epoch_marks.ts";
import { signAs, type SimCrypto } from "../network/sim_crypto.ts";
import type { Corruption, Sign } from "../nodes/node_world.ts";
import { lists, type Owner, type RunEpochs, type SimEpoch, type SimRoster } from "./run_epochs.ts";

export interface EpochHostParts {
  readonly id: ReplicaId;
  readonly epochs: RunEpochs;
  readonly crypto: SimCrypto;
  readonly seed: number;
  /** Time on the node's clock. */
  readonly now: () => Millis;
  readonly later: (ms: Millis, action: () => void) => void;
  readonly send: (to: readonly string[], packet: Packet, epoch: number) => void;
  /** Everyone else, of whatever epoch. */
  readonly everyone: () => readonly ReplicaId[];
  /** Faulty behaviours in an epoch; none of an honest node. */
  readonly corruptions: (epoch: SimEpoch) => readonly Corruption[];
  /** Has the node's core begin, from a disk that is in an epoch now. */
  readonly begin: () => void;
  /** Called when the node has a core in an epoch. */
  readonly entered: (epoch: SimEpoch) => void;
  /** Called when it has none in the next one: it is not listed, or with a key that it was not started with. */
  readonly left: (next: SimEpoch) => void;
}

/** The parts of an epoch that a core is started with. */
export interface Setup {
  readonly config: CoreConfig;
  readonly changes: RosterChanges;
  readonly talk: EpochTalk;
  /** Returns the name by which the owner of a connection is known; null for one that is not let in (§13.11). */
  readonly nameOf: (owner: Owner) => string | null;
  readonly former: Former | null;
  readonly check: SignatureCheck;
  readonly sign: Sign;
  readonly corruptions: readonly Corruption[];
}

/** The part of a core that has ended which the next one is handed. */
export interface HandedOn {
  readonly carried: Restored | null;
  readonly waiting: readonly Signed<Request>[];
}

/** Work of a node that has no core. */
interface Bystander {
  look(): void;
  take(peer: string, packet: Packet): void;
}

export class EpochHost {
  /** The roster that its process is started with. */
  given: SimRoster;
  /** The key that its process was started with. */
  key = 0;
  /** True once nobody needs it any more. */
  retired = false;
  /** The latest epoch of its disk that it has had a core in; then the one it has left for. */
  #inForce: SimEpoch;
  #before: SimEpoch | null = null;
  #bystander: Bystander | null = null;
  readonly #parts: EpochHostParts;

  constructor(parts: EpochHostParts) {
    this.#parts = parts;
    this.#inForce = parts.epochs.first;
    this.given = parts.epochs.first.roster;
  }

  get epoch(): SimEpoch {
    return this.#inForce;
  }

  /** True while it runs without a core. */
  get stands(): boolean {
    return this.#bystander !== null;
  }

  /** Returns everyone else, of whatever epoch: what is published reaches whoever listens. */
  everyone = (): readonly ReplicaId[] => this.#parts.everyone();

  /** Ends what it does without a core. */
  stop(): void {
    this.#bystander = null;
  }

  /** Returns with what its process starts on a disk; null if it has to wait until it is shown how its epoch began (§13.8). */
  start(storage: Storage): Setup | null {
    this.stop();
    this.retired = false;
    const { epochs, id } = this.#parts;
    if (this.given.epoch > 1 && isUnused(storage)) {
      this.#await(storage, epochs.of(this.given));
      return null;
    }
    const epoch = epochOf(storage.load());
    if (storage.epochs.read(epoch) === null) storage.epochs.put(epoch, epochs.of(this.given).bytes, null);
    this.key = keyIn(epochs.read(storage.epochs.read(epoch)!.roster).roster, id);
    return this.enter(storage);
  }

  /** Returns with what a core starts in the epoch that the disk is in. */
  enter(storage: Storage): Setup {
    const { epochs, id, seed, corruptions, entered, crypto } = this.#parts;
    const { genesis } = storage.load();
    const epoch = genesis?.epoch ?? 1;
    const inForce = this.#inForce = epochs.read(storage.epochs.read(epoch)!.roster);
    inForce.genesis ??= genesis;
    const before = this.#before = epoch === 1 ? null : epochs.read(storage.epochs.read(epoch - 1)!.roster);
    const { roster: { clients, constants }, replicas, place, changes, check } = inForce;
    const former = before === null ? [] : formerNames(inForce, before);
    entered(inForce);
    return {
      config: {
        ...{ clusterId: place.cluster, self: id, replicas, constants, seed, former },
        clients: new Set(clients.map(clientId)),
      },
      ...{ changes, check, corruptions: corruptions(inForce) },
      nameOf: (owner) => this.nameOf(owner),
      talk: this.#talkAs(inForce, before, storage, true),
      former: before === null ? null : {
        clients: new Set(before.roster.clients.filter((client) => !clients.includes(client))),
        replicas: new Set(former),
        check: epochs.checkIn(inForce, before),
      },
      sign: (message, body) => crypto.sign("replica", id, message, body, { place, key: this.key }),
    };
  }

  /** Crosses on the disk of a core that has ended (§13.7); returns what the next one is handed, or null if it is no member. */
  cross(storage: Storage, mark: DurableMark, state: CoreState, ended: Ended): HandedOn | null {
    const { epochs, id } = this.#parts;
    const inForce = this.#inForce;
    const next = epochs.read(changeIn(ended.end.entry));
    epochs.keep(ended.end);
    archiveEnd(storage.epochs, ended.end, inForce.bytes, next);
    if (!next.replicas.includes(id)) return this.#leave(storage, next, ended.end);
    beginEpoch(storage, mark, beginningOf(state, ended, sha256Hex, next.digest));
    if (!lists(next, { id, key: this.key })) return this.#leave(storage, next, ended.end);
    const waiting = waitingIn(state, listingOf(inForce), listingOf(next));
    return { waiting, carried: carriedFrom(state, next.roster) };
  }

  /** Returns the name by which it knows the owner of a connection; null for one that it does not let in (§13.11). */
  nameOf(owner: Owner): string | null {
    if (lists(this.#inForce, owner)) return owner.id;
    return this.#before !== null && lists(this.#before, owner) ? formerName(owner.id, this.#before) : null;
  }

  /** Takes a packet while it has no core. */
  take(packet: Packet, owner: Owner | null): void {
    const peer = owner === null ? null : this.nameOf(owner);
    if (peer !== null) this.#bystander?.take(peer, packet);
  }

  #talkAs(
    inForce: SimEpoch,
    before: SimEpoch | null,
    { epochs: archive }: Pick<Storage, "epochs">,
    isMember: boolean,
  ): EpochTalk {
    const { id, send, epochs } = this.#parts;
    const { epoch, replicas } = inForce;
    const known = (other: ReplicaId) =>
      before === null || lists(before, { id: other, key: keyIn(inForce.roster, other) });
    const sendOne = (peer: string, packet: EpochEndPacket | FetchEpochPacket): void => {
      const whole = packet.kind === "EpochEnd" ? { ...packet, end: epochs.kept(packet.end) } : packet;
      send([peer], whole, epoch);
    };
    const peers = replicas.filter((other) => other !== id);
    const history = new EpochHistory({
      epoch,
      archive,
      peers,
      send: sendOne,
      judge: (...shown) => this.#judge(...shown),
    });
    return new EpochTalk({
      ...{ epoch, archive, newcomers: peers.filter((other) => !known(other)), send: sendOne },
      ...(isMember ? { history } : {}),
    });
  }

  /** Judges an end as `endJudge` does. */
  #judge(after: Uint8Array, roster: Uint8Array, end: EpochEnd): Uint8Array | null {
    const { epochs } = this.#parts;
    const [before, next] = [epochs.read(roster), epochs.read(after)];
    if (before.digest !== next.roster.previous) return null;
    return epochs.nextAfter(before, end)?.digest === next.digest ? before.bytes : null;
  }

  #leave(storage: Storage, next: SimEpoch, end: EpochEnd): null {
    const { id, crypto, send, now, left } = this.#parts;
    const [before, { place, roster: { constants }, replicas }] = [this.#inForce, next];
    [this.#inForce, this.#before] = [next, before];
    const retirement = new Retirement({
      ...{ self: id, end, chunks: storage.chunks },
      quorum: quorumOf(replicas.length, constants.profile).quorum,
      talk: this.#talkAs(next, before, storage, false),
      check: (packet) => listSignatures(packet).slice(0, 1).every((claim) => next.check.holds(claim)),
      seal: (message: FetchChunksResponse) => signAs(crypto, "replica", id, message, { place, key: this.key }),
      send: (peer, packet) => send([peer], packet, next.epoch),
    });
    this.#standBy({
      look: () => {
        retirement.look(now());
        if (!retirement.isOver) return;
        this.retired = true;
        this.stop();
      },
      take: (peer, packet) => retirement.take(peer, namedBy(packet), () => packet, now()),
    });
    left(next);
    return null;
  }

  /** Waits as `awaitBeginning` does. */
  #await(storage: Storage, given: SimEpoch): void {
    const { epochs, send, id, begin } = this.#parts;
    [this.#inForce, this.#before] = [given, null];
    this.key = keyIn(given.roster, id);
    const others = given.replicas.filter((other) => other !== id);
    this.#standBy({
      look: () => send(others, { kind: "FetchEpoch", epoch: given.epoch - 1 }, given.epoch),
      take: (_, packet) => {
        if (packet.kind !== "EpochEnd" || packet.roster === null || packet.end.epoch !== given.epoch - 1) return;
        const before = epochs.read(packet.roster);
        if (before.digest !== given.roster.previous) return;
        const next = epochs.nextAfter(before, packet.end);
        if (next === null) return;
        this.stop();
        if (next.digest !== given.digest) return; // the operators signed another one too, and that was ordered: it stops
        beginWithout(storage, sha256Hex, packet.end, before.bytes, given);
        begin();
      },
    });
  }

  #standBy(bystander: Bystander): void {
    this.#bystander = bystander;
    const again = (): void => {
      if (this.#bystander !== bystander) return;
      bystander.look();
      this.#parts.later(LOOK_MS, again);
    };
    this.#parts.later(0, again);
  }
}

const formerName = (id: ReplicaId, { epoch }: SimEpoch): ReplicaId => `${id}@${epoch}` as ReplicaId;

/** Returns the names of replicas of the epoch before that are listed no more, or by another key. */
const formerNames = (inForce: SimEpoch, before: SimEpoch): ReplicaId[] =>
  before.replicas.filter((id) => !lists(inForce, { id, key: keyIn(before.roster, id) }))
    .map((id) => formerName(id, before));

/** Clients have one key each. */
const listingOf = ({ roster: { clients } }: SimEpoch) => ({
  roster: { clients: clients.map((id) => ({ id, publicKey: "" })) },
});
