/** The real ingress rules before a simulated replica; rates and budgets, which bound costs, are not simulated. */
import type { Millis } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import { senderOf } from "../../../protocol/signatures.ts";
import type { InputWithoutTime } from "../../../replica/core/input.ts";
import { isLateResponse } from "../../../replica/core/replication/late_response.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import { forgottenBy } from "../../../replica/disk/forgotten_signatures.ts";
import type { Admission } from "../../../replica/ingress/admission.ts";
import { admitPacket } from "../../../replica/ingress/admit_packet.ts";
import { judgeFormerChunks } from "../../../replica/ingress/former.ts";
import { LateResponses } from "../../../replica/ingress/late_responses.ts";
import { asksForEnd, isOfAnotherEpoch, showsOlderEnd } from "../../../replica/ingress/other_epochs.ts";
import type { SignatureCheck } from "../../../replica/ingress/signature_check.ts";
import type { Setup } from "../epochs/epoch_host.ts";
import { namedBy } from "../network/epoch_marks.ts";
import type { Arrival } from "./node_world.ts";

export class SimIngress {
  readonly #late: LateResponses<Packet>;
  readonly #setup: Setup | null;

  constructor(heartbeatMs: Millis, setup: Setup | null = null) {
    this.#late = new LateResponses(heartbeatMs);
    this.#setup = setup;
  }

  /** Time on the node's clock from which {@linkcode take} judges what was put off (§5.4e); Infinity if that is nothing. */
  get pressingAt(): Millis {
    return this.#late.nextAt;
  }

  /** Returns the inputs that arrivals give, and those packets that were put off until `now`. */
  take(state: CoreState, check: SignatureCheck, arrivals: readonly Arrival[], now: Millis): InputWithoutTime[] {
    const pressing = this.#late.due(now).map((packet) => this.#admit(state, check, packet, speakerOf(state, packet)));
    const arrived = arrivals.map((arrival) => {
      if ("request" in arrival) return arrival.request;
      const { packet } = arrival;
      if (this.#setup === null) return this.#judge(state, check, packet, speakerOf(state, packet), now);
      const name = arrival.from === undefined ? null : this.#setup.nameOf(arrival.from);
      return name === null ? null : this.#judgeNamed(state, this.#setup, packet, name, now);
    });
    return [...pressing, ...arrived].filter((input) => input !== null);
  }

  /** As `Ingress` does with what comes over a connection whose owner it knows. */
  #judgeNamed(state: CoreState, setup: Setup, packet: Packet, name: string, now: Millis): InputWithoutTime | null {
    const { talk, former, check } = setup;
    if (isOfAnotherEpoch(talk, name, namedBy(packet), now)) return null;
    if (asksForEnd(talk, name, packet, now) || showsOlderEnd(talk, name, packet)) return null;
    if (packet.kind === "FetchChunksResponse" && former?.replicas.has(name)) {
      return inputOf(judgeFormerChunks(state, former, packet, name));
    }
    const input = this.#judge(state, check, packet, name, now);
    if (input !== null && senderOf(packet) === name) talk.joined(name);
    return input;
  }

  #judge(
    state: CoreState,
    check: SignatureCheck,
    packet: Packet,
    speaker: string,
    now: Millis,
  ): InputWithoutTime | null {
    return this.#isPutOff(state, packet, now) ? null : this.#admit(state, check, packet, speaker);
  }

  /** Puts off a late response, whoever it says signed it: here nobody knows over which connection it came. */
  #isPutOff(state: CoreState, packet: Packet, now: Millis): boolean {
    if (packet.kind !== "AppendEntriesResponse" || !isLateResponse(state, packet.signed.message)) return false;
    this.#late.hold(packet.signed.message.replica, packet, now);
    return true;
  }

  #admit(state: CoreState, check: SignatureCheck, packet: Packet, speaker: string): InputWithoutTime | null {
    const input = inputOf(admitPacket(state, check, "peer", packet, speaker));
    if (input !== null && packet.kind === "AppendEntriesResponse") {
      this.#late.forget(packet.signed.message.replica);
    }
    return input;
  }
}

const inputOf = (admission: Admission): InputWithoutTime | null => "admitted" in admission ? admission.admitted : null;

/** Returns who sends a packet; of what a client said any of the replicas. */
const speakerOf = (state: CoreState, packet: Packet): string => senderOf(packet) ?? state.config.replicas[0]!;

/** Describes something that an input shows a replica to have signed and it does not know of (§1.3); null if there is none. */
export const forgottenIn = (state: CoreState, inputs: readonly InputWithoutTime[]): string | null =>
  inputs.map((input) => input.kind === "packet" ? forgottenBy(state, input.packet) : null)
    .find((what) => what !== null) ?? null;
