import { EXIT } from "../common/exit_codes.ts";
import type { Command } from "./command.ts";

function setActive(name: "activate" | "deactivate", active: boolean, summary: string): Command {
  return {
    name,
    usage: `${name} REPLICA`,
    summary,
    notes: ["Needs the operator's key. Meant for tests and drills."],
    operands: [1, 1],
    options: {},
    async run({ client, operands: [replica = ""] }) {
      await client.setActive(replica, active);
      return {
        exitCode: EXIT.done,
        json: { replica, active },
        output: `${replica} is ${active ? "active" : "inactive"}`,
      };
    },
  };
}

export const activate = setActive("activate", true, "have REPLICA take part in the protocol again (operator)");
export const deactivate = setActive("deactivate", false, "have REPLICA stay out of the protocol (operator)");
