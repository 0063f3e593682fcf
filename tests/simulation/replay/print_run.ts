/** Formats a run as text: its plan, one line per decision, and its events, in the style of the golden transcripts. */
import type { ReplicaId } from "../../../protocol/ids.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import { describePacket } from "../../interaction/describe.ts";
import { Transcript } from "../../interaction/transcript.ts";
import type { Observer } from "../observer.ts";
import type { Fault, Plan } from "../plan/plan.ts";
import type { RunWatch } from "../run.ts";
import { requestText } from "./request_text.ts";

/** Describes everything drawn that is not ordinary. */
export function describePlan(plan: Plan): string[] {
  const { constants, clocks, latencyMs, batchMs, byzantine, clients, faults, down, silenced } = plan;
  const skewed = clocks.some((rate) => rate !== 1)
    ? `, clocks at ${clocks.map((rate) => rate.toFixed(2)).join(" ")}`
    : "";
  return [
    `seed ${plan.seed}, n = ${plan.replicas.length}, ${plan.crypto} signatures, links ${
      latencyMs.join("–")
    } ms, batches ` +
    `of ${batchMs} ms, T ${constants.electionTimeoutMs} ms, heartbeats ${constants.heartbeatMs} ms, patience ` +
    `${constants.patienceMs} ms${constants.fastReads ? ", fast reads" : ""}${skewed}, checkpoints every ` +
    `${constants.checkpointEvery} entries with ${constants.logTail} kept below, written ` +
    `${plan.snapshotBytes ?? "as many as usual"} bytes at a time`,
    ...plan.mayExceed ? ["one more than f may be faulty or learners at a time"] : [],
    ...byzantine.map(({ replica, actors, turnMs }) =>
      `${replica} is faulty: ${actors.join(", ")}${turnMs === null ? "" : `, each for ${turnMs} ms in turn`}`
    ),
    ...clients.map((client) =>
      `${client.id} is ${client.behaviour}${client.process > 0 ? `, process ${client.process}` : ""}${
        client.restarts > 0 ? `, restarts ${client.restarts} times` : ""
      }${
        client.intervenes ? "" : " and never intervenes"
      }: ${client.operations} operations, then ${client.afterwards}, ` +
      `${client.concurrency} at a time, on ${client.keys} keys`
    ),
    ...faults.map(describeFault),
    `the network heals at ${plan.safetyMs}${down.length > 0 ? `; ${down.join(", ")} stay down` : ""}${
      silenced ? "; the faulty ones fall silent" : ""
    }` +
    `${plan.restMs > 0 ? `; everyone rests ${plan.restMs} ms in the end` : ""}` +
    `${plan.quiet ? "; clients keep quiet until the replicas have settled" : ""}`,
  ];
}

function describeFault(fault: Fault): string {
  const at = fault.from.toFixed(0);
  if (fault.kind === "echo") {
    return `${at}: what leaders said lately is repeated every ${fault.everyMs.toFixed(0)} ms, for ever`;
  }
  if (fault.kind === "recall") return `${at}: answers to earlier roll calls come again with every new one`;
  if (fault.kind === "rollback") {
    return `${at}: ${fault.replica} restarts from its disk of ${fault.copiedAt.toFixed(0)}`;
  }
  if (fault.kind === "crash") {
    const during = fault.during === null ? "" : ` of ${fault.during}`;
    const point = fault.point === "now"
      ? ""
      : ` at ${fault.point}${during}${fault.passes > 0 ? ` +${fault.passes}` : ""}`;
    return `${at}: ${fault.replica} crashes${point}, for ${fault.downMs.toFixed(0)} ms`;
  }
  if (fault.kind === "pause") return `${at}–${fault.to.toFixed(0)}: ${fault.replica} does not get to run`;
  if (fault.kind === "leave") {
    const then = fault.stays ? `told after ${fault.forMs.toFixed(0)} ms that it stays` : "restarted once it may stop";
    return `${at}: ${fault.replica} is told to leave, ${then}`;
  }
  if (fault.kind === "refuse") return `${at}–${fault.to.toFixed(0)}: the disk of ${fault.replica} takes no writes`;
  if (fault.kind === "wipe") return `${at}: ${fault.replica} loses its disk, back after ${fault.downMs.toFixed(0)} ms`;
  const { sources, targets, kinds, loss, duplicate, delayMs, replay, flapMs } = fault;
  const what = [
    loss > 0 ? `lost ${percent(loss)}` : "",
    duplicate > 0 ? `doubled ${percent(duplicate)}` : "",
    delayMs > 0 ? `up to ${delayMs.toFixed(0)} ms late` : "",
    replay > 0 ? `old ones replayed ${percent(replay)}` : "",
    flapMs === null ? "" : `flapping every ${flapMs.toFixed(0)} ms`,
  ].filter((text) => text !== "");
  const who = `${sources?.join(" ") ?? "all"} → ${targets?.join(" ") ?? "all"}`;
  return `${at}–${fault.to.toFixed(0)}: ${who} ${kinds?.join(" ") ?? "packets"}: ${what.join(", ")}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** Returns a watch that writes a run down. */
export function writeRun(write: (line: string) => void): RunWatch {
  const transcript = new Transcript(write);
  const states = new Map<ReplicaId, CoreState | null>();
  const observer: Observer = {
    crashed: (at, now) => transcript.handled(now, at, null),
    sent(from, to, packet, disk, now) {
      const state = states.get(from) ?? null;
      if (disk === null) transcript.line(now, from, `⇒ ${to.join(" ")}: ${describePacket(packet)}`);
      else transcript.sent(now, { from, state }, to, packet);
    },
    replied: (at, reply, now) => transcript.replied(now, at, reply),
    requested({ message, body }, now) {
      transcript.line(now, message.client, `signs ${requestText(message, body)}`);
    },
    accepted: (client, { request, outcome, index }, now) =>
      transcript.line(now, client, `accepts ${request.slice(0, 8)} as ${outcome} at ${index}`),
  };
  const handled: RunWatch["handled"] = (at, state, now) => {
    states.set(at, state);
    transcript.handled(now, at, state);
  };
  return { observer, handled };
}
