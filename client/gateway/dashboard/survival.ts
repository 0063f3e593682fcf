/** Says why the cluster survives what has happened to it, or why it stands still: which quorum is left, and how many faults more it takes. */
import type { QuorumSizes } from "../../../protocol/quorum.ts";
import type { ReplicaStanding } from "../../calls/cluster_health.ts";
import type { PlayState } from "./play_port.ts";

/** The faults there are, counted. */
export interface Survival {
  /** `whole`: nothing is wrong; `survived`: writes go on; `stopped`: too few are left to write, and nothing is lost; `beyond`: more lie than can be tolerated. */
  readonly verdict: "whole" | "survived" | "stopped" | "beyond";
  /** Replicas that take no part, and those that are known to lie. */
  readonly out: readonly string[];
  readonly liars: readonly string[];
  readonly sentence: string;
}

/** Judges the faults in view; `liars` are those that the play made lie or that evidence names. */
export function survivalOf(
  { n, f, quorum }: QuorumSizes,
  standings: readonly ReplicaStanding[],
  states: Readonly<Record<string, PlayState>>,
  accused: readonly string[],
): Survival {
  const ids = standings.map(({ replica }) => replica);
  const liars = ids.filter((id) => accused.includes(id) || (states[id]?.lies ?? null) !== null);
  const isOut = ({ replica, full }: ReplicaStanding) => !full || states[replica]?.network === "cut";
  const out = standings.filter((standing) => isOut(standing) && !liars.includes(standing.replica))
    .map(({ replica }) => replica);
  const left = n - out.length - liars.length;
  const faults = { n, f, quorum, out, liars, left };
  const verdict = liars.length > f
    ? "beyond"
    : left < quorum
    ? "stopped"
    : out.length + liars.length > 0
    ? "survived"
    : "whole";
  return { verdict, out, liars, sentence: WORDS[verdict](faults) };
}

interface Faults extends Omit<QuorumSizes, "weak"> {
  readonly out: readonly string[];
  readonly liars: readonly string[];
  readonly left: number;
}

const WORDS: Readonly<Record<Survival["verdict"], (faults: Faults) => string>> = {
  whole: ({ n, f, quorum }) =>
    `All ${n} replicas take part. Every decision takes ${quorum} of them (a quorum), so ${spare(n - quorum)}${
      f === 0
        ? "; none may lie here."
        : `, and up to f = ${f} may even lie: any two quorums share a replica that does not.`
    }`,
  survived: (faults) =>
    `${
      faultsOf(faults)
    } ${faults.left} of ${faults.n} honest replicas are left and a quorum is ${faults.quorum}, so writes go on. ` +
    (faults.left === faults.quorum
      ? "One more fault would stop writes, and still lose nothing."
      : `It would take ${faults.left - faults.quorum + 1} more faults to stop writes.`),
  stopped: (faults) =>
    `${
      faultsOf(faults)
    } Only ${faults.left} of ${faults.n} honest replicas are left, and a quorum is ${faults.quorum}: ` +
    "writes may wait until one is back. Nothing that was confirmed is lost or changed.",
  beyond: (faults) =>
    `${
      faultsOf(faults)
    } That is more than f = ${faults.f}, the number of liars that ${faults.n} replicas tolerate: nothing is promised any more.`,
};

const spare = (count: number): string => count === 0 ? "none may be missing" : `${count} may be missing`;

function faultsOf({ out, liars }: Faults): string {
  const parts = [
    ...(out.length === 0 ? [] : [`${listed(out)} ${out.length === 1 ? "takes" : "take"} no part`]),
    ...(liars.length === 0 ? [] : [`${listed(liars)} ${liars.length === 1 ? "lies or has lied" : "lie or have lied"}`]),
  ];
  return `${parts.join(", and ")}.`;
}

const listed = (ids: readonly string[]): string =>
  ids.length < 2 ? ids.join("") : `${ids.slice(0, -1).join(", ")} and ${ids.at(-1)}`;
