/** The answer to a request for entries (§8.1). */
import type { PacketOf } from "../../../protocol/packet.ts";
import type { Context } from "../context.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../verdict.ts";
import { ask, awaitedBy, collect, considerCheckpoint, giveUp, install, patience } from "./catch_up.ts";

/** Collects entries from the source until they reach a certified point, and only then accepts them. */
export function onFetchEntriesResponse(context: Context, packet: PacketOf<"FetchEntriesResponse">): Verdict {
  const { replica, from } = packet.signed.message;
  const active = awaitedBy(context.state, packet.signed.message);
  if (!active) return ignore("not-asked-for");
  if (packet.checkpoint !== null) return considerCheckpoint(context, active, packet.checkpoint);
  if (from !== active.anchor.index + active.collected.length + 1) return ignore("out-of-order");
  const code = collect(context, active, packet);
  if (code !== null) {
    giveUp(context, code);
    return reject(code, replica);
  }
  const { certificate, collected, anchor } = active;
  if (certificate !== null && anchor.index + collected.length >= certificate.index) {
    return install(context, active, certificate);
  }
  active.deadline = context.now + patience(context.state);
  active.askedAgain = false;
  ask(context, active);
  return ACCEPT;
}
