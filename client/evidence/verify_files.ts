/** Checks rosters, ends of epochs and evidence offline, one verdict a file. */
import { ConfigError, withSource } from "../../crypto/config_error.ts";
import { unhex } from "../../crypto/digest.ts";
import { readable } from "../../crypto/keys/fingerprint.ts";
import { parseSignedRoster, type SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { membersText } from "../../crypto/roster/roster.ts";
import { requireSuccessor } from "../../crypto/roster/roster_chain.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import type { EvidenceOfEpoch } from "../../protocol/evidence.ts";
import { parseEndsFile } from "./ends_file.ts";
import { parseEvidenceFile } from "./evidence_file.ts";
import { evidenceJudge, type Judgement } from "./judge_evidence.ts";
import { KnownRosters } from "./known_rosters.ts";

/** A file as it was read. */
export interface NamedText {
  readonly path: string;
  readonly text: string;
}

/** A verdict on one file. */
export type Verdict =
  | { readonly kind: "roster"; readonly path: string; readonly valid: true; readonly signed: SignedRoster }
  | {
    readonly kind: "evidence";
    readonly path: string;
    readonly valid: boolean;
    readonly judgements: readonly Judgement[];
  }
  | {
    readonly kind: "ends";
    readonly path: string;
    readonly valid: true;
    /** Epoch of the roster that they were followed from. */
    readonly from: number;
    readonly signed: SignedRoster;
  }
  | { readonly kind: "invalid"; readonly path: string; readonly valid: false; readonly reason: string };

/** The keys that files are checked by. */
export interface Trust {
  readonly backend: SignatureBackend;
  /** The operator whose rosters count; null believes each roster's own, which proves no more than that it is intact. */
  readonly operatorKey: string | null;
  /**
   * The roster that evidence of its epoch is judged by, and that of other epochs by those that files chain to it (§13.13); null takes the rosters among the files.
   */
  readonly roster: SignedRoster | null;
}

/** Returns what a text claims to be; what is no JSON claims to be evidence. */
function kindOf({ text }: NamedText): "roster" | "ends" | "evidence" {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return "evidence";
    return (["roster", "ends"] as const).find((name) => Object.hasOwn(value, name)) ?? "evidence";
  } catch {
    return "evidence";
  }
}

/** Returns the verdict of `check`; a `ConfigError` of it is one too. */
function verdictOf(path: string, check: () => Verdict): Verdict {
  try {
    return check();
  } catch (cause) {
    if (cause instanceof ConfigError) return { kind: "invalid", path, valid: false, reason: cause.message };
    throw cause;
  }
}

class Checker {
  readonly #trust: Trust;
  readonly #known: KnownRosters;
  /** Those that were valid: each follows the one before. */
  readonly #rosters: SignedRoster[] = [];

  constructor(trust: Trust) {
    this.#trust = trust;
    this.#known = new KnownRosters(trust.roster);
  }

  roster({ path, text }: NamedText): Verdict {
    const { backend, operatorKey } = this.#trust;
    const last = this.#rosters.at(-1);
    // The operators of the roster before vouch for the next one's, who may be others.
    const signed = withSource(path, () => parseSignedRoster(text, last === undefined ? operatorKey : null, backend));
    if (last !== undefined) withSource(path, () => requireSuccessor(last, signed));
    this.#rosters.push(signed);
    return { kind: "roster", path, valid: true, signed };
  }

  ends({ path, text }: NamedText): Verdict {
    this.#known.link(this.#rosters);
    const ends = withSource(path, () => parseEndsFile(text));
    const followed = this.#known.follow(ends, this.#trust.backend);
    if (followed !== null) return { kind: "ends", path, valid: true, from: followed.from, signed: followed.to };
    const [first, last] = [ends[0]!.epoch, ends.at(-1)!.epoch];
    throw new ConfigError(
      `${path}: given ends of epochs ${first} to ${last}, not all of which the rosters prove; wanted a roster of epoch ${first}: --cluster FILE`,
    );
  }

  evidence({ path, text }: NamedText): Verdict {
    this.#known.link(this.#rosters);
    const { cluster, evidence } = withSource(path, () => parseEvidenceFile(text));
    const known = this.#known.cluster;
    if (known === null) {
      throw new ConfigError(`${path}: given evidence and no valid roster, wanted one: --cluster FILE`);
    }
    if (cluster !== known) {
      throw new ConfigError(`${path}: $.cluster: given "${cluster}", wanted "${known}", the roster's`);
    }
    const judgements = evidence.map((piece) => this.#judge(piece));
    return { kind: "evidence", path, valid: judgements.every(({ convicted }) => convicted), judgements };
  }

  /** §13.13a: by the roster of its own epoch, and no other. */
  #judge({ epoch, evidence }: EvidenceOfEpoch): Judgement {
    const roster = this.#known.get(epoch);
    if (roster !== null) return evidenceJudge(roster, this.#trust.backend)(evidence);
    const { kind, culprit } = evidence;
    const text = `the roster of epoch ${epoch} is not known: give it, or the ends that lead to it, among the files`;
    return { epoch, kind, culprit, convicted: false, text };
  }
}

/** Returns a verdict on each file, in their order. Rosters among them have to form a chain; ends and evidence may stand anywhere. */
export function verifyFiles(files: readonly NamedText[], trust: Trust): Verdict[] {
  const checker = new Checker(trust);
  const verdicts = new Map<NamedText, Verdict>();
  for (const kind of ["roster", "ends", "evidence"] as const) {
    for (const file of files) {
      if (kindOf(file) === kind) verdicts.set(file, verdictOf(file.path, () => checker[kind](file)));
    }
  }
  return files.map((file) => verdicts.get(file)!);
}

/** Describes a verdict in lines for people. */
export function verdictLines(verdict: Verdict): string[] {
  const { path } = verdict;
  switch (verdict.kind) {
    case "invalid":
      return [`not valid: ${verdict.reason}`];
    case "roster": {
      const { roster, digest } = verdict.signed;
      const { cluster, epoch, operatorKey, constants: { profile } } = roster;
      const print = readable(unhex(digest));
      return [
        `${path}: valid roster of cluster ${cluster}, epoch ${epoch}, ${profile}, ${
          membersText(roster)
        }, operator ${operatorKey}, fingerprint ${print}`,
      ];
    }
    case "ends": {
      const { roster: { cluster, epoch }, digest } = verdict.signed;
      const print = readable(unhex(digest));
      return [
        `${path}: valid ends, from the roster of epoch ${verdict.from} of cluster ${cluster} to that of epoch ${epoch}, fingerprint ${print}`,
      ];
    }
    case "evidence":
      return verdict.judgements.map((judgement) => `${path}: ${judgementText(judgement)}`);
    default:
      return verdict satisfies never;
  }
}

function judgementText({ epoch, kind, culprit, convicted, text }: Judgement): string {
  const where = epoch === 1 ? "" : ` in epoch ${epoch}`;
  return convicted
    ? `${culprit} is convicted of ${kind}${where} by ${text}`
    : `${kind} of ${culprit}${where} proves nothing: ${text}`;
}
