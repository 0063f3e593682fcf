import { readSignedRoster, type SignedRoster } from "../../../crypto/roster/parse_roster.ts";
import type { Roster } from "../../../crypto/roster/roster_types.ts";
import { type DifferenceInWords, differenceInWords } from "../../../crypto/roster/words.ts";
import { loadBackend } from "../../../crypto/signing/load_backend.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import type { Reconfigured, ReconfigureProgress } from "../../calls/reconfigure.ts";
import { requireNext } from "../../calls/require_next.ts";
import { RefusedError } from "../../errors.ts";
import { EXIT } from "../common/exit_codes.ts";
import { unreachable } from "../common/reachable.ts";
import type { Command, CommandCall, CommandResult } from "./command.ts";

const FORCE = "force";
const NOTHING: DifferenceInWords = { lines: [], warnings: [] };

export const reconfigure: Command = {
  name: "reconfigure",
  showsProgress: true,
  usage: "reconfigure [--force] FILE",
  summary: "have the cluster change to the roster in FILE, which its operators signed (keygen sign --next)",
  notes: [
    "Start new replicas first: once it is ordered the change is final. It waits until Q replicas of the new roster have begun, and may be",
    "asked again at any time: a change that is in force is answered so.",
  ],
  operands: [1, 1],
  options: {
    [FORCE]: { value: null, summary: "do not look first whether Q replicas of the new roster can be reached" },
  },
  run: change,
};

async function change(call: CommandCall): Promise<CommandResult> {
  const { client, globals, operands: [file = ""], options, progress } = call;
  const { backend } = await loadBackend(globals.crypto);
  const next = await readSignedRoster(file, null, backend);
  progress("asking for the roster in force");
  const before = await client.getRoster();
  const isInForce = before.digest === next.digest;
  const words = isInForce ? NOTHING : differenceInWords(before.roster, next.roster);
  if (!isInForce) requireNext(before, next);
  const missing = isInForce || FORCE in options ? [] : await unreachable(next.roster.replicas);
  requireReachable(next.roster, missing);
  const said: string[] = [];
  const tell = (what: ReconfigureProgress) => {
    const line = stageText(what, next);
    said.push(line);
    progress(line);
  };
  const done = await client.reconfigure(next, { onProgress: tell }).finally(() => progress(""));
  const absent = missing.map((replica) =>
    `nothing listens at ${replica}: start it, or the cluster has one less to lose`
  );
  return result(done, { lines: words.lines, warnings: [...words.warnings, ...absent] }, said);
}

function result(done: Reconfigured, { lines, warnings }: DifferenceInWords, said: readonly string[]): CommandResult {
  const { epoch, digest, index, begun } = done;
  const told = index === null ? [`epoch ${epoch} is in force already`, ...said] : said;
  const end = begun === null ? "done: this client is no member any more, and cannot ask who has begun" : "done";
  return {
    exitCode: EXIT.done,
    json: { epoch, digest, index, begun: begun && [...begun], changes: [...lines], warnings: [...warnings] },
    output: [...lines, ...warnings.map((warning) => `warning: ${warning}`), ...told, end].join("\n"),
  };
}

function stageText(what: ReconfigureProgress, { roster: { replicas } }: SignedRoster): string {
  switch (what.stage) {
    case "ordered":
      return `ordered at ${what.index}`;
    case "ended":
      return `epoch ${what.epoch} ended`;
    case "begun": {
      const { epoch, begun, wanted } = what;
      return `epoch ${epoch} begun by ${begun.join(", ")} (${begun.length} of ${replicas.length}, wanted ${wanted})`;
    }
  }
}

function requireReachable({ replicas, constants }: Roster, missing: readonly string[]): void {
  const { n, quorum } = quorumOf(replicas.length, constants.profile);
  if (n - missing.length >= quorum) return;
  throw new RefusedError(
    "not-reachable",
    `reconfigure: nothing listens at ${missing.join(", ")}: ${
      n - missing.length
    } of ${n} replicas of the new roster can be ` +
      `reached from here; wanted ${quorum}. Start them first, or say --${FORCE} if they will be there`,
  );
}
