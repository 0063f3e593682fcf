import { rosterText } from "../../../crypto/roster/roster.ts";
import type { Json } from "../../calls/json_payload.ts";
import { UsageError } from "../../errors.ts";
import { EXIT } from "../common/exit_codes.ts";
import type { Command } from "./command.ts";

export const roster: Command = {
  name: "roster",
  usage: "roster show",
  summary: "print the roster in force, as the cluster's own chain of rosters proves it",
  notes: [
    "The text is a signed roster file, to go on from (deno task roster … --roster FILE) or to give to who is new.",
    "Q replicas have to say that there is no later one.",
  ],
  operands: [1, 1],
  options: {},
  async run({ client, operands: [verb] }) {
    if (verb !== "show") throw new UsageError(`roster was given "${verb}"; wanted show`);
    const { roster, raw, digest, signatures } = await client.getRoster();
    const text = rosterText(raw, roster.operatorKey, signatures);
    return {
      exitCode: EXIT.done,
      json: { epoch: roster.epoch, digest, file: JSON.parse(text) as Json },
      output: text,
      exact: true,
      message: `roster of cluster ${roster.cluster}, epoch ${roster.epoch}, digest ${digest}`,
    };
  },
};
