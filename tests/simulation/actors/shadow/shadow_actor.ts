/**
 * A faulty replica that campaigns and leads by itself: its honest core goes on following others, while beside it the actor stands in
 * every election with what it was told or has made up, and leads as its play says if it wins.
 */
import { accuses, ownCopy } from "../../../../replica/byzantine/lies.ts";
import type { Certificate, ElectionProof } from "../../../../protocol/certificate.ts";
import type { ReplicaId, Term } from "../../../../protocol/ids.ts";
import type { Outgoing } from "../../../../replica/core/output.ts";
import type { Actor } from "../actor.ts";
import { firstPretender, openTerm, preVotesFor, proofOf, requestVotes } from "./shadow_campaign.ts";
import { beginReign, newestReign, type Reign } from "./shadow_leadership.ts";
import { type Claim, Scene } from "./shadow_situation.ts";

/** The behaviour of one actor that campaigns by itself. */
export interface Play {
  /** Returns the certificate shown to `voter` in `at`; null to leave it out. `top` is the highest certificate there is. */
  readonly ask?: (at: Term, voter: ReplicaId, top: Certificate) => Certificate | null;
  /** Returns the proof it leads with; by default a genuine one, once it has it. */
  readonly elect?: (claim: Claim) => ElectionProof | null;
  /** Called every heartbeat while any replica may still follow it. */
  readonly lead?: (reign: Reign) => void;
  /** Called every heartbeat, whatever happens. */
  readonly always?: () => void;
}

/** Returns an actor that campaigns by itself, as `play` says. */
export const pretender = (play: (scene: Scene) => Play): Actor => (puppet) => {
  const scene = new Scene(puppet);
  const { throne, self } = scene;
  throne.pretenders.add(self);
  const pretence = new Pretence(scene, play(scene));
  repeat(scene, () => pretence.beat());
  return {
    corrupt: (outgoing) => outgoing.flatMap((each) => hushed(scene, each)),
    swallows(input) {
      throne.ear.hear(input);
      // Its core must not win with the votes that the forged campaign has asked for.
      return input.kind === "packet" && input.packet.kind === "Vote";
    },
  };
};

/** Calls `action` twice a heartbeat for as long as this run of the replica lasts. */
export function repeat({ coven, puppet: { state, config }, self }: Scene, action: () => void): void {
  const period = config.constants.heartbeatMs / 2;
  const next = () => {
    if (coven.peek(self) !== state) return;
    action();
    coven.later(period, next);
  };
  coven.later(period, next);
}

/** Returns the core's output that others get: nothing that would compete with the forged campaign, or accuse a colluder. */
function hushed({ throne, coven, self }: Scene, outgoing: Outgoing): Outgoing[] {
  const { packet } = outgoing;
  if (coven.members.some((member) => accuses(packet, member))) return [];
  switch (packet.kind) {
    case "PreVote":
    case "RequestVote":
    case "AppendEntries":
      return ownCopy(outgoing, self);
    case "Vote":
      return throne.claim?.term === packet.signed.term ? ownCopy(outgoing, self) : [outgoing];
    case "AppendEntriesResponse":
      return newestReign({ throne })?.term === packet.signed.term ? ownCopy(outgoing, self) : [outgoing];
    default:
      return [outgoing];
  }
}

class Pretence {
  readonly #scene: Scene;
  readonly #play: Play;
  #beats = 0;

  constructor(scene: Scene, play: Play) {
    this.#scene = scene;
    this.#play = play;
  }

  beat(): void {
    const { self } = this.#scene;
    const whole = this.#beats++ % 2 === 0;
    const won = this.#win();
    const reign = newestReign(this.#scene);
    if (reign?.leader === self && (won || whole) && reign.followers.length > 0) {
      this.#play.lead?.(reign);
      reign.beats++;
    }
    this.#campaign();
    if (this.#beats % 4 === 1) this.#askAgain();
    if (whole) this.#play.always?.();
  }

  #win(): boolean {
    const { throne, self } = this.#scene;
    const { claim } = throne;
    const reign = newestReign(this.#scene);
    if (claim?.candidate !== self || (reign?.term ?? 0) >= claim.term) return false;
    const proof = this.#play.elect ? this.#play.elect(claim) : proofOf(this.#scene, claim);
    if (proof) beginReign(this.#scene, self, claim.term, proof);
    return proof !== null;
  }

  #campaign(): void {
    const { throne, self } = this.#scene;
    const at = openTerm(this.#scene, Math.max(throne.claim?.term ?? 0, newestReign(this.#scene)?.term ?? 0));
    if (at === null || firstPretender(this.#scene, at) !== self) return;
    const claim: Claim = { term: at, candidate: self, asked: new Map() };
    if (this.#ask(claim)) throne.claim = claim;
  }

  /** Asks again: messages are lost, and a replica that does not suspect yet forgets nothing but may have been down. */
  #askAgain(): void {
    const { claim } = this.#scene.throne;
    const reign = newestReign(this.#scene);
    if (claim?.candidate === this.#scene.self && (reign?.term ?? 0) < claim.term) this.#ask(claim);
  }

  /** Asks all replicas that could still vote; true if there was any to ask. */
  #ask({ term, candidate, asked }: Claim): boolean {
    const scene = this.#scene;
    const top = scene.highest(term);
    const groups = new Map<Certificate, ReplicaId[]>();
    for (const { id, state: { hard, view: view } } of scene.honest) {
      const open = hard.currentTerm < term || (hard.currentTerm === term && view.leader === null);
      const certificate = open ? this.#play.ask?.(term, id, top) ?? (this.#play.ask ? null : top) : null;
      if (certificate === null) continue;
      asked.set(id, certificate);
      groups.set(certificate, [...groups.get(certificate) ?? [], id]);
    }
    if (groups.size === 0) return false;
    const preVotes = preVotesFor(scene, term);
    for (const [certificate, to] of groups) requestVotes(scene, to, { term, candidate, certificate, preVotes });
    return true;
  }
}
