import { type Count, testAttack } from "../support/attack_lab.ts";
import { slotIn } from "../support/slots.ts";
import { headers } from "./leader_counts.ts";
import { isRegister } from "./session_breakers.ts";

/** Requests that a faulty leader ordered, one after the other. */
const ordered = (sent: Parameters<Count>[0]) =>
  headers(sent).flatMap(({ packet }) => packet.entries.flatMap(({ requests }) => requests ?? []));

/** Places at which faulty leaders ordered registers that they, or others, had ordered before. */
const repeated: Count = (sent) => {
  const all = ordered(sent).filter(isRegister).map(slotIn);
  return all.length - new Set(all).size;
};

testAttack({
  attack: "orders old registers again, to push sessions out",
  actor: "register-replayer",
  seeds: [9],
  wanted: { "registers ordered again": [20, repeated] },
});

testAttack({
  attack: "orders registers and no commands",
  actor: "register-only-leader",
  seeds: [3],
  wanted: { registers: [2, (sent) => ordered(sent).filter(isRegister).length] },
});

testAttack({
  attack: "orders commands and no registers",
  actor: "registerless-leader",
  seeds: [7],
  wanted: { commands: [2, (sent) => ordered(sent).filter((request) => !isRegister(request)).length] },
});
