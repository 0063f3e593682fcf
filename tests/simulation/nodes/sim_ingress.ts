/** The real ingress rules before a simulated replica; rates and budgets, which bound costs, are not simulated. */
import type { Millis } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import { senderOf } from "../../../protocol/signatures.ts";
import type { InputWithoutTime } from "../../../replica/core/input.ts";
import { isLateResponse } from "../../../replica/core/replication/late_response.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import { admitPacket } from "../../../replica/ingress/admit_packet.ts";
import { LateResponses } from "../../../replica/ingress/late_responses.ts";
import type { SignatureCheck } from "../../../replica/ingress/signature_check.ts";
import type { Arrival } from "./node_world.ts";

export class SimIngress {
  readonly #late: LateResponses<Packet>;

  constructor(heartbeatMs: Millis) {
    this.#late = new LateResponses(heartbeatMs);
  }

  /** Time on the node's clock from which {@linkcode take} judges what was put off (§5.4e); Infinity if that is nothing. */
  get pressingAt(): Millis {
    return this.#late.nextAt;
  }

  /** Returns the inputs that arrivals give, and those packets that were put off until `now`. */
  take(state: CoreState, check: SignatureCheck, arrivals: readonly Arrival[], now: Millis): InputWithoutTime[] {
    const pressing = this.#late.due(now).map((packet) => this.#admit(state, check, packet));
    const arrived = arrivals.map((arrival) => {
      if ("request" in arrival) return arrival.request;
      return this.#isPutOff(state, arrival.packet, now) ? null : this.#admit(state, check, arrival.packet);
    });
    return [...pressing, ...arrived].filter((input) => input !== null);
  }

  /** Puts off a late response, whoever it says signed it: here nobody knows over which connection it came. */
  #isPutOff(state: CoreState, packet: Packet, now: Millis): boolean {
    if (packet.kind !== "AppendEntriesResponse" || !isLateResponse(state, packet.signed.message)) return false;
    this.#late.hold(packet.signed.message.replica, packet, now);
    return true;
  }

  #admit(state: CoreState, check: SignatureCheck, packet: Packet): InputWithoutTime | null {
    const speaker = senderOf(packet) ?? state.config.replicas[0]!; // whoever passes on what a client said
    const admission = admitPacket(state, check, "peer", packet, speaker);
    if (!("admitted" in admission)) return null;
    if (packet.kind === "AppendEntriesResponse") this.#late.forget(packet.signed.message.replica);
    return admission.admitted;
  }
}
