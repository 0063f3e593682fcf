/** Clients' requests that a simulated replica does not take, as ingress rules it (§7.3k). */
import { turnedAwayFor } from "../../../replica/core/clients/service.ts";
import { prospectOf } from "../../../replica/core/screen.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import type { SimAdversary } from "../actors/actor.ts";
import type { Arrival, NodeWorld } from "./node_world.ts";

/** Returns which arrivals are taken; the client of one that is not is told. A faulty replica's word is its own. */
export const takesOf = (
  state: CoreState,
  adversaries: readonly SimAdversary[],
  world: Pick<NodeWorld, "busy" | "clock">,
) =>
(arrival: Arrival): boolean => {
  if ("packet" in arrival || world.busy === undefined) return true;
  const { config: { self } } = state;
  const { request, intervention } = arrival.request;
  const mayBe = !intervention && prospectOf(state, request.message, false) === "hold";
  const honest = mayBe ? turnedAwayFor(state, request.message, world.clock(self)) : null;
  const waitMs = adversaries.reduce((told, { turnsAway }) => turnsAway?.(request.message) ?? told, honest);
  if (waitMs !== null) world.busy(self, request, waitMs);
  return waitMs === null;
};
