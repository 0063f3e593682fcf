/**
 * Packets a replica signed before it lost its disk, used against all after it has come back (§8.4, §12): a vote kept for a candidacy, acks
 * that complete a certificate, reports that complete a commit. `docs/recovery.md` argues that this cannot succeed.
 */
import type { ReplicaId } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse } from "../../../../protocol/message.ts";
import type { Packet } from "../../../../protocol/packet.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { contains } from "../../../../replica/core/log/log.ts";
import type { Outgoing } from "../../../../replica/core/output.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { Actor, FaultyReplica, SimAdversary } from "../actor.ts";
import { KeptVotes } from "../recovery/kept_votes.ts";
import { Past } from "../recovery/signed_before_loss.ts";
import { Situation } from "../shadow/shadow_situation.ts";
import { createRhythm, echo, honestStates, ownWord, Speaker } from "../support/craft.ts";

/** Forgotten packets shown at a time. */
const BURST = 12;
/** Interval at which a replica is shown something, and at which the greedy one looks. */
const SHOW_MS = 120;
const LOOK_MS = 20;

/** Receives everything, keeps what binds, and asks single replicas for votes in secret. */
function collecting(
  faultyReplica: FaultyReplica,
  use: (past: Past, keptVotes: KeptVotes) => void,
): Required<Pick<SimAdversary, "corrupt" | "swallows">> {
  const situation = new Situation(faultyReplica);
  const past = Past.of(faultyReplica.colluders);
  const keptVotes = new KeptVotes(situation);
  return {
    corrupt(outgoing) {
      past.look(faultyReplica);
      use(past, keptVotes);
      return outgoing.flatMap((each) => ownWord(each, faultyReplica));
    },
    swallows(input) {
      past.hear(input);
      situation.sharedCampaign.listener.hear(input);
      return false;
    },
  };
}

/** Shows all replicas everything, again and again, the forgetful one too; the colluders ack and report what was acked or reported in it. */
const collectorOfThePast: Actor = (faultyReplica) => {
  const speaker = new Speaker(faultyReplica);
  const looks = createRhythm(faultyReplica, LOOK_MS);
  const due = createRhythm(faultyReplica, SHOW_MS);
  let turn = 0;
  return collecting(faultyReplica, (past, keptVotes) => {
    if (looks()) keptVotes.collect();
    if (!due()) return;
    keptVotes.use(past.losers);
    for (const id of past.losers) {
      const said = past.forgotten(id);
      for (let i = 0; i < Math.min(BURST, said.length); i++) {
        show(faultyReplica, speaker, said.at(-1 - turn++ % said.length)!);
      }
    }
  });
};

function show({ colluders }: FaultyReplica, speaker: Speaker, packet: Packet): void {
  speaker.pass(colluders.honest, packet);
  if (packet.kind !== "AppendEntriesResponse" || packet.signed.message.acks.length === 0) return;
  const signed = echo(speaker.self, packet.signed.message);
  speaker.say(colluders.honest, { kind: "AppendEntriesResponse", signed });
}

/**
 * Acks and reports towards one replica alone, so that it commits through another that may soon forget it; once one has forgotten, shows
 * what that one had sent to those replicas, one by one, for which it completes something just now.
 */
const greedyPast: Actor = (faultyReplica) => {
  const { colluders, config } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const looks = createRhythm(faultyReplica, LOOK_MS);
  const due = createRhythm(faultyReplica, SHOW_MS);
  const hoard = collecting(faultyReplica, (past, keptVotes) => {
    if (due()) keptVotes.use(past.losers);
    if (!looks()) return;
    keptVotes.collect();
    for (const id of past.losers) finish(faultyReplica, speaker, past.responses(id));
  });
  /** Returns whether no replica has lost anything yet, or all that did are back. */
  const confides = () => honestStates(faultyReplica).every(([, { hard }]) => hard.recovery === null);
  const confide = (each: Outgoing): Outgoing => {
    if (each.packet.kind !== "AppendEntriesResponse" || !confides()) return each;
    return { ...each, to: [config.self, colluders.honest[each.packet.signed.term % colluders.honest.length]!] };
  };
  return { ...hoard, corrupt: (outgoing, now) => hoard.corrupt(outgoing, now).map(confide) };
};

function finish(faultyReplica: FaultyReplica, speaker: Speaker, said: readonly Signed<AppendEntriesResponse>[]): void {
  for (const [id, state] of honestStates(faultyReplica)) {
    for (const signed of said.slice(-80)) {
      if (helps(state, signed.message) && speaker.first(`${id} ${signed.body.join()}`)) {
        back(faultyReplica, speaker, id, signed);
      }
    }
  }
}

/** Returns whether anything in it is on the log of `state` and not yet committed there, or certified in a higher term than it knows. */
const helps = (
  { log, commitIndex, prepared }: CoreState,
  { term, acks, prepared: report }: AppendEntriesResponse,
): boolean =>
  [...acks, report].some((head) => head.index > commitIndex && contains(log, head)) ||
  (term > prepared.term && acks.some((head) => contains(log, head)));

/** Shows `signed` to `id`, with everything others ever sent for the same point in the same term. */
function back(
  { colluders }: FaultyReplica,
  speaker: Speaker,
  id: ReplicaId,
  signed: Signed<AppendEntriesResponse>,
): void {
  const { term, acks } = signed.message;
  const head = acks.at(-1);
  const others = head === undefined ? [] : colluders.adversaryView.acksOf(term, head.index, head.hash);
  for (const each of [signed, ...others]) speaker.pass([id], { kind: "AppendEntriesResponse", signed: each });
  speaker.say([id], { kind: "AppendEntriesResponse", signed: echo(speaker.self, signed.message) });
}

export const COLLECTORS: Readonly<Record<string, Actor>> = {
  "collector-of-the-past": collectorOfThePast,
  "greedy-past": greedyPast,
};
