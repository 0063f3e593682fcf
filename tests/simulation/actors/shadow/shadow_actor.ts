/**
 * A faulty replica that campaigns and leads by itself: its honest core goes on following others, while beside it the actor stands in
 * every election with what it was told or has made up, and leads as its play says if it wins.
 */
import type { Certificate, ElectionProof } from "../../../../protocol/certificate.ts";
import type { ReplicaId, Term } from "../../../../protocol/ids.ts";
import { accuses, ownCopy } from "../../../../replica/byzantine/lies.ts";
import type { Outgoing } from "../../../../replica/core/output.ts";
import type { Actor } from "../actor.ts";
import { firstCampaigner, openTerm, preVotesFor, proofOf, requestVotes } from "./shadow_campaign.ts";
import { beginRogueTerm, newestRogueTerm, type RogueTerm } from "./shadow_leadership.ts";
import { type Claim, Situation } from "./shadow_situation.ts";

/** The behaviour of one actor that campaigns by itself. */
export interface Play {
  /** Returns the certificate shown to `voter` in `at`; null to leave it out. `top` is the highest certificate there is. */
  readonly ask?: (at: Term, voter: ReplicaId, top: Certificate) => Certificate | null;
  /** Returns the proof it leads with; by default a genuine one, once it has it. */
  readonly elect?: (claim: Claim) => ElectionProof | null;
  /** Called every heartbeat while any replica may still follow it. */
  readonly lead?: (rogueTerm: RogueTerm) => void;
  /** Called every heartbeat, whatever happens. */
  readonly always?: () => void;
}

/** Returns an actor that campaigns by itself, as `play` says. */
export const campaigner = (play: (situation: Situation) => Play): Actor => (faultyReplica) => {
  const situation = new Situation(faultyReplica);
  const { sharedCampaign, self } = situation;
  sharedCampaign.campaigners.add(self);
  const pretence = new Pretence(situation, play(situation));
  repeat(situation, () => pretence.beat());
  return {
    corrupt: (outgoing) => outgoing.flatMap((each) => silenced(situation, each)),
    swallows(input) {
      sharedCampaign.listener.hear(input);
      // Its core must not win with the votes that the forged campaign has asked for.
      return input.kind === "packet" && input.packet.kind === "Vote";
    },
  };
};

/** Calls `action` twice a heartbeat for as long as this run of the replica lasts. */
export function repeat({ colluders, faultyReplica: { state, config }, self }: Situation, action: () => void): void {
  const period = config.constants.heartbeatMs / 2;
  const next = () => {
    if (colluders.peek(self) !== state) return;
    action();
    colluders.later(period, next);
  };
  colluders.later(period, next);
}

/** Returns the core's output that others get: nothing that would compete with the forged campaign, or accuse a colluder. */
function silenced({ sharedCampaign, colluders, self }: Situation, outgoing: Outgoing): Outgoing[] {
  const { packet } = outgoing;
  if (colluders.members.some((member) => accuses(packet, member))) return [];
  switch (packet.kind) {
    case "PreVote":
    case "RequestVote":
    case "AppendEntries":
      return ownCopy(outgoing, self);
    case "Vote":
      return sharedCampaign.claim?.term === packet.signed.term ? ownCopy(outgoing, self) : [outgoing];
    case "AppendEntriesResponse":
      return newestRogueTerm({ sharedCampaign })?.term === packet.signed.term ? ownCopy(outgoing, self) : [outgoing];
    default:
      return [outgoing];
  }
}

class Pretence {
  readonly #situation: Situation;
  readonly #play: Play;
  #beats = 0;

  constructor(situation: Situation, play: Play) {
    this.#situation = situation;
    this.#play = play;
  }

  beat(): void {
    const { self } = this.#situation;
    const whole = this.#beats++ % 2 === 0;
    const won = this.#win();
    const rogueTerm = newestRogueTerm(this.#situation);
    if (rogueTerm?.leader === self && (won || whole) && rogueTerm.followers.length > 0) {
      this.#play.lead?.(rogueTerm);
      rogueTerm.beats++;
    }
    this.#campaign();
    if (this.#beats % 4 === 1) this.#askAgain();
    if (whole) this.#play.always?.();
  }

  #win(): boolean {
    const { sharedCampaign, self } = this.#situation;
    const { claim } = sharedCampaign;
    const rogueTerm = newestRogueTerm(this.#situation);
    if (claim?.candidate !== self || (rogueTerm?.term ?? 0) >= claim.term) return false;
    const proof = this.#play.elect ? this.#play.elect(claim) : proofOf(this.#situation, claim);
    if (proof) beginRogueTerm(this.#situation, self, claim.term, proof);
    return proof !== null;
  }

  #campaign(): void {
    const { sharedCampaign, self } = this.#situation;
    const at = openTerm(
      this.#situation,
      Math.max(sharedCampaign.claim?.term ?? 0, newestRogueTerm(this.#situation)?.term ?? 0),
    );
    if (at === null || firstCampaigner(this.#situation, at) !== self) return;
    const claim: Claim = { term: at, candidate: self, asked: new Map() };
    if (this.#ask(claim)) sharedCampaign.claim = claim;
  }

  /** Asks again: messages are lost, and a replica that does not suspect yet forgets nothing but may have been down. */
  #askAgain(): void {
    const { claim } = this.#situation.sharedCampaign;
    const rogueTerm = newestRogueTerm(this.#situation);
    if (claim?.candidate === this.#situation.self && (rogueTerm?.term ?? 0) < claim.term) this.#ask(claim);
  }

  /** Asks all replicas that could still vote; true if there was any to ask. */
  #ask({ term, candidate, asked }: Claim): boolean {
    const situation = this.#situation;
    const top = situation.highest(term);
    const groups = new Map<Certificate, ReplicaId[]>();
    for (const { id, state: { hard, view: view } } of situation.honest) {
      const open = hard.currentTerm < term || (hard.currentTerm === term && view.leader === null);
      const certificate = open ? this.#play.ask?.(term, id, top) ?? (this.#play.ask ? null : top) : null;
      if (certificate === null) continue;
      asked.set(id, certificate);
      groups.set(certificate, [...groups.get(certificate) ?? [], id]);
    }
    if (groups.size === 0) return false;
    const preVotes = preVotesFor(situation, term);
    for (const [certificate, to] of groups) requestVotes(situation, to, { term, candidate, certificate, preVotes });
    return true;
  }
}
