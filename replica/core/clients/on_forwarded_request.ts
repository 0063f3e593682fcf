/** A client's request that another replica forwarded (§7.3). */
import type { PacketOf } from "../../../protocol/packet.ts";
import type { Context } from "../context.ts";
import type { Input } from "../input.ts";
import type { Verdict } from "../verdict.ts";
import { onRequest } from "./on_request.ts";

/** A forwarded request is queued by the leader and not answered here, since its client is connected elsewhere. */
export function onForwardedRequest(context: Context, signed: PacketOf<"ForwardedRequest">["signed"]): Verdict {
  const request = signed as Extract<Input, { kind: "request" }>["request"];
  return onRequest(context, { kind: "request", request, intervention: false, via: context.state.config.self });
}
