/** Strict reading of a recording's step. Signatures are not checked: only verified packets became inputs. */
import {
  type Field,
  readBoolean,
  readId,
  readInteger,
  readList,
  readObject,
  refuse,
} from "../../crypto/strict_json.ts";
import { type Millis, replicaId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Request } from "../../protocol/message.ts";
import type { Packet, PacketOf } from "../../protocol/packet.ts";
import type { Signed, Verified } from "../../protocol/signed.ts";
import { decodeClientPacket, decodeMessage, decodePeerPacket, electionProofCodec } from "../../transport/codec/mod.ts";
import type { Input } from "../core/input.ts";
import type { LeaveReason } from "../core/offices/office_state.ts";
import { decodeOr, readBase64, readDecoded, readMillis, readNullable, readText } from "./fields.ts";
import type { RecordedStep } from "./format.ts";

const STEP_NAMES = ["step", "now", "input", "verdict", "persist", "messages", "replies"] as const;
/** Maximum words of an input: its kind, at most two details, and the frames of a packet. */
const MAX_WORDS = 3 + LIMITS.maxFrames;

/** Returns the step in a line; `wanted` is its number. Throws `ConfigError` on anything that no recorder writes. */
export function decodeStep(field: Field, wanted: number): RecordedStep {
  const { step, now, input, verdict, persist, messages, replies } = readObject(field, STEP_NAMES);
  return {
    step: readInteger(step, wanted, wanted),
    input: readInput(input, readMillis(now)),
    print: {
      verdict: readText(verdict),
      persist: readNullable(persist, readText),
      messages: readNullable(messages, readText),
      replies: readNullable(replies, readText),
    },
  };
}

function readInput(field: Field, now: Millis): Input {
  const [kind, ...words] = readList(field, 1, MAX_WORDS);
  const word = (place: number): Field => words[place] ?? refuse(field, "more words for this kind of input");
  switch (kind!.value) {
    case "tick":
      return { kind: "tick", lateMs: readMillis(word(0)), now };
    case "flush":
      return { kind: "flush", now };
    case "apply":
      return { kind: "apply", limit: readInteger(word(0), 0, LIMITS.maxInteger), now };
    case "snapshot":
      return { kind: "snapshot", maxBytes: readInteger(word(0), 0, LIMITS.maxInteger), now };
    case "leave":
      return { kind: "leave", reason: readNullable(word(0), readLeaveReason), now };
    case "request":
      return {
        ...{ kind: "request", now, intervention: readBoolean(word(0)) },
        via: readNullable(word(1), (via) => replicaId(readId(via))),
        request: readRequest(field, words.slice(2)),
      };
    case "bad-entry":
      return {
        ...{ kind: "bad-entry", now, position: readInteger(word(0), 0, LIMITS.maxAppendEntries) },
        packet: readAppendEntries(field, words.slice(1)),
      };
    case "packet":
      return { kind: "packet", now, packet: readPacket(field, words) as Verified<Packet> };
    case "stripped":
      return { kind: "packet", now, packet: readStripped(word(0), word(1), word(2)) as Verified<Packet> };
    default:
      return refuse(kind!, "a kind of input");
  }
}

function readLeaveReason(field: Field): LeaveReason {
  const { value } = field;
  return value === "stop" || value === "deactivate" ? value : refuse(field, "a reason to leave");
}

const readPacket = (field: Field, frames: readonly Field[]): Packet => {
  const bytes = frames.map(readBase64);
  return decodeOr(field, () => decodePeerPacket(bytes));
};

function readAppendEntries(field: Field, frames: readonly Field[]): PacketOf<"AppendEntries"> {
  const packet = readPacket(field, frames);
  return packet.kind === "AppendEntries" ? packet : refuse(field, "an AppendEntries", `a ${packet.kind}`);
}

function readRequest(field: Field, frames: readonly Field[]): Verified<Signed<Request>> {
  const bytes = frames.map(readBase64);
  const packet = decodeOr(field, () => decodeClientPacket(bytes));
  if (packet.kind !== "SendRequest" && packet.kind !== "RegisterSession") {
    refuse(field, "a request", `a ${packet.kind}`);
  }
  return packet.signed as Verified<Signed<Request>>;
}

/** Returns the header of an AppendEntries whose entries ingress removed (§7.5). */
function readStripped(bodyField: Field, signatureField: Field, proofField: Field): PacketOf<"AppendEntries"> {
  const body = readBase64(bodyField);
  const message = decodeOr(bodyField, () => decodeMessage("AppendEntries", body));
  const proof = readNullable(proofField, (field) => readDecoded(field, electionProofCodec.decode));
  return {
    kind: "AppendEntries",
    signed: { message, body, signature: readBase64(signatureField) },
    entries: [],
    proof,
  };
}
