/** Clients' requests that a simulated replica does not take, as ingress rules it (§7.3k). */
import { turnedAwayFor } from "../../../replica/core/clients/service.ts";
import { prospectOf } from "../../../replica/core/screen.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import type { SimAdversary } from "../actors/actor.ts";
import type { Arrival, NodeWorld } from "./node_world.ts";

type RequestInput = Extract<Arrival, { readonly request: unknown }>["request"];

/** Returns whether a request is taken, and has its client told if it is not; a faulty replica's word is its own. */
export function takes(
  state: CoreState,
  { request, intervention }: RequestInput,
  adversaries: readonly SimAdversary[],
  world: Pick<NodeWorld, "busy" | "clock">,
): boolean {
  const { config: { self } } = state;
  const { message } = request;
  const mayBe = !intervention && prospectOf(state, message, false) === "hold";
  const honest = mayBe ? turnedAwayFor(state, message, world.clock(self)) : null;
  const waitMs = adversaries.reduce((told, { turnsAway }) => turnsAway?.(message) ?? told, honest);
  if (waitMs !== null) world.busy?.(self, request, waitMs);
  return waitMs === null;
}
