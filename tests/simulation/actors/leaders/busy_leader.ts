/** A leader that is too busy for every client, for ever (§7.3o): it orders nothing, however a request reaches it. */
import type { Actor } from "../actor.ts";

const busyLeader: Actor = ({ state }) => {
  const leads = () => state.view.role === "leader";
  return {
    turnsAway: () => leads() ? state.config.constants.patienceMs / 2 : null,
    swallows: (input) =>
      leads() && (input.kind === "request" || (input.kind === "packet" && input.packet.kind === "ForwardedRequest")),
  };
};

export const BUSY_LEADERS: Readonly<Record<string, Actor>> = { "busy-leader": busyLeader };
