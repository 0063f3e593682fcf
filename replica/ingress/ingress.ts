/** The only way in: frames → limits → decode → screen → verify → input (§2.2, §7.5). Nothing a stranger sends makes it throw. */
import { LEAST_POSTED } from "../../crypto/signing/threads/ahead_backend.ts";
import { MAX_POSTED } from "../../crypto/signing/threads/claims_board.ts";
import { asksForChange } from "../../protocol/epochs/epoch_end.ts";
import type { Evidence } from "../../protocol/evidence.ts";
import type { ClientPacket, Packet } from "../../protocol/packet.ts";
import { senderOf } from "../../protocol/signatures.ts";
import { decodeClientPacket, DecodeError, decodePeerPacket, epochOf } from "../../transport/codec/mod.ts";
import { totalBytes } from "../../transport/frame_limits.ts";
import type { Received } from "../../transport/port.ts";
import type { QueryHandler } from "../answers/query_handler.ts";
import type { InputWithoutTime } from "../core/input.ts";
import { isLateResponse } from "../core/replication/late_response.ts";
import type { CoreState } from "../core/state.ts";
import type { TallyByKind } from "../diagnostics/tally_by_kind.ts";
import type { EpochTalk } from "../epochs/epoch_talk.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";
import { type Admission, DONE, dropped, excessive, faulty, type Refusal } from "./admission.ts";
import { claimOf, ClientAdmission } from "./admit_client.ts";
import { judgePacket, type Judging } from "./admit_packet.ts";
import { BACKLOG_UNIT_BYTES } from "./backlog.ts";
import { costOf } from "./evidence_cost.ts";
import { type Former, judgeFormerChunks } from "./former.ts";
import { LateResponses } from "./late_responses.ts";
import { asksForEnd, isOfAnotherEpoch, showsOlderEnd } from "./other_epochs.ts";
import { PeerRates } from "./peer_rates.ts";
import { penaltyOf } from "./penalty.ts";
import { assertRemembered } from "./remembered.ts";
import type { SignatureCheck } from "./signature_check.ts";
import { connectionOf, sourceOf, speakerOf } from "./source.ts";
import { SourceFaults } from "./source_faults.ts";

export interface IngressParts {
  readonly state: CoreState;
  readonly check: SignatureCheck;
  readonly queries: QueryHandler;
  /** The talk with replicas of other epochs. */
  readonly talk: EpochTalk;
  /** The members that left with the epoch before; null in the first. */
  readonly former?: Former | null;
  /** Counts refused packets, by kind. */
  readonly refused: TallyByKind;
  /** Called for each of them with the roster id that its sender proved, if it did. */
  readonly refusedFrom?: (owner: string | null) => void;
  /** Called with a peer's verified packet that came over the connection to its own address. */
  readonly heard: (peer: string, packet: Packet, now: number) => void;
  /** Called when a source is muted, with the kind of its latest fault, for how long, and the roster id that it proved, if it did. */
  readonly muted?: (source: string, fault: string, forMs: number, owner: string | null) => void;
  /** Takes nothing more from where a packet came from, for so many milliseconds: what a muted source sends is not to be read. */
  readonly holdOff?: (received: Received, forMs: number) => void;
  /** Ends the connection that a packet came over for an offence of this kind; false if it does not. */
  readonly expel?: (received: Received, offence: string) => boolean;
  /** True if this replica signs messages its core does not know of, for tests and drills. */
  readonly faulty?: boolean;
}

/** A packet that is not judged to the end yet. */
export const UNFINISHED = Symbol("unfinished");

/** A packet under judgement, and how many of its signatures have been checked, or are next. */
interface Begun {
  readonly judging: Judging;
  checked: number;
}

/** Goes on with a packet; null where `mayGoOn` stops it. */
function advance(begun: Begun, mayGoOn: () => boolean): Admission | null {
  for (let step = begun.judging.next();; step = begun.judging.next()) {
    if (step.done) return step.value;
    begun.checked++;
    if (begun.checked > 1 && !mayGoOn()) return null;
  }
}

