/** Which requests are one and the same to a leader that orders each once. */
import { sha256Hex } from "../../../../crypto/digest.ts";
import type { Request } from "../../../../protocol/entry.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { slotOf } from "../../../../replica/core/clients/waiting.ts";

/** Slots known already: leaders look through all their entries for each request, and a hash each time takes longer than all else. */
const known = new WeakMap<Signed<Request>, string>();

/** Returns the seq of a session, or the register, that a request stands for. */
export function slotIn(request: Signed<Request>): string {
  const { message, body } = request;
  const slot = known.get(request) ?? `${message.client} ${slotOf(message, sha256Hex(body))}`;
  known.set(request, slot);
  return slot;
}
