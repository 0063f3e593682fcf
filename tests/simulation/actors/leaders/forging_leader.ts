/** A leader that orders, before anything else, what clients never said (§3.2, §12). */
import { forged } from "../../../../replica/byzantine/lies.ts";
import type { Request } from "../../../../protocol/message.ts";
import type { Actor } from "../actor.ts";
import { pretender } from "../shadow/shadow_actor.ts";
import { Led } from "../shadow/shadow_led.ts";
import type { Signed } from "../../../../protocol/signed.ts";

/** Another command in the same client's name, at a seq that it has used, or another register: with a signature of that very client, and with nobody's. */
const forgeries = ({ message, signature }: Signed<Request>): readonly Signed<Request>[] => {
  const other: Request = message.kind === "SendRequest"
    ? { ...message, command: message.command.toReversed() }
    : { ...message, nonce: message.nonce.toReversed() };
  return [forged(other, signature), forged(other)];
};

/** One forged request behind the no-op that opens its term, alone or beside genuine ones; the faulty replicas ack and report it at once. */
const forgingLeader: Actor = pretender((scene) => {
  const led = new Led(scene);
  return {
    lead(reign) {
      const { coven } = scene;
      const base = reign.beats === 0 ? null : led.chainOf(reign, () => []);
      const genuine = base === null || reign.beats > 1 ? [] : scene.freshRequests(base, 2);
      const contents = genuine.length === 0 ? [] : [[...genuine.slice(1), coven.rng.pick(forgeries(genuine[0]!))]];
      const chain = base === null ? led.chainOf(reign, () => []) : led.extend(reign, contents);
      reign.show(coven.honest, chain);
      reign.vouch(coven.honest, chain, reign.beats > 1);
    },
  };
});

export const FORGING_LEADER: Readonly<Record<string, Actor>> = { "forging-leader": forgingLeader };
