/** Leaders that turn clients' own old requests against their sessions (§7.1). */
import type { Request } from "../../../../protocol/entry.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import type { Actor } from "../actor.ts";
import { pretender } from "../shadow/shadow_actor.ts";
import type { Chain, Content } from "../shadow/shadow_chains.ts";
import { Led, serve } from "../shadow/shadow_led.ts";
import type { Scene } from "../shadow/shadow_situation.ts";

/** Whether a request opens a session. */
export const isRegister = ({ message }: Signed<Request>): boolean => message.kind === "RegisterSession";

/** Every request that any client sent of late, and all that the chain holds. */
function allKnown(scene: Scene, chain: Chain): Signed<Request>[] {
  return [...chain.entries.flatMap(({ entry }) => entry.requests ?? []), ...scene.throne.ear.requests];
}

/**
 * Registers again, to push sessions out: one an entry so that each may open a session, two in one entry, the same one twice; between them old
 * commands, to keep dead sessions in use, and commands of whatever sessions are closed by then.
 */
function oldRegisters(scene: Scene, chain: Chain): Content[] {
  const { rng } = scene.coven;
  const known = rng.shuffle(allKnown(scene, chain));
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
  "register-replayer": pretender((scene) => {
    const led = new Led(scene);
    return {
      lead(reign) {
        if (reign.beats % 3 === 1) led.extend(reign, oldRegisters(scene, led.chainOf(reign)));
        serve(scene, reign, led);
      },
    };
  }),

  /** Orders registers and nothing else: whoever has a session is never served. */
  "register-only-leader": pretender((scene) => {
    const led = new Led(scene);
    return {
      lead(reign) {
        if (reign.beats % 2 === 1) {
          const base = led.chainOf(reign, () => []);
          led.extend(reign, scene.freshRequests(base, 8).filter(isRegister).map((register) => [register]));
        }
        serve(scene, reign, led);
      },
    };
  }),

  /** Orders commands and no register: nobody new gets a session. */
  "registerless-leader": pretender((scene) => {
    const led = new Led(scene);
    return {
      lead(reign) {
        if (reign.beats % 2 === 1) {
          const base = led.chainOf(reign, () => []);
          led.extend(reign, scene.freshRequests(base, 8).filter((each) => !isRegister(each)).map((each) => [each]));
        }
        serve(scene, reign, led);
      },
    };
  }),
};
