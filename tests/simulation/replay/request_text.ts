/** A request as runs are written down: where it stands, and the beginning of the digest that answers name it by. */
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Request } from "../../../protocol/entry.ts";

export function requestText(message: Request, body: Uint8Array): string {
  const name = sha256Hex(body).slice(0, 8);
  return message.kind === "SendRequest"
    ? `${message.mode} ${message.session}/${message.seq} from floor ${message.floor} (${name})`
    : `a register with base ${message.base} (${name})`;
}
