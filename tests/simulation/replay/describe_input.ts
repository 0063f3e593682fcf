/** Formats an input or an output of a core as one line, in the style of the golden transcripts. */
import type { Message } from "../../../protocol/message.ts";
import type { Packet, UnsignedPacket } from "../../../protocol/packet.ts";
import { senderOf } from "../../../protocol/signatures.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { Input } from "../../../replica/core/input.ts";
import { describePacket } from "../../interaction/describe.ts";
import { requestText } from "./request_text.ts";

/** Describes an input of a core. */
export function describeInput(input: Input): string {
  switch (input.kind) {
    case "tick":
      return input.lateMs > 0 ? `tick, ${Math.round(input.lateMs)} ms late` : "tick";
    case "flush":
      return input.kind;
    case "apply":
      return `apply up to ${input.limit} requests`;
    case "snapshot":
      return `go on with snapshots, up to ${input.maxBytes} bytes`;
    case "leave":
      return input.reason === null ? "stay after all" : `leave: ${input.reason}`;
    case "packet":
      return `← ${senderOf(input.packet) ?? "someone"}: ${describePacket(input.packet)}`;
    case "bad-entry": {
      const { packet, position } = input;
      return `← ${senderOf(packet)}: ${describePacket(packet)}, bad entry at place ${position}`;
    }
    case "request": {
      const { message, body } = input.request;
      return `← ${message.client}: ${requestText(message, body)}${input.intervention ? " as an intervention" : ""}`;
    }
    default:
      return input satisfies never;
  }
}

/** Describes an output of a core that is not signed yet. */
export function describeUnsigned(packet: UnsignedPacket): string {
  if (packet.kind === "ForwardedRequest" || packet.kind === "Evidence") return describePacket(packet);
  const signed: Signed<Message> = { message: packet.signed, body: new Uint8Array(), signature: new Uint8Array() };
  return describePacket({ ...packet, signed } as Packet);
}
