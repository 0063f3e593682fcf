/** A leader that orders, before anything else, requests that clients never signed (§3.2, §12). */
import type { Request } from "../../../../protocol/message.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { forged } from "../../../../replica/byzantine/lies.ts";
import type { Actor } from "../actor.ts";
import { campaigner } from "../shadow/shadow_actor.ts";
import { Led } from "../shadow/shadow_led.ts";

/** Returns another command in the same client's name, at a seq that it has used, or another register: with a signature of that very client, and with nobody's. */
function forgeries({ message, signature }: Signed<Request>): readonly Signed<Request>[] {
  const other = anotherThan(message);
  return [forged(other, signature), forged(other)];
}

/** A query, or a group, becomes the command of the same bytes. */
function anotherThan(message: Request): Request {
  if (message.kind === "RegisterSession") return { ...message, nonce: message.nonce.toReversed() };
  if (message.mode !== "command") return { ...message, mode: "command" };
  return { ...message, command: message.command.toReversed() };
}

/** Orders one forged request after the no-op that opens its term, alone or beside genuine ones; the colluders ack and report it at once. */
const forgingLeader: Actor = campaigner((situation) => {
  const led = new Led(situation);
  return {
    lead(rogueTerm) {
      const { colluders } = situation;
      const base = rogueTerm.beats === 0 ? null : led.chainOf(rogueTerm, () => []);
      const genuine = base === null || rogueTerm.beats > 1 ? [] : situation.freshRequests(base, 2);
      const contents = genuine.length === 0 ? [] : [[...genuine.slice(1), colluders.rng.pick(forgeries(genuine[0]!))]];
      const chain = base === null ? led.chainOf(rogueTerm, () => []) : led.extend(rogueTerm, contents);
      rogueTerm.show(colluders.honest, chain);
      rogueTerm.vouch(colluders.honest, chain, rogueTerm.beats > 1);
    },
  };
});

export const FORGING_LEADER: Readonly<Record<string, Actor>> = { "forging-leader": forgingLeader };
