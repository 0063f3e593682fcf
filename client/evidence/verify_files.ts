/** Checks rosters and evidence offline, one verdict a file. */
import { ConfigError, withSource } from "../../crypto/config_error.ts";
import { unhex } from "../../crypto/digest.ts";
import { readable } from "../../crypto/keys/fingerprint.ts";
import { parseSignedRoster, type SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { membersText } from "../../crypto/roster/roster.ts";
import { requireSuccessor } from "../../crypto/roster/roster_chain.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import { parseEvidenceFile } from "./evidence_file.ts";
import { evidenceJudge, type Judgement } from "./judge_evidence.ts";

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
  | { readonly kind: "invalid"; readonly path: string; readonly valid: false; readonly reason: string };

/** The keys that files are checked by. */
export interface Trust {
  readonly backend: SignatureBackend;
  /** The operator whose rosters count; null believes each roster's own, which proves no more than that it is intact. */
  readonly operatorKey: string | null;
  /** The roster that evidence is judged by; null takes those among the files, the last one first: a piece is good in its own epoch alone (§13.13). */
  readonly roster: SignedRoster | null;
}

/** Returns whether a text claims to be a roster; what is no JSON claims nothing. */
function isRoster({ text }: NamedText): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && Object.hasOwn(value, "roster");
  } catch {
    return false;
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
  /** The rosters that were valid: the next one has to follow the last. */
  readonly #valid: SignedRoster[] = [];

  constructor(trust: Trust) {
    this.#trust = trust;
  }

  roster({ path, text }: NamedText): Verdict {
    const { backend, operatorKey } = this.#trust;
    // The operators of the roster before vouch for the next one's, who may be others.
    const last = this.#valid.at(-1) ?? null;
    const pinned = last === null ? operatorKey : null;
    const signed = withSource(path, () => parseSignedRoster(text, pinned, backend));
    if (last !== null) withSource(path, () => requireSuccessor(last, signed));
    this.#valid.push(signed);
    return { kind: "roster", path, valid: true, signed };
  }

  evidence({ path, text }: NamedText): Verdict {
    const { backend, roster } = this.#trust;
    const [by, ...others] = roster === null ? this.#valid.toReversed() : [roster];
    const { cluster, evidence } = withSource(path, () => parseEvidenceFile(text));
    if (by === undefined) {
      throw new ConfigError(`${path}: given evidence and no valid roster, wanted one: --cluster FILE`);
    }
    if (cluster !== by.roster.cluster) {
      throw new ConfigError(`${path}: $.cluster: given "${cluster}", wanted "${by.roster.cluster}", the roster's`);
    }
    const judges = [by, ...others].map((each) => evidenceJudge(each, backend));
    const judgements = evidence.map((piece) => {
      const each = judges.map((judge) => judge(piece));
      return each.find(({ convicted }) => convicted) ?? each[0]!;
    });
    return { kind: "evidence", path, valid: judgements.every(({ convicted }) => convicted), judgements };
  }
}

/** Returns a verdict on each file, in their order. Rosters among them have to form a chain; evidence may stand anywhere. */
export function verifyFiles(files: readonly NamedText[], trust: Trust): Verdict[] {
  const checker = new Checker(trust);
  const verdicts = new Map<NamedText, Verdict>();
  const rosters = files.filter(isRoster);
  for (const file of rosters) verdicts.set(file, verdictOf(file.path, () => checker.roster(file)));
  for (const file of files) {
    if (!rosters.includes(file)) verdicts.set(file, verdictOf(file.path, () => checker.evidence(file)));
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
    case "evidence":
      return verdict.judgements.map(({ kind, culprit, convicted, text }) =>
        convicted
          ? `${path}: ${culprit} is convicted of ${kind} by ${text}`
          : `${path}: ${kind} of ${culprit} proves nothing: ${text}`
      );
    default:
      return verdict satisfies never;
  }
}
