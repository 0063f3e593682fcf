/** Leaders that turn clients' own old requests against their sessions (§7.1). */
import type { Request } from "../../../../protocol/entry.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import type { Actor } from "../actor.ts";
import { campaigner } from "../shadow/shadow_actor.ts";
import type { Chain, Content } from "../shadow/shadow_chains.ts";
import { Led, serve } from "../shadow/shadow_led.ts";
import type { Situation } from "../shadow/shadow_situation.ts";

/** Returns whether a request opens a session. */
export const isRegister = ({ message }: Signed<Request>): boolean => message.kind === "RegisterSession";

/** Every request that any client sent of late, and all that the chain holds. */
function allKnown(situation: Situation, chain: Chain): Signed<Request>[] {
  return [...chain.entries.flatMap(({ entry }) => entry.requests ?? []), ...situation.sharedCampaign.listener.requests];
}

/**
 * Registers again, to push sessions out: one an entry so that each may open a session, two in one entry, the same one twice; between them old
 * commands, to keep dead sessions in use, and commands of whatever sessions are closed by then.
 */
function oldRegisters(situation: Situation, chain: Chain): Content[] {
  const { rng } = situation.colluders;
  const known = rng.shuffle(allKnown(situation, chain));
  const registers = known.filter(isRegister).slice(0, 6);
  const commands = known.filter((request) => !isRegister(request)).slice(0, 6);
  const contents = [
    ...registers.map((register) => [register]),
    [...registers, ...registers],
    commands,
    [...registers.slice(0, 2), ...commands.slice(0, 2), ...registers.slice(0, 2)],
  ];
  return contents.filter(({ length }) => length > 0);
}

export const SESSION_BREAKERS: Readonly<Record<string, Actor>> = {
  /** Serves everyone, and orders old registers and commands again and again. */
  "register-replayer": campaigner((situation) => {
    const led = new Led(situation);
    return {
      lead(rogueTerm) {
        if (rogueTerm.beats % 3 === 1) led.extend(rogueTerm, oldRegisters(situation, led.chainOf(rogueTerm)));
        serve(situation, rogueTerm, led);
      },
    };
  }),

  /** Orders registers and nothing else: whoever has a session is never served. */
  "register-only-leader": campaigner((situation) => {
    const led = new Led(situation);
    return {
      lead(rogueTerm) {
        if (rogueTerm.beats % 2 === 1) {
          const base = led.chainOf(rogueTerm, () => []);
          led.extend(rogueTerm, situation.freshRequests(base, 8).filter(isRegister).map((register) => [register]));
        }
        serve(situation, rogueTerm, led);
      },
    };
  }),

  /** Orders commands and no register: nobody new gets a session. */
  "registerless-leader": campaigner((situation) => {
    const led = new Led(situation);
    return {
      lead(rogueTerm) {
        if (rogueTerm.beats % 2 === 1) {
          const base = led.chainOf(rogueTerm, () => []);
          led.extend(
            rogueTerm,
            situation.freshRequests(base, 8).filter((each) => !isRegister(each)).map((each) => [each]),
          );
        }
        serve(situation, rogueTerm, led);
      },
    };
  }),
};
