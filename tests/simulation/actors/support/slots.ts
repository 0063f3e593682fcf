/** Which requests are one and the same to a leader that orders each once. */
import { sha256Hex } from "../../../../crypto/digest.ts";
import type { Request } from "../../../../protocol/entry.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { slotOf } from "../../../../replica/core/clients/waiting.ts";

/** The seq of a session, or the register, that a request stands for. */
export const slotIn = ({ message, body }: Signed<Request>): string =>
  `${message.client} ${slotOf(message, sha256Hex(body))}`;
