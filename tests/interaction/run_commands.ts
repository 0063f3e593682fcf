/** Commands that create a cluster, let time pass, have clients send requests, and print. */
import { ConfigError } from "../../crypto/config_error.ts";
import { stableIndex } from "../../replica/core/checkpoints/checkpoints.ts";
import type { CoreState } from "../../replica/core/state.ts";
import { encodeKvCommand } from "../../state_machine/mod.ts";
import type { SimNode } from "../simulation/nodes/sim_node.ts";
import { clientOf, type Command, kindsOf, replicasOf } from "./command.ts";
import { LINE_KINDS } from "./kinds.ts";
import type { TranscriptLab } from "./transcript_lab.ts";
import type { Arguments } from "./usage.ts";

const MAX_REPLICAS = 16;
const DEFAULT_WAIT_MS = 20_000;

export const RUN_COMMANDS: readonly Command[] = [
  {
    usage: "cluster replicas=N [seed=N] [checkpoint_every=N] [log_tail=N] [office_ms=MS] [crash]",
    about:
      "Starts replicas r1, r2, … and clients c1 and c2; the first command, and once only. Timeouts are drawn from the " +
      "seed, else 1. There is a checkpoint every so many entries, else 1000, and so many are kept below it, else 1000. With office_ms leaders have " +
      "terms of office (§14.6). With crash nobody lies, and nothing is signed (§1.4).",
    run: createCluster,
  },
  {
    usage: "elapse MS",
    about: "Lets this time pass.",
    run: ({ cluster }, args) => void cluster.elapse(args.number("MS")!),
  },
  {
    usage: "until settled|commit=N|leader=ID|checkpoint=N|bar|member [on=ID,…] [max=MS]",
    about:
      "Lets time pass, 20000 ms at most unless told, until this holds on all replicas, or those listed, that are up now: " +
      "settled, it knows a leader and its whole log is committed; commit, it has applied entry N; leader, it follows that " +
      "one; checkpoint, that of N is stable for it; bar, it is a learner and knows its bar; member, it is no learner.",
    run: wait,
  },
  {
    usage: "request CLIENT SEQ KEY VALUE to=ID,… [floor=N] [intervene]",
    about:
      "The client sends these replicas its request number SEQ, to put VALUE under KEY; with intervene, as UpdateLeader " +
      "(§7.3). What lies below the floor, else 0, it does not wait for any more.",
    run(lab, args) {
      const floor = args.number("floor") ?? 0;
      const put = {
        client: clientOf(args, "CLIENT"),
        seq: args.number("SEQ")!,
        floor,
        to: replicasOf(lab, args, "to")!,
      };
      request(lab, { ...put, key: args.text("KEY"), value: args.text("VALUE") }, args.has("intervene"));
    },
  },
  {
    usage: "fill commit=N to=ID [on=ID,…]",
    about:
      "Client c2 sends one request after the other to this replica until entry N is applied on all, or those listed.",
    run: fill,
  },
  {
    usage: "show",
    about: "Prints what each replica is.",
    run: (lab) => lab.show(),
  },
  {
    usage: "print all|none|kind=KIND,… [on=ID,…]",
    about:
      "Prints from here on everything, nothing, or only these kinds of lines: kinds of packets, state, reply, event; with on, only " +
      "what these replicas do and what is sent to them. A state that was not printed is not printed later either, until it changes.",
    run: choosePrinted,
  },
];

function createCluster(lab: TranscriptLab, args: Arguments): void {
  const replicas = args.number("replicas")!;
  if (replicas < 1 || replicas > MAX_REPLICAS) {
    throw new ConfigError(`given replicas=${replicas}, wanted 1 to ${MAX_REPLICAS}`);
  }
  for (const name of ["checkpoint_every", "log_tail"]) {
    if (args.number(name) === 0) throw new ConfigError(`given ${name}=0, wanted at least 1`);
  }
  const [checkpointEvery, logTail] = [args.number("checkpoint_every"), args.number("log_tail")];
  const officeMs = args.number("office_ms");
  lab.create(replicas, args.number("seed") ?? 1, {
    profile: args.has("crash") ? "crash" : "byzantine",
    ...(checkpointEvery === undefined ? {} : { checkpointEvery }),
    ...(logTail === undefined ? {} : { logTail }),
    ...(officeMs === undefined ? {} : { officeMs }),
  });
}

