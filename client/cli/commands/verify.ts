import { isHex } from "../../../crypto/digest.ts";
import { readSmallFile } from "../../../crypto/files.ts";
import { readSignedRoster } from "../../../crypto/roster/parse_roster.ts";
import { PUBLIC_KEY_BYTES, type SignatureBackend } from "../../../crypto/signing/backend.ts";
import { loadBackend } from "../../../crypto/signing/load_backend.ts";
import { type Json, printable } from "../../calls/json_payload.ts";
import { UsageError } from "../../errors.ts";
import { MAX_EVIDENCE_FILE_BYTES } from "../../evidence/evidence_file.ts";
import { type NamedText, type Verdict, verdictLines, verifyFiles } from "../../evidence/verify_files.ts";
import { EXIT } from "../common/exit_codes.ts";
import { pinnedOperator } from "../common/pinned_operator.ts";
import type { Command, CommandResult, OfflineCall } from "./command.ts";

const OPERATOR_KEY = "operator-key";
const MAX_FILES = 64;
const MAX_LINE_CHARS = 1000;

export const verify: Command = {
  name: "verify",
  usage: "verify FILE…",
  summary: "check rosters, ends of epochs and evidence, without a network",
  notes: [
    "Rosters: format, signature, and that each follows the one before it. Give the operator's key with --operator-key or --key, or each roster's own is",
    "believed. Evidence (deno task evidence) is judged by the roster of its epoch: --cluster, or what rosters and ends (cluster.json.latest) among the files",
    "lead to from there; without --cluster, a roster among the files. Exit code 1 where one is not valid.",
  ],
  operands: [1, MAX_FILES],
  options: { [OPERATOR_KEY]: { value: "HEX", summary: "the operator's public key, as you were told it" } },
  offline: () => verifyAll,
  run: verifyAll,
};

async function verifyAll(call: OfflineCall): Promise<CommandResult> {
  const { globals, operands } = call;
  const { backend } = await loadBackend(globals.crypto);
  const operatorKey = await operatorOf(call, backend);
  const roster = globals.cluster === null ? null : await readSignedRoster(globals.cluster, operatorKey, backend);
  const files: NamedText[] = [];
  for (const path of operands) files.push({ path, text: (await readSmallFile(path, MAX_EVIDENCE_FILE_BYTES)).text });
  return show(verifyFiles(files, { backend, operatorKey, roster }), operatorKey);
}

async function operatorOf({ globals, options }: OfflineCall, backend: SignatureBackend): Promise<string | null> {
  const given = options[OPERATOR_KEY];
  if (given === undefined) return await pinnedOperator(globals, backend);
  if (globals.key !== null) throw new UsageError(`verify was given --${OPERATOR_KEY} and --key; wanted one of them`);
  if (isHex(given, PUBLIC_KEY_BYTES)) return given;
  const wanted = `${2 * PUBLIC_KEY_BYTES} lower-case hexadecimal digits`;
  throw new UsageError(`--${OPERATOR_KEY} was given "${given}"; wanted ${wanted}`);
}

function show(verdicts: readonly Verdict[], operatorKey: string | null): CommandResult {
  const lines = verdicts.flatMap(verdictLines).map((line) => printable(line, MAX_LINE_CHARS));
  const believed = operatorKey === null && verdicts.some(({ kind }) => kind === "roster");
  const note =
    "the operator key is the rosters' own: compare it with the one you were told, or give it with --operator-key";
  return {
    exitCode: verdicts.every(({ valid }) => valid) ? EXIT.done : EXIT.failed,
    json: { pinned: operatorKey !== null, files: verdicts.map(verdictJson) },
    output: lines.join("\n"),
    ...(believed ? { message: note } : {}),
  };
}

function verdictJson(verdict: Verdict): Json {
  const { kind, path: file, valid } = verdict;
  switch (verdict.kind) {
    case "invalid":
      return { file, kind, valid, reason: verdict.reason };
    case "roster": {
      const { digest, roster: { cluster, epoch, previous, operatorKey } } = verdict.signed;
      return { file, kind, valid, cluster, epoch, digest, previous, operatorKey };
    }
    case "ends": {
      const { from, signed: { digest, roster: { cluster, epoch } } } = verdict;
      return { file, kind, valid, cluster, from, epoch, digest };
    }
    case "evidence":
      return { file, kind, valid, judgements: verdict.judgements.map((judgement) => ({ ...judgement })) };
    default:
      return verdict satisfies never;
  }
}
