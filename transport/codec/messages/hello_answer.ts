/** A replica's answer to a hello whose challenge is not the route's (§7.2): the payload of a QueryReply with nonce 0. */
import type { LogIndex } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { logIndex } from "../fields.ts";
import { fixed, struct } from "../schema.ts";
import { type Codec, codec } from "./storage.ts";

export interface HelloAnswer {
  /** The challenge that the next hello over this route has to repeat. */
  readonly challenge: Uint8Array;
  /** The replica's applied index: where a register may begin (§7.1). */
  readonly appliedIndex: LogIndex;
}

export const helloAnswerCodec: Codec<HelloAnswer> = codec(
  "HelloAnswer",
  struct<HelloAnswer>({ challenge: fixed(LIMITS.nonceBytes), appliedIndex: logIndex }),
);