type Condition = (state: CoreState) => boolean;

const applied = (index: number): Condition => ({ commitIndex, appliedIndex }) =>
  commitIndex >= index && appliedIndex >= index;

function conditionOf(lab: TranscriptLab, args: Arguments): Condition {
  if (args.has("commit")) return applied(args.number("commit")!);
  if (args.has("checkpoint")) return (state) => stableIndex(state) >= args.number("checkpoint")!;
  if (args.has("bar")) return ({ hard: { recovery } }) => recovery !== null && recovery.bar !== null;
  if (args.has("member")) return ({ hard: { recovery } }) => recovery === null;
  if (args.has("settled")) {
    return ({ view, log, commitIndex }) => view.leader !== null && log.base.index + log.entries.length === commitIndex;
  }
  const leader = lab.node(args.text("leader")).id;
  return ({ view }) => view.leader === leader;
}

function wait(lab: TranscriptLab, args: Arguments): void {
  const watched = upOf(lab, replicasOf(lab, args, "on"));
  waitFor(lab, watched, conditionOf(lab, args), args.number("max") ?? DEFAULT_WAIT_MS);
}

/** Returns those of `ids`, of all if undefined, that are up. */
function upOf(lab: TranscriptLab, ids: readonly string[] = lab.cluster.ids): readonly SimNode[] {
  const up = ids.map((id) => lab.node(id)).filter(({ state }) => state !== null);
  if (up.length > 0) return up;
  throw new ConfigError(`given ${ids.join(",")}, none of which is up, wanted one that is`);
}

/** Waits until `holds` on all `watched`; one that goes down meanwhile is not waited for. */
function waitFor({ cluster }: TranscriptLab, watched: readonly SimNode[], holds: Condition, maxMs: number): void {
  if (cluster.elapse(maxMs, () => watched.every(({ state }) => state === null || holds(state)))) return;
  throw new Error(`given up after ${maxMs} ms`);
}

interface Put {
  readonly client: string;
  readonly seq: number;
  readonly floor: number;
  readonly key: string;
  readonly value: string;
  readonly to: readonly string[];
}

function request(lab: TranscriptLab, { client, seq, floor, key, value, to }: Put, intervenes: boolean): void {
  const command = encodeKvCommand({ op: "put", key, value: new TextEncoder().encode(value) });
  const signed = lab.cluster.signRequest(client, seq, floor, command);
  lab.nextSeq.set(client, seq + 1);
  for (const id of to) if (lab.deaf.get(id) !== client) lab.cluster.request(id, signed, intervenes);
}

/** Sends requests one after the other, so that each gets an entry of its own. */
function fill(lab: TranscriptLab, args: Arguments): void {
  const [last, to] = [args.number("commit")!, [lab.node(args.text("to")).id]];
  const watched = upOf(lab, replicasOf(lab, args, "on"));
  const next = () => 1 + Math.min(...watched.map(({ state }) => state?.appliedIndex ?? Infinity));
  for (let index = next(); index <= last; index = next()) {
    const seq = lab.nextSeq.get("c2") ?? 0;
    request(lab, { client: "c2", seq, floor: seq, key: `k${seq}`, value: `${seq}`, to }, false);
    waitFor(lab, watched, applied(index), DEFAULT_WAIT_MS);
  }
}

function choosePrinted(lab: TranscriptLab, args: Arguments): void {
  const on = replicasOf(lab, args, "on");
  const kinds = kindsOf(args, LINE_KINDS);
  lab.isPrinted = (kind, from, to) =>
    !args.has("none") && (kinds?.includes(kind) ?? true) &&
    (on === undefined || on.includes(from) || to.some((id) => on.includes(id)));
}
