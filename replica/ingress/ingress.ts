/** The only way in: frames → limits → decode → screen → verify → input (§2.2, §7.5). Nothing a stranger sends makes it throw. */
import { decodeClientPacket, DecodeError, decodePeerPacket } from "../../transport/codec/mod.ts";
import type { Received } from "../../transport/port.ts";
import { type Admission, dropped, faulty } from "./admission.ts";
import { ClientAdmission } from "./admit_client.ts";
import { admitPacket } from "./admit_packet.ts";
import type { QueryHandler } from "../answers/query_handler.ts";
import type { CoreState } from "../core/state.ts";
import { forgottenBy, ForgottenError } from "../disk/forgotten_signatures.ts";
import type { Packet } from "../../protocol/packet.ts";
import { senderOf } from "../../protocol/signatures.ts";
import { RouteFaults } from "./route_faults.ts";
import type { SignatureCheck } from "./signature_check.ts";
import type { TallyByKind } from "../diagnostics/tally_by_kind.ts";
import type { InputWithoutTime } from "../core/input.ts";

export interface IngressParts {
  readonly state: CoreState;
  readonly check: SignatureCheck;
  readonly queries: QueryHandler;
  /** Counts refused packets, by kind. */
  readonly refused: TallyByKind;
  /** Called with a peer's verified packet that came over the connection to its own address. */
  readonly heard: (peer: string, packet: Packet, now: number) => void;
  /** True if this replica signs messages its core does not know of, for tests and drills. */
  readonly faulty?: boolean;
}

export class Ingress {
  readonly #parts: IngressParts;
  readonly #clients: ClientAdmission;
  readonly #faults = new RouteFaults();

  constructor(parts: IngressParts) {
    this.#parts = parts;
    this.#clients = new ClientAdmission(parts.state.config.self, parts.check, parts.queries);
  }

  /** Returns the input that `received` gives at `now` milliseconds, or null if it is refused or already dealt with. */
  take(received: Received, now: number): InputWithoutTime | null {
    const sender = senderKey(received);
    if (this.#faults.isMuted(sender, now)) {
      this.#parts.refused.add("muted");
      return null;
    }
    const admission = this.#judge(received, now);
    if ("admitted" in admission) return admission.admitted;
    this.#parts.refused.add(admission.refused);
    if (admission.fault) this.#faults.add(sender, now);
    return null;
  }

  #judge({ channel, route, frames }: Received, now: number): Admission {
    const { state, check, queries } = this.#parts;
    try {
      if (channel === "client") return this.#clients.admit(decodeClientPacket(frames), route, now);
      if (!queries.active) return dropped("inactive");
      const admission = admitPacket(state, check, channel, decodePeerPacket(frames));
      if (this.#parts.faulty !== true) assertRemembered(state, admission);
      if (channel === "published") this.#hear(route, admission, now);
      return admission;
    } catch (error) {
      if (error instanceof DecodeError) return faulty(`decode:${error.code}`);
      throw error;
    }
  }

  #hear(route: string, admission: Admission, now: number): void {
    if (!("admitted" in admission) || admission.admitted?.kind !== "packet") return;
    const { packet } = admission.admitted;
    if (senderOf(packet) === route) this.#parts.heard(route, packet, now);
  }
}

/** Throws ForgottenError if a packet shows a signature of this replica that its disk does not know (§1.3). */
function assertRemembered(state: CoreState, admission: Admission): void {
  if (!("admitted" in admission) || admission.admitted?.kind !== "packet") return;
  const what = forgottenBy(state, admission.admitted.packet);
  if (what !== null) throw new ForgottenError(`${state.config.self} has signed ${what}; this disk knows nothing of it`);
}

/** Returns the name faults are held against: one connection, so that muting it mutes no other. */
const senderKey = ({ channel, route }: Received): string => `${channel} ${route}`;
