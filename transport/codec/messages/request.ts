/** The body of a request of either kind, told apart by its kind byte (§7.1). */
import type { Request } from "../../../protocol/message.ts";
import { KIND_BYTES } from "../kinds.ts";
import type { Reader } from "../reader.ts";
import type { Schema } from "../schema.ts";
import { registerSession, sendRequest } from "./client_messages.ts";

/** Kinds of requests. */
export const REQUEST_KINDS = ["SendRequest", "RegisterSession"] as const satisfies readonly Request["kind"][];

const KIND_AT = 1;

/** Returns whether a register follows; anything else is read as a command, which says what is wrong with its kind. */
const isRegister = (reader: Reader): boolean =>
  reader.remaining > KIND_AT && reader.peek(KIND_AT + 1)[KIND_AT] === KIND_BYTES.RegisterSession;

export const requestBody: Schema<Request> = {
  minBytes: Math.min(sendRequest.minBytes, registerSession.minBytes),
  read: (reader) => isRegister(reader) ? registerSession.read(reader) : sendRequest.read(reader),
  write: (writer, value) =>
    value.kind === "SendRequest" ? sendRequest.write(writer, value) : registerSession.write(writer, value),
};
