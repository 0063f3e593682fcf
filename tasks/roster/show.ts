/** `roster show`: a roster, signed or not, in words. */
import { ConfigError } from "../../crypto/config_error.ts";
import { unhex } from "../../crypto/digest.ts";
import { fingerprintOf, readable } from "../../crypto/keys/fingerprint.ts";
import { type KeyKind, OPERATOR_ID } from "../../crypto/keys/key_kind.ts";
import { addressText } from "../../crypto/roster/address.ts";
import { grantText } from "../../crypto/roster/grants.ts";
import { readRosterFile, type RosterFile } from "../../crypto/roster/parse_roster.ts";
import type { Roster, RosterClient } from "../../crypto/roster/roster_types.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { quorumOf } from "../../protocol/quorum.ts";
import { printResult } from "../keygen/common.ts";
import { readArguments } from "../support/flags.ts";
import { EXIT_DONE } from "../support/run_task.ts";
import { signersText } from "./effect.ts";

/** One member as it is shown. */
interface ShownMember {
  readonly kind: KeyKind;
  readonly id: string;
  readonly address: string;
  readonly fingerprint: string;
}

function membersOf({ cluster, operatorKey, operatorCurveKey, replicas, clients }: Roster): ShownMember[] {
  const shown = (kind: KeyKind, id: string, publicKey: string, curveKey: string, address = ""): ShownMember => ({
    ...{ kind, id, address, fingerprint: fingerprintOf({ cluster, kind, id, publicKey, curveKey }) },
  });
  return [
    shown("operator", OPERATOR_ID, operatorKey, operatorCurveKey),
    ...replicas.map((line) => shown("replica", line.id, line.publicKey, line.curveKey, addressText(line))),
    ...clients.map(({ id, publicKey, curveKey }) => shown("client", id, publicKey, curveKey)),
  ];
}

/** Returns rows as lines, their cells below each other. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd());
}

/** Returns lines on the rights of a client that has not all of them. */
function rightsLines({ id, access }: Pick<RosterClient, "id" | "access">): string[] {
  if (access === undefined) return [];
  return access.length === 0
    ? [`  client ${id} may do nothing`]
    : access.map((each) => `  client ${id} ${grantText(each)}`);
}

function describe(path: string, { roster, digest, signatures }: RosterFile): string[] {
  const { cluster, epoch, constants, replicas, clients, allowPlaintext, operators = [] } = roster;
  const { n, f, quorum } = quorumOf(replicas.length, constants.profile);
  const rows = membersOf(roster).map(({ kind, id, address, fingerprint }) => [
    ...[`  ${kind === "operator" ? kind : `${kind} ${id}`}`, address, fingerprint],
  ]);
  const values = Object.entries({ ...constants, allowPlaintext }).map(([name, value]) => [`  ${name}`, String(value)]);
  return [
    `${path}: roster of cluster ${cluster}, epoch ${epoch}, ${signersText(roster, signatures)}`,
    `  fingerprint ${readable(unhex(digest))}; n = ${n}, f = ${f}, Q = ${quorum}`,
    ...columns(rows),
    ...clients.flatMap(rightsLines),
    ...operators.map((key) => `  operator key ${key}`),
    ...columns(values),
  ];
}

/** Shows rosters, and returns the exit code. */
export async function show(args: readonly string[], print: (line: string) => void): Promise<number> {
  const { flags, operands } = readArguments(args, [], ["json"]);
  if (operands.length === 0) throw new ConfigError("given no file, wanted rosters");
  const [lines, files]: [string[], object[]] = [[], []];
  for (const path of operands) {
    const file = await readRosterFile(path, nobleBackend);
    const { roster, digest, signatures } = file;
    lines.push(...describe(path, file));
    files.push({ file: path, digest, signers: [...signatures.keys()], roster });
  }
  printResult(print, flags.json, lines, { files });
  return EXIT_DONE;
}
