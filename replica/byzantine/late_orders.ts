/** A leader that takes in what clients want later than it comes: everything it does for them is right, and late (§14.8). */
import type { Digest, Millis } from "../../protocol/ids.ts";
import type { Request } from "../../protocol/message.ts";
import type { Signed } from "../../protocol/signed.ts";
import type { InputWithoutTime } from "../core/input.ts";
import type { Outgoing } from "../core/output.ts";
import type { Adversary, Victim } from "./adversary.ts";

/** Most requests held back at a time; further ones are lost. */
const MOST_HELD = 10_000;

/** Returns when a leader that got `request` at `now` takes it in: at once for null, and never for Infinity. */
export type LateBy = (request: Request, now: Millis) => Millis | null;

/** Makes an adversary that holds back each request until the time that `dueAt` tells; as a follower it is honest. */
export function lateOrders({ state, config, hash }: Victim, dueAt: LateBy): Adversary {
  const held = new Map<Digest, { readonly request: Signed<Request>; readonly dueAt: Millis }>();
  let clock: Millis = -Infinity;
  return {
    swallows(input) {
      const request = state.view.role === "leader" ? requestOf(input) : null;
      if (request === null) return false;
      const due = dueAt(request.message, clock);
      if (due === null) return false;
      const digest = hash(request.body);
      if (!held.has(digest) && held.size < MOST_HELD) held.set(digest, { request, dueAt: due });
      return true;
    },
    corrupt(outgoing, now) {
      clock = now;
      if (state.view.role !== "leader") held.clear();
      const taken: Outgoing[] = [];
      for (const [digest, each] of held) {
        if (now < each.dueAt) continue;
        held.delete(digest);
        taken.push({ to: [config.self], packet: { kind: "ForwardedRequest", signed: each.request } });
      }
      return [...outgoing, ...taken];
    },
  };
}

function requestOf(input: InputWithoutTime): Signed<Request> | null {
  if (input.kind === "request") return input.request;
  return input.kind === "packet" && input.packet.kind === "ForwardedRequest" ? input.packet.signed : null;
}