export class Ingress {
  readonly #parts: IngressParts;
  readonly #clients: ClientAdmission;
  readonly #faults = new SourceFaults();
  readonly #rates = new PeerRates();
  /** Anyone can send evidence, over ever new routes: there is one budget of signatures for all of it. */
  readonly #evidence = new TokenBuckets(
    INGRESS_LIMITS.evidenceSignaturesPerSecond,
    INGRESS_LIMITS.evidenceSignatureBurst,
  );
  /** Changes that peers pass on, which cost more to judge than their client's signature (§13.2). */
  readonly #changes = new TokenBuckets(
    INGRESS_LIMITS.changesPerSecond,
    INGRESS_LIMITS.changeBurst,
    INGRESS_LIMITS.maxFaultySources,
  );
  /** Volume of other epochs, for which nobody is muted. */
  readonly #elsewhere = new SourceFaults();
  /** Packets without room that are looked at, so that their senders can be told. */
  readonly #overflow = new TokenBuckets(INGRESS_LIMITS.busyPerSecond, INGRESS_LIMITS.busyBurst);
  readonly #late: LateResponses<Received>;
  /** Late responses that are put off no longer. */
  readonly #pressing = new WeakSet<Received>();
  /** Clients' packets that were looked at ahead. */
  readonly #decoded = new WeakMap<Received, ClientPacket>();
  /** Packets with signatures that are still to be checked. */
  readonly #unfinished = new WeakMap<Received, Begun>();

  constructor(parts: IngressParts) {
    this.#parts = parts;
    this.#clients = new ClientAdmission(parts.state, parts.check, parts.queries, parts.former);
    this.#late = new LateResponses(parts.state.config.constants.heartbeatMs);
  }

  /** Returns the packets that were put off until now, to be handed in again (§5.4d). */
  pressing(now: number): readonly Received[] {
    const due = this.#late.due(now);
    for (const received of due) this.#pressing.add(received);
    return due;
  }

  /** Time at which {@linkcode pressing} has something to return, in milliseconds; Infinity if nothing is put off. */
  get pressingAt(): number {
    return this.#late.nextAt;
  }

  /** Has other threads, where there are any, begin with the signatures of clients' packets that have come together. Who is muted costs nothing here either. */
  expect(received: readonly Received[], now: number): void {
    const { check } = this.#parts;
    if (check.ahead === undefined) return;
    const isHeard = (each: Received) => each.channel === "client" && !this.#isSilenced(each, now);
    const clients = received.filter(isHeard).slice(0, MAX_POSTED);
    if (clients.length < LEAST_POSTED) return;
    check.ahead(clients.flatMap((each) => {
      const packet = this.#readable(each);
      return packet === null || packet.kind === "SetActive" ? [] : [claimOf(packet)];
    }));
  }

  /** Returns the input that `received` gives at `now` milliseconds, or null if it is refused or already dealt with. */
  take(received: Received, now: number): InputWithoutTime | null {
    const taken = this.takePart(received, now, () => true);
    return taken === UNFINISHED ? null : taken;
  }

  /** As `take`, but only so far as `mayGoOn` says before each signature but the first; what is unfinished is to be handed in again. */
  takePart(received: Received, now: number, mayGoOn: () => boolean): InputWithoutTime | null | typeof UNFINISHED {
    if (this.#isMuted(received, now)) {
      this.#refuse(received, "muted");
      return null;
    }
    const begun = this.#unfinished.get(received) ?? { judging: this.#judge(received, now), checked: 0 };
    const admission = advance(begun, mayGoOn);
    if (admission === null) {
      this.#unfinished.set(received, begun);
      return UNFINISHED;
    }
    if ("admitted" in admission) return admission.admitted;
    this.#refuse(received, admission.refused);
    this.#blame(received, admission, begun.checked, now);
    return null;
  }

  #refuse(received: Received, kind: string): void {
    this.#parts.refused.add(kind);
    this.#parts.refusedFrom?.(speakerOf(received));
  }

  /** Looks at a client's packet for which there was no room, if such packets are few, so that its sender is told (§7.3m). */
  overflowed(received: Received, now: number): void {
    if (!this.#overflow.spend(ANYONE, now)) return;
    const packet = this.#readable(received);
    if (packet !== null) this.#clients.overflowed(packet, received.route);
  }

  /** Returns whether nothing of where this came from is looked at; what is still to come is not to be read either. */
  #isMuted(received: Received, now: number): boolean {
    const mutedMs = this.#faults.mutedFor(sourceOf(received), now);
    if (mutedMs > 0) this.#parts.holdOff?.(received, mutedMs);
    return this.#isSilenced(received, now);
  }

  #isSilenced(received: Received, now: number): boolean {
    return [sourceOf(received), connectionOf(received)].some((name) => this.#faults.mutedFor(name, now) > 0);
  }

  /** Has a refusal count against its source. A forgery is a fault of a source whose connection does not end for it. */
  #blame(received: Received, refusal: Refusal, checked: number, now: number): void {
    if (refusal.blame === "forgery" && this.#expels(received, refusal.refused, now)) return;
    const { weight, muteMs } = penaltyOf(refusal, received, checked);
    if (weight === 0 || !this.#faults.add(sourceOf(received), now, weight, muteMs)) return;
    this.#parts.holdOff?.(received, muteMs);
    this.#parts.muted?.(sourceOf(received), refusal.refused, muteMs, speakerOf(received));
  }

  /** Ends the connection that a forgery came over, if its owner is known, and drops what has been read of it (§7.5j). Returns whether it did. */
  #expels(received: Received, offence: string, now: number): boolean {
    if (received.owner === undefined || this.#parts.expel?.(received, offence) !== true) return false;
    this.#faults.add(connectionOf(received), now, INGRESS_LIMITS.faultsPerWindow);
    return true;
  }

  *#judge(received: Received, now: number): Judging {
    const { channel, route, frames } = received;
    const { state, check, queries } = this.#parts;
    try {
      if (channel === "client") return this.#clients.admit(this.#read(received), received, now);
      if (!queries.active) return dropped("inactive");
      const { talk } = this.#parts;
      const name = speakerOf(received);
      if (isOfAnotherEpoch(talk, name, epochOf(frames), now)) return this.#passOver(received, now);
      const packet = decodePeerPacket(frames);
      if (!this.#rates.take(packet.kind, sourceOf(received), now)) return excessive(`rate:${packet.kind}`);
      if (asksForEnd(talk, name, packet, now) || showsOlderEnd(talk, name, packet)) return DONE;
      const isCostly = packet.kind === "ForwardedRequest" && asksForChange(packet.signed);
      if (isCostly && !this.#changes.spend(sourceOf(received), now)) return dropped("rate:change");
      const { former = null } = this.#parts;
      if (packet.kind === "FetchChunksResponse" && name !== null && former?.replicas.has(name)) {
        return judgeFormerChunks(state, former, packet, name);
      }
      if (this.#isPutOff(received, packet, now)) return DONE;
      const judging = judgePacket(state, check, channel, packet, name);
      const admission = packet.kind === "Evidence"
        ? yield* this.#withinBudget(packet.evidence, judging, now)
        : yield* judging;
      if (this.#parts.faulty !== true) assertRemembered(state, admission);
      if (channel === "published") this.#hear(route, admission, now);
      return admission;
    } catch (error) {
      if (error instanceof DecodeError) return faulty(`decode:${error.code}`);
      throw error;
    }
  }

  /** Counts a packet of another epoch. Nobody is muted for how large they are: what comes behind waits, and is not lost. */
  #passOver(received: Received, now: number): Admission {
    const { refused, holdOff } = this.#parts;
    refused.add("another-epoch");
    const { excessWeight, excessMuteMs } = INGRESS_LIMITS;
    const volume = excessWeight * Math.floor(totalBytes(received.frames) / BACKLOG_UNIT_BYTES);
    if (volume > 0 && this.#elsewhere.add(sourceOf(received), now, volume, excessMuteMs)) {
      holdOff?.(received, excessMuteMs);
    }
    return DONE;
  }

  /** Returns a client's packet, null if it cannot be decoded. */
  #readable(received: Received): ClientPacket | null {
    try {
      return this.#read(received);
    } catch (error) {
      if (error instanceof DecodeError) return null;
      throw error;
    }
  }

  /** Decodes a client's packet, once. Throws DecodeError. */
  #read(received: Received): ClientPacket {
    const known = this.#decoded.get(received);
    if (known !== undefined) return known;
    const packet = decodeClientPacket(received.frames);
    if (this.#parts.check.ahead !== undefined) this.#decoded.set(received, packet);
    return packet;
  }

  /** Puts off a peer's own late response, for nothing in it is worth a signature now (§5.4d). What it sends in another's name is judged. */
  #isPutOff(received: Received, packet: Packet, now: number): boolean {
    if (packet.kind !== "AppendEntriesResponse" || received.channel !== "published") return false;
    const { message } = packet.signed;
    if (message.replica !== received.route || this.#pressing.has(received)) return false;
    if (!isLateResponse(this.#parts.state, message)) return false;
    this.#late.hold(message.replica, received, now);
    return true;
  }

  /** Goes on to signatures only while the budget for evidence lasts; hashes come before (§9.1). */
  *#withinBudget(evidence: Evidence, judging: Judging, now: number): Judging {
    const first = judging.next();
    if (first.done) return first.value;
    if (!this.#evidence.allows(ANYONE, now)) return dropped("rate:Evidence");
    this.#evidence.take(ANYONE, now, costOf(evidence));
    yield;
    return yield* judging;
  }

  #hear(route: string, admission: Admission, now: number): void {
    if (!("admitted" in admission) || admission.admitted?.kind !== "packet") return;
    const { packet } = admission.admitted;
    if (senderOf(packet) !== route) return;
    if (packet.kind === "AppendEntriesResponse") this.#late.forget(packet.signed.message.replica);
    this.#parts.heard(route, packet, now);
  }
}

/** The one budget's name. */
const ANYONE = "";
