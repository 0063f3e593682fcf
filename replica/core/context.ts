/** The context of a handler during one step. */
import type { Millis, ReplicaId } from "../../protocol/ids.ts";
import type { UnsignedPacket } from "../../protocol/packet.ts";
import type { Ports } from "../../protocol/ports.ts";
import type { CoreEvent, Outgoing, Outputs } from "./output.ts";
import type { CoreState } from "./state.ts";
import { ACCEPT } from "./verdict.ts";

export interface Context {
  readonly state: CoreState;
  readonly ports: Ports;
  readonly now: Millis;
  readonly out: Outputs;
}

export const emptyOutputs = (): Outputs => ({ verdict: ACCEPT, persist: [], messages: [], replies: [], events: [] });

/** Queues a packet for the next flush, which decides whether it may still be signed (§4.3). */
export function send({ state }: Context, to: Outgoing["to"], packet: UnsignedPacket): void {
  state.outbox.push({ to, packet });
}

/** Returns every replica but this one. */
export const peersOf = ({ config }: CoreState): ReplicaId[] => config.replicas.filter((id) => id !== config.self);

/** Outputs a line for the operator's log. */
export function note(
  { out }: Context,
  level: CoreEvent["level"],
  event: string,
  fields: CoreEvent["fields"] = {},
): void {
  out.events.push({ event, level, fields });
}
