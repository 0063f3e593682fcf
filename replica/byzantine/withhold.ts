/**
 * A leader that looks healthy, serves everyone else, and orders no request of the roster's first client but those that were on its log when it was
 * elected (§5.8).
 */
import type { InputWithoutTime } from "../core/input.ts";
import type { Adversary, Victim } from "./adversary.ts";

/** Makes the adversary described above. As a follower it forwards none of that client's requests either. */
export function withhold({ config }: Victim): Adversary {
  const [ignored] = config.clients;
  return { swallows: (input) => requestOf(input)?.client === ignored };
}

function requestOf(input: InputWithoutTime) {
  if (input.kind === "request") return input.request.message;
  return input.kind === "packet" && input.packet.kind === "ForwardedRequest" ? input.packet.signed.message : null;
}
